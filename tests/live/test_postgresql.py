"""The site on a PostgreSQL of its own: served, counted, restored, and asked by each driver."""

import json
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import psutil
import psycopg
import pytest

from badgateway.model.knob import WorkerModel
from badgateway.model.raw_words import SampleSeries
from badgateway.model.summary import Verdict
from badgateway.model.trial import OutsidePart, TrialStatus
from badgateway.model.worker_checks import WorkerVerdict
from badgateway.plan.experiment_file import with_servers
from badgateway.probe.database import DatabaseProbe
from badgateway.probe.watch import DatabaseAccess
from badgateway.stack.deployment import Deployment, deploy
from badgateway.stack.experiment_database import prepare_database
from badgateway.stack.project import take_snapshot
from badgateway.stack.statistics import renew_statistics
from badgateway.study.bench import Bench
from badgateway.study.connect_costs import connect_costs
from badgateway.study.local import LOCAL
from badgateway.study.worker_check import prove_one
from tests.amounts import some_of
from tests.declared import experiment
from tests.live.causes.stand import Stands, added
from tests.live.conftest import MEMBERS, ROOT, SchoolDatabase, _reachable_folder, configuration
from tests.live.faults.kit import Kit, make_project, read_report
from tests.live.faults.short_trial import Stack, stop

pytestmark = pytest.mark.live

MOST = 20
LEFT = MOST - 3
"""For the site: the rest is kept for superusers."""
FILES = ("gunicorn_gevent.py", "gunicorn_gthread.py")
DRIVERS = ("psycopg", "psycopg2", "psycopg2-psycogreen")


@pytest.fixture(scope="module")
def school(account) -> Iterator[SchoolDatabase]:
    declared = experiment(
        database={"system": "postgresql", "max_connections": MOST},
        application={"environment": {"APP_MEMBERS": str(MEMBERS)}},
        configurations=[configuration(server, driver) | {"workers": 1} for server in FILES for driver in DRIVERS],
    )
    declared = with_servers(declared, ROOT)
    with _reachable_folder(account) as folder:
        snapshot = take_snapshot(declared, ROOT, folder / "snapshot", account)
        with prepare_database(declared, snapshot=snapshot, folder=folder / "database", account=account) as database:
            yield SchoolDatabase(experiment=declared, snapshot=snapshot, database=database, account=account)
        assert database.pid is not None
        assert not psutil.pid_exists(database.pid)


@pytest.fixture
def deployed(school, raw_folder):
    def deploy_school(name: str, **changes: object):
        configuration = school.experiment.configuration(name).model_copy(update=changes)
        return deploy(
            school.experiment,
            configuration,
            database=school.database,
            snapshot=school.snapshot,
            raw=raw_folder,
            account=school.account,
        )

    return deploy_school


@contextmanager
def asking(school: SchoolDatabase) -> Iterator[Any]:
    there = school.database
    with psycopg.connect(
        host=there.host,
        port=there.port,
        user=there.user,
        password=there.password,
        dbname=there.name,
        autocommit=True,
    ) as link:
        yield link.cursor()


