"""The watch over what a trial depends on besides its configuration."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from badgateway.databases.mariadb import DATABASE
from badgateway.model.trial import OutsidePart
from badgateway.probe.database import DatabaseProbe
from badgateway.probe.outside_parts import ClockSteps, Folders, Lateness, Silence, Stops
from badgateway.probe.vigil import Vigil
from badgateway.probe.watch import DatabaseAccess, NotAvailableError, Pulse
from badgateway.process.run_queue import RunQueue
from badgateway.store.temporary_folder import OwnFolder

SLEEP = "import time; time.sleep(60)"
PARENT = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", {SLEEP!r}])
print(child.pid, flush=True)
try:
    time.sleep(60)
finally:
    child.kill()
"""


@contextmanager
def program(code: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as started:
        try:
            yield started
        finally:
            started.send_signal(signal.SIGCONT)
            for child in psutil.Process(started.pid).children() if started.poll() is None else ():
                child.kill()
            started.kill()


def stop(pid: int, for_s: float) -> None:
    os.kill(pid, signal.SIGSTOP)
    time.sleep(for_s)
    os.kill(pid, signal.SIGCONT)


def test_a_part_that_is_stopped_is_seen_with_its_time():
    with program(SLEEP) as database, Vigil() as watch:
        watch.add(OutsidePart.DATABASE, database.pid)
        time.sleep(0.25)
        before_s = time.time()
        stop(database.pid, 0.5)
        after_s = time.time()
        time.sleep(0.3)
    (found,) = (one for one in watch.found() if one.part is OutsidePart.DATABASE)

    assert found.what.startswith("the database was stopped for 0.")
    assert before_s <= (found.at_s or 0) <= after_s
    assert found.lasted_s == pytest.approx(0.5, abs=0.3)


def test_a_stop_that_is_not_over_at_the_end_is_told_too():
    with program(SLEEP) as proxy, Vigil(period_s=0.02) as watch:
        watch.add(OutsidePart.PROXY, proxy.pid)
        os.kill(proxy.pid, signal.SIGSTOP)
        time.sleep(0.3)

    assert [one.what.partition(" was ")[0] for one in watch.found() if one.part is OutsidePart.PROXY] == ["nginx"]


def test_a_single_process_of_a_part_is_enough():
    with program(PARENT) as proxy:
        assert proxy.stdout is not None
        worker = int(proxy.stdout.readline())
        stops = Stops(OutsidePart.PROXY, proxy.pid)
        assert list(stops.look()) == []
        os.kill(worker, signal.SIGSTOP)
        time.sleep(0.1)
        assert list(stops.look()) == []
        (found,) = stops.end()

    assert found.part is OutsidePart.PROXY


def test_a_part_that_runs_or_has_ended_is_not_stopped():
    with program(SLEEP) as relay:
        stops = Stops(OutsidePart.RELAY, relay.pid)
        assert list(stops.look()) == []
        relay.kill()
        relay.wait(5)
        assert [*stops.look(), *stops.end()] == []


class Clock:
    """A monotonic clock and a wall clock that a test sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.wall_s, self.monotonic_s, self.cpu_s = 1e9, 50.0, 0.0
        monkeypatch.setattr(time, "time", lambda: self.wall_s)
        monkeypatch.setattr(time, "monotonic", lambda: self.monotonic_s)
        monkeypatch.setattr(time, "thread_time", lambda: self.cpu_s)

    def passes(self, seconds: float) -> None:
        self.wall_s += seconds
        self.monotonic_s += seconds


@pytest.fixture
def clock(monkeypatch):
    return Clock(monkeypatch)


@pytest.mark.parametrize(("step_s", "said"), [(30, "+30.00"), (-24.2, "-24.20"), (0.03, "+0.03")])
def test_a_clock_that_is_set_is_seen_even_if_it_is_set_back_later(step_s, said, clock):
    steps = ClockSteps()
    clock.passes(0.1)
    assert list(steps.look()) == []
    clock.wall_s += step_s
    (found,) = steps.look()
    clock.wall_s -= step_s
    (back,) = steps.look()

    assert (found.part, back.part) == (OutsidePart.CLOCK, OutsidePart.CLOCK)
    assert found.what == f"the machine's clock was set by {said} s"


def test_a_clock_that_is_corrected_slowly_is_not_set(clock):
    steps = ClockSteps()
    for _ in range(100):
        clock.passes(0.1)
        clock.wall_s += 0.1 * 500e-6

        assert list(steps.look()) == []


def silent(clock: Clock, *, cpu_share: float, seconds: float) -> list[str]:
    pulse, used = Pulse(), [0.0]
    silence = Silence(pulse, lambda: used[0])
    pulse.asks()
    said = []
    for _ in range(round(seconds / 0.1)):
        said += list(silence.look())
        clock.passes(0.1)
        used[0] += cpu_share * 0.1
    pulse.is_answered()
    return [one.what for one in (*said, *silence.look())]


def test_a_database_that_owes_an_answer_and_does_nothing_is_frozen(clock):
    (what,) = silent(clock, cpu_share=0.0, seconds=1.5)

    assert what == "the database did not answer for 1.4 s and used no CPU time meanwhile"


@pytest.mark.parametrize(("cpu_share", "seconds"), [(0.1, 5.0), (2.0, 5.0), (0.0, 0.9)])
def test_a_database_that_works_or_answers_soon_is_not(cpu_share, seconds, clock):
    assert silent(clock, cpu_share=cpu_share, seconds=seconds) == []


def test_a_question_that_is_given_up_and_asked_again_is_one_silence():
    pulse = Pulse()
    pulse.asks()
    since_s = pulse.silent_since_s()
    pulse.asks()

    assert since_s is not None
    assert pulse.silent_since_s() == since_s
    pulse.is_answered()
    assert pulse.silent_since_s() is None


class Deaf:
    """A server that accepts and says nothing."""

    def __enter__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        return self.socket.getsockname()[1]

    def __exit__(self, *_given):
        self.socket.close()


def asked(port: int) -> Pulse:
    probe = DatabaseProbe(
        access := DatabaseAccess(system=DATABASE, host="127.0.0.1", port=port, user="site", password="secret")
    )
    with pytest.raises(NotAvailableError):
        probe.read()
    return access.pulse


def test_a_database_that_does_not_answer_in_time_is_silent():
    with Deaf() as port:
        assert asked(port).silent_since_s() is not None


def test_a_database_that_refuses_has_answered():
    with Deaf() as port:
        pass

    assert asked(port).silent_since_s() is None


def test_a_kit_that_stood_still_says_so(clock):
    lateness = Lateness(0.1)
    clock.passes(0.55)
    assert list(lateness.look()) == []
    clock.passes(2.1)
    (found,) = lateness.look()

    assert found.part is OutsidePart.KIT
    assert found.what == "badgateway itself stood still for 2.0 s, so that nobody watched the trial"


def test_a_kit_that_was_busy_did_not(clock):
    lateness = Lateness(0.1)
    clock.passes(2.1)
    clock.cpu_s += 1.8

    assert list(lateness.look()) == []


def test_a_kit_that_waited_for_a_cpu_did_not(clock, monkeypatch):
    waited_s = [0.0]
    monkeypatch.setattr(RunQueue, "waited_s", lambda _self: waited_s[0])
    lateness = Lateness(0.1)
    clock.passes(2.1)
    waited_s[0] = 1.8

    assert list(lateness.look()) == []


def test_what_stops_the_watch_comes_out_of_its_block(monkeypatch):
    def fail(_self):
        raise RuntimeError("planted")

    monkeypatch.setattr(ClockSteps, "look", fail)

    with pytest.raises(RuntimeError, match="planted"), Vigil(period_s=0.01):
        time.sleep(0.1)


def test_a_folder_that_is_closed_for_a_moment_is_told_once_and_without_a_moment(tmp_path):
    folders = Folders(OwnFolder.at(tmp_path))
    assert list(folders.look()) == []
    tmp_path.chmod(0)
    (found,) = folders.look()
    tmp_path.chmod(0o700)

    assert (found.part, found.at_s) == (OutsidePart.MACHINE, None)
    assert found.what.startswith(f"the mode of {tmp_path} was changed from ")
    assert [*folders.look(), *folders.end()] == []


def test_a_vigil_looks_at_folders_too(tmp_path):
    with Vigil(period_s=0.02) as watch:
        watch.add_folders(OwnFolder.at(tmp_path))
        tmp_path.chmod(0o750)
    tmp_path.chmod(0o700)

    assert [one.part for one in watch.found()] == [OutsidePart.MACHINE]
