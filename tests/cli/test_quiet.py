"""A machine that is busy before an experiment begins: who it is, a minute's wait, and on."""

from io import StringIO

import pytest
from rich.console import Console

from badgateway.cli.quiet import WAIT_S, await_quiet
from badgateway.model.study import MachineLimits
from badgateway.probe.quiet import Business, BusyProcess
from tests.cli.clock import Clock

QUIET = Business(outside_share=0.02, steal_share=0, processes=())
BUSY = Business(
    outside_share=0.63, steal_share=0.1, processes=(BusyProcess(pid=42, name="ffmpeg\x1b[2J", core_share=1.2),)
)
WHO = r"others used 63% of its CPU time, the hypervisor took 10% of it, ffmpeg\x1b[2J (pid 42) 120% of a core"


@pytest.fixture
def console():
    return Console(file=StringIO(), width=300)


def said(console):
    return console.file.getvalue().splitlines()


def wait(console, *seen, allowed=None):
    """Wait at a clock that goes on by two seconds a look; the last of what is seen stays."""
    clock, left = Clock(), list(seen)

    def looking():
        clock.now_s += 2
        return left.pop(0) if len(left) > 1 else left[0]

    busy = await_quiet(console, allowed or MachineLimits(), looking=looking, clock=clock)
    return busy, clock.now_s - Clock().now_s


def test_on_a_quiet_machine_one_look_is_enough_and_nothing_is_said(console):
    assert (wait(console, QUIET), said(console)) == (("", 2), [])


def test_who_keeps_it_busy_is_said_once_and_the_run_begins_when_that_has_ended(console):
    assert wait(console, BUSY, BUSY, BUSY, QUIET) == ("", 8)
    assert said(console) == [f"the machine is busy: {WHO}; waiting at most 60 s for that to end"]


def test_after_a_minute_it_goes_on_and_says_who_it_was(console):
    busy, waited_s = wait(console, BUSY)

    assert busy == WHO
    assert WAIT_S <= waited_s <= WAIT_S + 4
    assert said(console)[-1] == "the machine is still busy; going on, and the report says so"


def test_where_others_may_take_all_nothing_is_looked_at(console):
    anything = MachineLimits(max_steal_share=1, max_outside_share=1)

    assert wait(console, BUSY, allowed=anything) == ("", 0)


def test_a_system_that_does_not_tell_is_taken_as_it_is(console):
    assert wait(console, None) == ("", 2)


@pytest.mark.parametrize("found", [{"outside_share": 0.3, "steal_share": 0}, {"outside_share": 0, "steal_share": 0.06}])
def test_busy_is_what_would_make_a_trial_invalid(found):
    assert Business(processes=(), **found).exceeds(MachineLimits())
