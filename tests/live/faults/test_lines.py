"""A line of [places] is stopped, killed or cut under load: the trial is INVALID by its name, and the next is not."""

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from badgateway.model.places import Line, Place, Places
from badgateway.model.summary import Verdict
from badgateway.model.trial import OutsidePart, TrialStatus
from badgateway.probe.vigil import Vigil
from badgateway.process import far_end
from badgateway.study.bench import Bench
from tests.live.conftest import SchoolDatabase
from tests.live.faults.short_trial import Stack, stop

pytestmark = [pytest.mark.live, pytest.mark.fault("freeze")]

CONFIGURATION = "gunicorn-gevent-pymysql"
FAR = Places(load=Place(round_trip_ms=1), target=Place(round_trip_ms=1), database=Line(round_trip_ms=1))
NEAR = Places(proxy=Place(), target=Place(), database=Line())
WAYS = ("the line to the load", "the line to the application servers", "the line to the database")


HOWS = {"killed": "ended by SIGKILL", "stopped": "stopped for ", "cut": "cut for "}


def cut(line: psutil.Process) -> None:
    """Take its device there down for a moment."""
    words = line.cmdline()
    device = words[words.index(far_end.__file__) + 1]
    for word in ("down", "up"):
        subprocess.run(
            ["nsenter", f"--net=/proc/{line.pid}/ns/net", "--", "ip", "link", "set", device, word], check=True
        )


def stack_of(school: SchoolDatabase, folder: Path, places: Places) -> Stack:
    if os.geteuid() or subprocess.run(["unshare", "-n", "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine gives root no network of its own")
    stack = Stack.of(school, folder, CONFIGURATION)
    tcp = stack.bench.experiment.configuration(CONFIGURATION).model_copy(update={"transport": "tcp"})
    experiment = stack.bench.experiment.model_copy(update={"places": places, "configurations": (tcp,)})
    return replace(stack, bench=replace(stack.bench, experiment=experiment))


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """What is watched of a trial, by its name or else its part."""
    found: dict[str, int] = {}
    add = Vigil.add

    def noted(vigil: Vigil, part: OutsidePart, pid: int, name: str = "") -> None:
        found[name or part] = pid
        add(vigil, part, pid, name)

    monkeypatch.setattr(Vigil, "add", noted)
    return found


@pytest.mark.parametrize("places", [FAR, NEAR])
def test_each_process_below_the_kit_is_watched_or_the_configurations_own(
    places: Places, school_database: SchoolDatabase, raw_folder: Path, watched: dict[str, int]
):
    left: dict[int, str] = {}

    def look(_bench: Bench, _locust: psutil.Process) -> None:
        for process in psutil.Process().children(recursive=True):
            line = " ".join(process.cmdline())
            if "guardian.py" not in line and not {process.pid, *(one.pid for one in process.parents())} & pids():
                left[process.pid] = line

    def pids() -> set[int]:
        return set(watched.values())

    record, _ = stack_of(school_database, raw_folder, places).run(look)

    assert record.status is TrialStatus.COMPLETED, record.reason
    assert record.disturbances == ()
    assert left, "nobody looked"
    assert [line for line in left.values() if "gunicorn" not in line] == []


@pytest.mark.parametrize("name", WAYS)
@pytest.mark.parametrize("how", HOWS)
def test_a_line_that_somebody_kills_stops_or_cuts_makes_the_trial_invalid_and_the_next_one_runs(
    how: str, name: str, school_database: SchoolDatabase, raw_folder: Path, watched: dict[str, int]
):
    def plant(_bench: Bench, _locust: psutil.Process) -> None:
        line = psutil.Process(watched[name])
        match how:
            case "killed":
                line.kill()
            case "stopped":
                stop(line, 1.0)
            case _:
                cut(line)

    stack = stack_of(school_database, raw_folder, FAR)
    record, raw = stack.run(plant)
    verdict, reason = stack.verdict(record, raw)
    again, _ = stack.run()

    assert verdict is Verdict.INVALID
    assert reason.startswith(f"{name} was {HOWS[how]}"), reason
    assert (again.status, again.disturbances) == (TrialStatus.COMPLETED, ())
