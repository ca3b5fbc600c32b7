"""A plan that changes in the middle of a run, as a recount of the server's may do it: that trial is not counted."""

import json
from typing import Any

import pytest

from badgateway.plan.experiment_file import load_experiment
from badgateway.study.local import LOCAL
from badgateway.study.run_experiment import run_experiment
from tests.live.conftest import ROOT
from tests.study.fakes import Told

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]

# In the second trial the optimizer may not use the index by which the scores of a member are found.
RESTORE = """
import os, pathlib, subprocess, sys
import pymysql
subprocess.run([sys.executable, "manage.py", "restore"], check=True)
calls = pathlib.Path(os.environ["HOME"], "calls")
calls.write_text(calls.read_text() + "x" if calls.exists() else "x")
with pymysql.connect(
    host=os.environ["DB_HOST"], port=int(os.environ["DB_PORT"]), user=os.environ["DB_USER"],
    password=os.environ["DB_PASSWORD"], database=os.environ["DB_NAME"],
) as connection, connection.cursor() as cursor:
    cursor.execute("SHOW INDEX FROM school_score WHERE column_name = 'member_id'")
    name = cursor.fetchone()[2]
    state = "IGNORED" if calls.read_text() == "xx" else "NOT IGNORED"
    cursor.execute(f"ALTER TABLE school_score ALTER INDEX {name} {state}")
"""


@pytest.fixture(scope="module")
def trials(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The trials of one configuration in three blocks, as report.json has them."""
    declared = load_experiment(ROOT / "experiments" / "servers.toml")
    application = {"restore": ("python", "-c", RESTORE), "environment": {"APP_MEMBERS": "600"}}
    experiment = declared.model_copy(
        update={
            "study": None,
            "variants": {},
            "blocks": 3,
            "load": declared.load.model_copy(update={"users": (20,), "warm_up_s": 0.5, "window_s": 5}),
            "application": declared.application.model_copy(update=application),
            "configurations": (declared.configuration("gunicorn-gthread"),),
            "machine": declared.machine.model_copy(update={"max_steal_share": 1.0, "max_outside_share": 1.0}),
        }
    )
    results = tmp_path_factory.mktemp("other-work")
    finished = run_experiment(experiment, root=ROOT, results=results, command="a test", listener=Told(), effects=LOCAL)
    assert finished.stopped_by is None, finished.stopped_by
    report = json.loads((finished.report.parent / "report.json").read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = report["configurations"][0]["trials"]
    return sorted(found, key=lambda trial: int(trial["position"]))


def test_the_trial_with_another_plan_is_invalid_and_the_others_are_counted(trials):
    invalid = [trial["position"] for trial in trials if trial["status"] == "INVALID"]

    assert invalid == [2], [(trial["position"], trial["reasons"]) for trial in trials]
    assert trials[1]["reasons"][0].startswith("the database did other work: it read ")
