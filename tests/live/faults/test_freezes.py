"""A part that no configuration owns stands still or is killed under load: the trial is INVALID by its name."""

import os
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from badgateway.load.heartbeat import read_gaps
from badgateway.model import raw as raw_files
from badgateway.model.summary import Verdict
from badgateway.model.trial import OutsidePart, TrialStatus
from badgateway.study.bench import Bench
from tests.live.conftest import SchoolDatabase
from tests.live.faults.kit import MAY_KEEP, Kit, make_project, read_report, trials
from tests.live.faults.short_trial import Stack, child_of_the_kit, stop

pytestmark = [pytest.mark.live, pytest.mark.fault("freeze")]

ONE_ROW_BYTES = 150
"""The header of the client's rows, and a row."""


@pytest.fixture
def stack(school_database: SchoolDatabase, raw_folder: Path) -> Stack:
    return Stack.of(school_database, raw_folder, "gunicorn-gevent-pymysql")


def test_a_trial_that_nobody_disturbs_is_none(stack: Stack):
    record, raw = stack.run()

    assert record.status is TrialStatus.COMPLETED, record.reason
    assert record.disturbances == ()
    assert (raw / raw_files.GENERATOR_GAPS).exists()
    assert record.machine is not None


@pytest.mark.parametrize("for_s", [0.3, 1.5, 5.0])
def test_a_load_generator_that_is_stopped_is_seen(for_s: float, stack: Stack):
    record, raw = stack.run(lambda _bench, locust: stop(locust, for_s))
    verdict, reason = stack.verdict(record, raw)

    assert {one.part for one in record.disturbances} == {OutsidePart.GENERATOR}, record.disturbances
    assert verdict is Verdict.INVALID
    assert reason.startswith("the load generator ")
    assert max(gap.still_s or 0 for gap in read_gaps(raw)) == pytest.approx(for_s, abs=0.25)


@pytest.mark.parametrize(
    ("part", "named"), [(OutsidePart.DATABASE, "MariaDB was stopped"), (OutsidePart.PROXY, "nginx was stopped")]
)
def test_a_database_or_proxy_that_is_stopped_for_a_second_is_seen(part: OutsidePart, named: str, stack: Stack):
    def plant(bench: Bench, _locust: psutil.Process) -> None:
        is_database = part is OutsidePart.DATABASE
        stop(psutil.Process(bench.database.pid) if is_database else child_of_the_kit("nginx: worker"), 1.0)

    record, raw = stack.run(plant)
    verdict, reason = stack.verdict(record, raw)

    assert [one.part for one in record.disturbances] == [part], record.disturbances
    assert verdict is Verdict.INVALID
    assert reason.startswith(named)


def test_a_kit_that_is_stopped_says_that_nobody_watched(stack: Stack):
    def plant(_bench: Bench, _locust: psutil.Process) -> None:
        command = f"kill -STOP {os.getpid()}; sleep 1.5; kill -CONT {os.getpid()}"
        subprocess.run(["sh", "-c", command], check=True)

    record, raw = stack.run(plant)
    verdict, reason = stack.verdict(record, raw)

    assert [one.part for one in record.disturbances] == [OutsidePart.KIT], record.disturbances
    assert verdict is Verdict.INVALID
    assert reason.startswith("badgateway itself stood still for 1.")


def test_nginx_that_is_killed_is_no_failure_of_the_configuration(stack: Stack):
    record, raw = stack.run(lambda _bench, _locust: child_of_the_kit("nginx: master").kill())

    assert record.status is TrialStatus.ABORTED
    assert OutsidePart.PROXY in {one.part for one in record.disturbances}
    assert stack.verdict(record, raw)[1].startswith("nginx was ended by SIGKILL")


def test_an_application_server_that_is_killed_is_the_configurations_own(stack: Stack):
    record, _ = stack.run(lambda _bench, _locust: child_of_the_kit("gunicorn").kill())

    assert record.status is TrialStatus.ABORTED
    assert record.disturbances == ()


def test_a_trial_whose_database_was_killed_is_run_again(tmp_path: Path):
    project = make_project(tmp_path)
    kit = Kit(project, "run", "experiments/small.toml")

    def load_runs() -> bool:
        # Locust's process is there before, waiting for its orders.
        rows = [file for folder in kit.temporary_folders() for file in folder.rglob(f"{raw_files.CLIENT_ROWS}*")]
        return any(file.stat().st_size > ONE_ROW_BYTES for file in rows)

    kit.await_that(load_runs, "load")
    time.sleep(1)
    (database,) = {process for process in kit.look() if process.name() == "mariadbd"}
    os.kill(database.pid, signal.SIGKILL)
    assert kit.end() == 4, kit.errors
    (trial,) = trials(read_report(project / "results" / "small" / "latest")).values()
    assert trial["status"] == "INVALID"
    assert trial["reasons"][0].startswith("MariaDB ended in the middle of the trial")

    again = Kit(project, "run", "experiments/small.toml", "--resume")
    # One trial of each ran, which proves no objective kept: measured, and nothing picked.
    assert again.end() == 3, again.errors
    report = read_report(project / "results" / "small" / "latest")

    assert report["complete"] is True
    (killed,) = [one for one in report["configurations"] if one["name"] == trial["id"][4:].rpartition("-")[0]]
    first, second = (one["status"] for one in killed["trials"])
    assert first == "INVALID"
    assert second in MAY_KEEP
