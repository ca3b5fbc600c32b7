"""A look at a machine on which somebody is working, and at one whose counters stand."""

import subprocess
import sys

import pytest

from badgateway.probe import quiet
from badgateway.probe.machine import MachineTimes

SPIN = "import time\nend = time.monotonic() + 20\nwhile time.monotonic() < end: pass"


@pytest.fixture
def hog():
    process = subprocess.Popen([sys.executable, "-c", SPIN])
    yield process
    process.kill()
    process.wait()


def test_who_works_is_found_by_pid_and_name_with_what_it_takes(hog):
    # On a machine that has other work, three others may take more of it for a while.
    seen = [found for found in (quiet.look(0.5) for _ in range(5)) if found is not None]
    own = next(one for found in seen for one in found.processes if one.pid == hog.pid)

    assert all(found.outside_share > 0 for found in seen)
    assert own.name.startswith("python")
    assert 0.05 <= own.core_share < 1.5


def test_what_the_kit_itself_works_is_not_counted(monkeypatch):
    def work(_length_s):
        sum(number * number for number in range(3_000_000))

    times = iter(
        [MachineTimes(total_s=10, stolen_s=0, worked_s=5), MachineTimes(total_s=20, stolen_s=2, worked_s=5.0001)]
    )
    monkeypatch.setattr(quiet, "machine_times", lambda: next(times))
    found = quiet.look(1.0, sleep=work)

    assert found is not None
    assert (found.outside_share, found.steal_share) == (0, 0.2)


def test_a_system_without_these_counters_says_nothing(monkeypatch):
    monkeypatch.setattr(quiet, "machine_times", lambda: None)

    assert quiet.look(0.0) is None
