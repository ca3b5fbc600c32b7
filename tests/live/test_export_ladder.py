"""The 504 ladder: each step on real servers under its own load, and a worker that is killed in the middle of a file."""

import csv
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from badgateway import ledger
from badgateway.analysis.diagnosis import diagnose_trial
from badgateway.load.locust import drive
from badgateway.model import raw as raw_files
from badgateway.model.configuration import Configuration, Timeouts
from badgateway.model.experiment import Experiment
from badgateway.model.outcome import Outcome
from badgateway.model.trial import Trial, Window
from badgateway.plan.experiment_file import load_experiment
from badgateway.plan.overrides import with_options
from badgateway.stack.deployment import Deployment, deploy
from badgateway.stack.project import Snapshot, take_snapshot
from badgateway.stack.written import FOLDER
from tests.amounts import some_of
from tests.live.conftest import MEMBERS, ROOT, Deploy, SchoolDatabase

pytestmark = pytest.mark.live

LADDER = load_experiment(ROOT / "experiments" / "export.toml")
KILLED = {"cut-http-1-1", "cut-http-1-0"}
UNDER_ASGI = ["stalled-asgi", "stalled-asgi-async"]
OTHERWISE_TESTED = {one.name for one in LADDER.configurations if one.name.startswith("stalled-")}.difference(UNDER_ASGI)
"""The same files by other servers; and gevent with an asynchronous iterator fails, which is why it is there."""
PATIENT = Timeouts(app_s=20, proxy_connect_s=5, proxy_read_s=25, client_s=30)
EXPORT = "/members/export.xlsx"
LONG_ROWS = "400000"
CUT_LINE = "upstream prematurely closed connection while reading upstream"


@pytest.fixture(scope="session")
def ladder_snapshot(account, school_database: SchoolDatabase) -> Snapshot:
    return take_snapshot(LADDER, ROOT, school_database.snapshot.root.parent / "export-ladder", account)


def small(configuration: Configuration) -> Experiment:
    """Return the experiment with this one alone, for the school of the tests, and time limits that nothing reaches."""
    declared = with_options(LADDER, only=[configuration.name]).model_dump(mode="json")
    declared["configurations"][0] |= {"timeouts": PATIENT.model_dump()}
    declared["application"]["environment"] = {"APP_MEMBERS": str(MEMBERS)}
    return Experiment.model_validate(declared)


def driven(
    deployment: Deployment,
    raw: Path,
    environment: dict[str, str],
    *,
    users: int,
    check: Callable[[], None] = lambda: None,
) -> Window:
    """Let so many users of the experiment's own script load it for 2 s, and return when that was."""
    result = drive(
        LADDER.load.model_copy(update={"warm_up_s": 0, "window_s": 2}),
        Trial(block=1, position=1, configuration="configuration", users=users, seed=7),
        url=deployment.url,
        project_root=ROOT,
        client_timeout_s=PATIENT.client_s,
        raw=raw,
        on_start=lambda _pid: None,
        on_progress=lambda _progress: None,
        check=check,
        environment=environment,
    )
    deployment.check()
    return result.window


def outcomes(built: ledger.Ledger, name: str) -> Counter[str]:
    return Counter(outcome for (outcome,) in built.relation.filter(f"name = '{name}'").project("outcome").fetchall())


STEPS = [one.name for one in LADDER.configurations if one.name not in KILLED.union(OTHERWISE_TESTED, UNDER_ASGI)]