def get(deployment: Deployment, path: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(f"{deployment.url}{path}", timeout=20) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read()


def access_to(school: SchoolDatabase) -> DatabaseAccess:
    there = school.database
    return DatabaseAccess(
        system=there.server,
        host=there.host,
        port=there.port,
        name=there.name,
        user=there.user,
        password=there.password,
    )


@pytest.mark.parametrize("driver", some_of(DRIVERS, first=["psycopg"]))
def test_the_site_reads_writes_and_streams_with_each_driver(driver, school, deployed):
    with deployed(f"gunicorn-gthread-{driver}") as deployment:
        _, page = get(deployment, "/members/?page=2")
        score = json.dumps({"course": "ALG-1", "points": 87, "taken_on": "2026-03-01"}).encode()
        request = urllib.request.Request(f"{deployment.url}/members/1/scores/", score)
        with urllib.request.urlopen(request, timeout=20) as answer:
            assert answer.status == 201
        # More rows than there are members, so that they are asked for in two statements.
        exports = {
            strategy: get(deployment, f"/members/export.xlsx?strategy={strategy}&rows={MEMBERS + 50}")
            for strategy in ("annotated", "streamed")
        }
        school.restore()

    assert json.loads(page)["page"] == 2
    assert {strategy: (status, len(body) > 10_000) for strategy, (status, body) in exports.items()} == {
        "annotated": (200, True),
        "streamed": (200, True),
    }


@pytest.mark.proof
def test_the_server_is_not_roots_and_only_the_sites_account_can_come_in(school):
    server = psutil.Process(school.database.pid)
    owners = {process.username() for process in (server, *server.children())}

    assert "root" not in owners
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(host="127.0.0.1", port=school.database.port, user="postgres", password="x", dbname="postgres")


@pytest.mark.proof
def test_connections_are_counted_with_what_they_execute(school, deployed):
    probe = DatabaseProbe(access_to(school))
    probe.read()
    with deployed("gunicorn-gevent-psycopg") as deployment, ThreadPoolExecutor(4) as crowd:
        waits = [crowd.submit(get, deployment, "/wait/?db_ms=1500") for _ in range(4)]
        seen = []
        while not all(wait.done() for wait in waits):
            seen.append({reading.series: (reading.value or 0, reading.limit) for reading in probe.read()})
    probe.close()

    assert max(at[SampleSeries.DB_CONNECTIONS] for at in seen) == (4, LEFT - 1)
    assert max(at[SampleSeries.DB_EXECUTING] for at in seen)[0] == 4
    assert seen[-1][SampleSeries.DB_CONNECTS][0] >= 4


@pytest.mark.proof
def test_what_a_trial_writes_and_a_restore_takes_back_leaves_the_statistics_as_they_were(school):
    with asking(school) as cursor:
        cursor.execute(
            "INSERT INTO school_score (member_id, course_id, points, taken_on) "
            "SELECT 1, course_id, points, taken_on FROM school_score"
        )
    school.restore()

    assert renew_statistics(school.database) == ()
    with asking(school) as cursor:
        cursor.execute("SELECT sum(n_dead_tup), bool_and(last_autovacuum IS NULL) FROM pg_stat_user_tables")
        assert list(cursor.fetchone()) == [0, True]


@pytest.fixture
def stands(school, raw_folder):
    return Stands(school=school, raw=raw_folder)


@pytest.mark.proof
def test_a_greenlet_for_each_request_takes_more_connections_than_there_are(stands: Stands):
    with stands.stand("gunicorn_gevent.py", site="school", driver="psycopg", greenlets=40) as stand:
        stand.client.ask("/wait/?db_ms=600", 30)

    refused = 30 - LEFT
    assert stand.answers("/wait/") == {200: LEFT, 500: refused}
    assert stand.found() == {("/wait/", "db-connections-exhausted"): refused}
    assert stand.proven() == {"db-connections-exhausted"}


@pytest.mark.proof
def test_under_asgi_each_sync_view_takes_a_connection_and_nothing_limits_how_many(stands: Stands):
    with stands.stand("uvicorn.env", site="school", driver="psycopg", worker_model=WorkerModel.EVENT_LOOP) as stand:
        stand.client.ask("/wait/?db_ms=600", 30)

    refused = stand.answers("/wait/")[500]
    assert refused >= 30 - LEFT
    assert stand.found() == {("/wait/", "asgi-connections-exhausted"): refused}
    assert stand.proven() == {"asgi-connections-exhausted"}


@pytest.mark.proof
def test_a_pool_lets_all_of_them_wait_until_its_patience_is_over(stands: Stands):
    with stands.stand("gunicorn_gevent.py", site="school", driver="psycopg", greenlets=40, pool=5) as stand:
        stand.client.ask("/members/", 30)
        stand.client.ask("/wait/?db_ms=1500", 30)

    too_late = stand.answers("/wait/")[500]
    assert stand.answers("/members/") == {200: 30}
    assert too_late >= 15
    assert stand.found() == {("/wait/", "db-pool-exhausted"): too_late}
    # The pool says the same when the database is gone.
    assert stand.proven() == set()


@pytest.mark.proof
def test_a_pool_whose_database_is_gone_is_not_taken_for_an_empty_one(stands: Stands):
    elsewhere = added('os.environ["DB_PORT"] = "1"')
    with stands.stand(
        "gunicorn_gthread.py", site="school", edit_server=elsewhere, driver="psycopg", pool=2, must_answer=False
    ) as stand:
        stand.client.ask("/members/", 2)

    assert stand.found() == {("/members/", "db-unreachable"): 2}
    assert stand.proven() == {"db-unreachable"}


@pytest.mark.proof
@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
def test_a_connection_that_was_kept_and_whose_backend_was_ended_is_lost(driver, school, stands: Stands):
    with stands.stand("gunicorn_gthread.py", site="school", driver=driver, conn_max_age_s=60) as stand:
        stand.client.ask("/members/", 1)
        with asking(school) as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = current_user "
                "AND pid <> pg_backend_pid()"
            )
        time.sleep(1.5)
        stand.client.ask("/members/", 1)

    assert stand.answers("/members/") == {200: 1, 500: 1}
    assert stand.found() == {("/members/", "db-connection-lost"): 1}
    assert stand.proven() == {"db-connection-lost"}


