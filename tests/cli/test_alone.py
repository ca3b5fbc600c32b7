"""Two experiments at once: the second one says who is running, waits, and gives up in the end."""

import os
from io import StringIO

import pytest
from rich.console import Console

from badgateway.cli.alone import WAIT_S, alone_on_the_machine, patience_s
from badgateway.errors import TakenError
from badgateway.process.machine_lock import holder, machine_lock
from tests.cli.clock import Clock

START_S = Clock().now_s


@pytest.fixture
def console():
    return Console(file=StringIO(), width=200)


@pytest.fixture
def alone(console):
    """Return a function that waits by a clock of its own; `after` is called at each of its looks."""

    def wait(wait_s=0.0, *, beside=False, after=lambda _now_s: None):
        clock = Clock()

        def sleep(for_s):
            clock.now_s += for_s
            after(clock.now_s)

        return alone_on_the_machine(console, wait_s=wait_s, beside=beside, clock=clock, sleep=sleep)

    return wait


def said(console):
    return console.file.getvalue().splitlines()


def test_on_a_free_machine_nothing_is_said_and_the_lock_is_held(alone, console, lock_name):
    with alone():
        found = holder(lock_name)

    assert found is not None
    assert found.pid == os.getpid()
    assert (said(console), holder(lock_name)) == ([], None)


def test_without_a_wait_the_second_one_is_told_who_is_running(alone, lock_name):
    with (
        machine_lock(lock_name),
        pytest.raises(
            TakenError, match=rf"\(pid {os.getpid()} of \w+, since 20.*\) is running, and two at once.*--beside"
        ),
        alone(),
    ):
        pytest.fail("it ran beside another one")


def test_the_second_one_says_a_line_a_minute_and_gives_up_in_the_end(alone, console, lock_name):
    with machine_lock(lock_name), pytest.raises(TakenError, match=r" still runs after 10 min, and "), alone(WAIT_S):
        pytest.fail("it ran beside another one")

    lines = said(console)
    assert len(lines) == 10
    assert all(line.startswith("waiting for another experiment on this machine (pid ") for line in lines)
    assert [line.partition("at most ")[2].split(" more")[0] for line in lines][:2] == ["10 min", "9 min"]


def test_the_second_one_runs_when_the_first_has_ended(alone, console, lock_name):
    first = machine_lock(lock_name)
    first.__enter__()

    def end_it(now_s):
        if now_s == START_S + 90:
            first.__exit__(None, None, None)

    with alone(WAIT_S, after=end_it):
        found = holder(lock_name)

    assert found is not None
    assert len(said(console)) == 2


def test_beside_another_one_it_goes_on_at_once_and_says_so(alone, console, lock_name):
    with machine_lock(lock_name), alone(WAIT_S, beside=True):
        pass

    (line,) = said(console)
    assert line.startswith("beside another experiment on this machine (pid ")


def test_what_is_asked_to_run_beside_others_keeps_them_waiting_where_it_came_first(alone, lock_name):
    with alone(beside=True), pytest.raises(TakenError), alone():
        pytest.fail("it ran beside another one")


def test_only_somebody_who_sees_the_lines_waits_by_default():
    class Terminal(StringIO):
        def isatty(self):
            return True

    assert patience_s(None, Console(file=StringIO())) == 0
    assert patience_s(None, Console(file=Terminal())) == WAIT_S
    assert patience_s(30, Console(file=StringIO())) == 30
