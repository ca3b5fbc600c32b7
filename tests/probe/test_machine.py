"""What others took of the machine, and a clock that was set."""

import time

import pytest

from badgateway.model.study import MachineLimits
from badgateway.model.trial import Window
from badgateway.probe.machine import MachineTimes, MachineWatch, machine_times

LIMITS = MachineLimits()
START_S = 1000.0


class Machine:
    """Two cores whose times and clocks a test sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.wall_s, self.monotonic_s = START_S, 50.0
        self.stolen_s = self.worked_s = 0.0
        monkeypatch.setattr(time, "time", lambda: self.wall_s)
        monkeypatch.setattr(time, "monotonic", lambda: self.monotonic_s)

    def read(self) -> MachineTimes:
        return MachineTimes(total_s=2 * self.monotonic_s, stolen_s=self.stolen_s, worked_s=self.worked_s)

    def passes(self, seconds: float) -> None:
        self.wall_s += seconds
        self.monotonic_s += seconds


@pytest.fixture
def machine(monkeypatch):
    return Machine(monkeypatch)


@pytest.fixture
def watch(machine):
    return MachineWatch(machine.read)


def window(length_s: float = 10.0) -> Window:
    return Window(start_s=START_S, end_s=START_S + length_s, drained_s=START_S + length_s)


def test_what_is_not_the_trials_own_is_outside(machine, watch):
    watch.look(5)
    machine.passes(10)
    machine.worked_s, machine.stolen_s = 11, 1
    watch.look(5 + 8)
    found = watch.check(window(), LIMITS)

    assert found is not None
    assert found.outside_share == pytest.approx((11 - 8) / 20, abs=0.01)
    assert found.steal_share == pytest.approx(1 / 20)
    assert found.allowed == LIMITS


def test_looks_outside_of_the_window_do_not_count(machine, watch):
    machine.wall_s -= 5
    watch.look(0)
    machine.worked_s = 100
    machine.wall_s += 5
    watch.look(0)
    machine.passes(10)
    watch.look(0)
    machine.passes(3)
    machine.worked_s = 200
    watch.look(0)
    found = watch.check(window(), LIMITS)

    assert found is not None
    assert found.outside_share == 0


def test_less_than_a_second_says_nothing(machine, watch):
    watch.look(0)
    machine.passes(0.9)
    watch.look(0)

    assert watch.check(window(), LIMITS) is None


def test_no_look_at_all_says_nothing(watch):
    assert watch.check(window(), LIMITS) is None


def test_where_the_system_does_not_tell_there_is_no_look(machine):
    watch = MachineWatch(lambda: None)
    watch.look(0)
    machine.passes(10)
    watch.look(0)

    assert watch.check(window(), LIMITS) is None


def test_a_clock_that_is_set_is_seen_with_its_sign(machine, watch):
    machine.passes(10)
    machine.wall_s -= 2.5

    assert watch.clock_step_s() == pytest.approx(-2.5)


def test_the_counters_of_this_machine_go_up():
    before = machine_times()
    if before is None:
        pytest.skip("this system does not count stolen time")
    until_s = time.monotonic() + 0.2
    while time.monotonic() < until_s:
        pass
    after = machine_times()

    assert after is not None
    assert after.worked_s > before.worked_s
    assert after.total_s > before.total_s
