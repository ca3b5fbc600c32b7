"""What the default comparison finds on any machine: who fails by which cause, and what the healthy serve beside them.

All other tests may pass where this comparison means nothing: on a new release of the database one page took 75 times as
long, and the configurations that carry the load failed.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from badgateway.analysis.trials import kept_trials
from badgateway.model.experiment import Experiment
from badgateway.plan.experiment_file import load_experiment
from badgateway.store.run_folder import RunFolder
from badgateway.study.local import LOCAL
from badgateway.study.run_experiment import run_experiment
from tests.live.conftest import ROOT
from tests.study.fakes import Told

pytestmark = [pytest.mark.live, pytest.mark.alone, pytest.mark.timeout(300)]

BASELINE, THREADS, GREENLETS, TRAP = "uwsgi-2", "gunicorn-gthread", "gunicorn-gevent", "gunicorn-gevent-mysqlclient"
HEALTHY = (THREADS, GREENLETS)
MOST_FAILED = 0.05
LEAST_TIMES_THE_BASELINE = 1.5
"""Alone on two cores it is five; tests share their machine."""


def short_comparison() -> Experiment:
    """Return the quick variant's load on four of its configurations, once."""
    declared = load_experiment(ROOT / "experiments" / "servers.toml")
    quick = declared.variants["quick"]
    load = {"users": quick.users, "warm_up_s": quick.warm_up_s, "window_s": quick.window_s}
    chosen = (BASELINE, THREADS, GREENLETS, TRAP)
    return declared.model_copy(
        update={
            "study": None,
            "variants": {},
            "load": declared.load.model_copy(update=load),
            "configurations": tuple(declared.configuration(name) for name in chosen),
            "machine": declared.machine.model_copy(update={"max_steal_share": 1.0, "max_outside_share": 1.0}),
        }
    )


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project in which the database never counts its tables by itself.

    By itself it counts them some time after the load. Without the kit's own count, half of the runs were saved by that.
    """
    copy = tmp_path_factory.mktemp("project")
    for name in ("app", "servers", "experiments"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    with (copy / "servers" / "mariadb.cnf").open("a", encoding="utf-8") as file:
        file.write("\n# By the test.\ninnodb_stats_auto_recalc = OFF\n")
    return copy


@pytest.fixture(scope="module")
def run(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the run."""
    results = tmp_path_factory.mktemp("comparison")
    experiment = short_comparison()
    finished = run_experiment(experiment, root=root, results=results, command="a test", listener=Told(), effects=LOCAL)
    assert finished.stopped_by is None, finished.stopped_by
    return finished.report.parent


@pytest.fixture(scope="module")
def found(run: Path) -> dict[str, dict[str, Any]]:
    """The trial of each configuration, as report.json has it; the last attempt where one was repeated."""
    report = json.loads((run / "report.json").read_text(encoding="utf-8"))
    return {one["name"]: one["trials"][-1] for one in report["configurations"]}


def causes(trial: dict[str, Any]) -> dict[str, int]:
    return {cause["id"]: cause["count"] for cause in trial["causes"]}


def cpu_s(trial: dict[str, Any], part: str) -> float:
    return float(next(use["cpu_s"] for use in trial["processes"] if use["part"] == part))


def test_the_baseline_fails_because_its_accept_queue_is_full(found):
    failed = causes(found[BASELINE])

    assert found[BASELINE]["status"] == "FAIL", found[BASELINE]["reasons"]
    assert failed["listen-queue-full"] > 0.9 * sum(failed.values())


def test_the_trap_waits_one_request_after_the_other(found):
    assert found[TRAP]["status"] == "FAIL", found[TRAP]["reasons"]
    assert found[TRAP]["throughput_rps"] < found[GREENLETS]["throughput_rps"] / 1.5


@pytest.mark.parametrize("name", HEALTHY)
def test_the_healthy_carry_the_load_that_the_baseline_does_not(name, found):
    healthy, baseline = found[name], found[BASELINE]

    assert healthy["status"] != "INVALID", healthy["reasons"]
    assert healthy["failures"]["count"] <= MOST_FAILED * healthy["requests"], causes(healthy)
    assert healthy["throughput_rps"] >= LEAST_TIMES_THE_BASELINE * baseline["throughput_rps"]


def test_what_is_compared_is_the_servers_and_not_the_database(found):
    for trial in found.values():
        assert "database-saturated" not in causes(trial)
        assert cpu_s(trial, "database") < cpu_s(trial, "server")


def test_the_database_did_the_same_work_for_all_of_them(run):
    works = [entry.database_work for entry in kept_trials(RunFolder(path=run))]

    # Under gevent each request asks one SELECT more, when its greenlet connects; the rows are the same.
    rows = [work.rows_read / work.requests for work in works if work is not None]
    assert len(rows) == len(works)
    assert max(rows) < 2 * min(rows)