@pytest.fixture
def bench(school, raw_folder) -> Bench:
    return Bench(
        effects=LOCAL,
        experiment=school.experiment,
        root=ROOT,
        folder=raw_folder,
        account=school.account,
        snapshot=school.snapshot,
        database=school.database,
    )


def first_backend(server: psutil.Process) -> psutil.Process:
    """Return a process of the server that serves the site; each connection has one of its own."""
    return next(child for child in server.children() if "site site" in " ".join(child.cmdline()))


@pytest.mark.fault("freeze")
@pytest.mark.parametrize(
    "frozen", [psutil.Process, lambda pid: first_backend(psutil.Process(pid))], ids=["server", "backend"]
)
def test_a_server_or_one_of_its_connections_that_is_stopped_makes_the_trial_invalid(frozen, school, raw_folder):
    stack = Stack.of(school, raw_folder, "gunicorn-gevent-psycopg")

    record, raw = stack.run(lambda bench, _locust: stop(frozen(bench.database.pid), 2.5))
    verdict, reason = stack.verdict(record, raw)

    assert {one.part for one in record.disturbances} == {OutsidePart.DATABASE}, record.disturbances
    assert verdict is Verdict.INVALID
    assert reason.startswith("PostgreSQL was stopped"), reason


@pytest.mark.fault("freeze")
def test_a_trial_that_nobody_disturbs_is_none(school, raw_folder):
    record, _ = Stack.of(school, raw_folder, "gunicorn-gevent-psycopg").run()

    assert record.status is TrialStatus.COMPLETED, record.reason
    assert record.disturbances == ()


VERDICTS = [
    ("psycopg", WorkerVerdict.COOPERATIVE),
    ("psycopg2", WorkerVerdict.BLOCKING),
    ("psycopg2-psycogreen", WorkerVerdict.COOPERATIVE),
]


@pytest.mark.proof
@pytest.mark.parametrize(("driver", "verdict"), VERDICTS)
def test_which_driver_yields_while_it_waits_under_gevent_is_proven(driver, verdict, bench):
    proof = prove_one(bench.experiment.configuration(f"gunicorn-gevent-{driver}"), bench)

    assert (proof.verdict, proof.reason) == (verdict, "")


@pytest.mark.proof
def test_what_a_connect_costs_is_measured_once_for_each_way(bench):
    costs = connect_costs(bench)

    assert [(cost.client, cost.problem) for cost in costs] == [("psycopg 3", ""), ("psycopg2", "")]
    assert all(cost.median_ms is not None and cost.median_ms > 0 for cost in costs)


@pytest.mark.proof
@pytest.mark.timeout(900)
def test_the_whole_experiment_proves_which_driver_yields_under_gevent(tmp_path):
    project = make_project(tmp_path / "project")
    for file in ("postgresql.toml", "concurrency.py"):
        shutil.copy(ROOT / "experiments" / file, project / "experiments")

    kit = Kit(project, "run", "--quick", "experiments/postgresql.toml")

    assert kit.end(600) in {0, 1, 3}, kit.errors
    report = read_report((project / "results" / "postgresql-quick" / "latest").resolve())
    proofs = [proof for proof in report["worker_checks"]["proofs"] if "gevent" in proof["server"]]
    waiting = {proof["driver"]: proof["verdict"] for proof in proofs}
    assert waiting == {"psycopg": "COOPERATIVE", "psycopg2": "BLOCKING", "psycopg2-psycogreen": "COOPERATIVE"}