@pytest.mark.parametrize("name", some_of([*STEPS, *UNDER_ASGI], first=STEPS))
def test_every_file_of_each_step_comes_whole_and_the_books_balance(
    name: str, ladder_snapshot: Snapshot, school_database: SchoolDatabase, raw_folder: Path
):
    experiment = small(LADDER.configuration(name))
    (configuration,) = experiment.configurations
    with deploy(
        experiment,
        configuration,
        database=school_database.database,
        snapshot=ladder_snapshot,
        raw=raw_folder,
        account=school_database.account,
    ) as deployment:
        asked = {"APP_EXPORT_STAFF": "1", **configuration.environment, "APP_EXPORT_STALL_S": "0"}
        few = {"APP_EXPORT_STAFF": "1"} if asked["APP_EXPORT_STAFF"] == "4" else {}
        window = driven(deployment, raw_folder, asked | few, users=3)
    built = ledger.build(raw_folder, window)

    assert built.balance.problem() is None
    assert {outcome for (outcome,) in built.relation.project("outcome").fetchall()} == {Outcome.OK}
    routes = {route for (route,) in built.relation.project("name").fetchall()}
    assert "GET /members/" in routes
    assert any("export" in route for route in routes) == (configuration.environment.get("APP_EXPORT_STAFF") != "0")


def test_a_job_is_made_by_the_background_process_and_nginx_sends_more_than_the_site_answered(
    ladder_snapshot: Snapshot, school_database: SchoolDatabase, raw_folder: Path
):
    experiment = small(LADDER.configuration("job"))
    (configuration,) = experiment.configurations
    with deploy(
        experiment,
        configuration,
        database=school_database.database,
        snapshot=ladder_snapshot,
        raw=raw_folder,
        account=school_database.account,
    ) as deployment:
        assert "background" in deployment.parts
        window = driven(deployment, raw_folder, {"APP_EXPORT_STAFF": "1", **configuration.environment}, users=3)
    built = ledger.build(raw_folder, window)

    files = built.relation.filter("name = 'GET /exports/<id>/members.xlsx'")
    rows = files.project("outcome, proxy_body_bytes, app_bytes").fetchall()
    assert len(rows) >= 2
    assert all(outcome == Outcome.OK and sent > made == 0 for outcome, sent, made in rows)


class Killer:
    """Kills a worker process half a second after the first request for a file has begun in it."""

    def __init__(self, raw: Path) -> None:
        self._journal = raw / FOLDER / raw_files.JOURNAL
        self.killed: list[int] = []

    def __call__(self) -> None:
        if self.killed:
            return
        with self._journal.open(newline="") as file:
            lines = [dict(zip(raw_files.JOURNAL_COLUMNS, line, strict=True)) for line in csv.reader(file)]
        begun = [line for line in lines if line["kind"] == "start" and not line["request_id"].startswith("health-")]
        if begun and time.time() - float(begun[0]["time_s"]) > 0.5:
            self.killed.append(int(begun[0]["pid"]))
            os.kill(self.killed[0], signal.SIGKILL)


@pytest.mark.parametrize(
    ("server", "proxy_http", "complaints"),
    [
        ("gunicorn-gthread-mysqlclient", "1.1", 1),
        ("gunicorn-gthread-mysqlclient", "1.0", 0),
        ("uwsgi-pymysql", "1.1", 0),
    ],
    ids=["HTTP/1.1", "HTTP/1.0", "uWSGI's protocol"],
)
def test_a_worker_killed_in_the_middle_of_a_file_is_seen_by_the_file_alone_unless_it_is_http_1_1(
    server: str, proxy_http: str, complaints: int, deployed: Deploy, raw_folder: Path
):
    strategy = {"APP_EXPORT_STRATEGY": "streamed", "APP_EXPORT_ROWS": LONG_ROWS, "APP_EXPORT_STAFF": "1"}
    killer = Killer(raw_folder)
    with deployed(server, workers=1, timeouts=PATIENT, proxy_http=proxy_http, environment=strategy) as deployment:
        window = driven(deployment, raw_folder, strategy, users=1, check=killer)
    built = ledger.build(raw_folder, window)

    assert killer.killed
    assert outcomes(built, f"GET {EXPORT}")[Outcome.TRUNCATED] == 1
    cut = built.relation.filter(f"outcome = '{Outcome.TRUNCATED}'").project("status, proxy_status, body_bytes > 0")
    assert cut.fetchall() == [(200, 200, True)]
    assert built.balance.problem() is None
    assert (raw_folder / raw_files.ERROR_LOG).read_text().count(CUT_LINE) == complaints
    assert {found.cause.id for found in diagnose_trial(built, raw_folder).causes} == {"worker-killed"}
