"""The site on a PostgreSQL of its own: served, counted, restored, and asked by each driver."""

import json
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pg8000.dbapi
import psutil
import pytest

from badgateway.databases.database_system import EXECUTING, HELD, MADE
from badgateway.model.cooperation import Cooperation
from badgateway.plan.server_files import with_servers
from badgateway.probe.database import DatabaseProbe
from badgateway.probe.watch import DatabaseAccess
from badgateway.stack.deployment import Deployment, deploy, prepare_database, restore
from badgateway.stack.project import take_snapshot
from badgateway.stack.statistics import renew_statistics
from badgateway.study.bench import Bench
from badgateway.study.connect_costs import connect_costs
from badgateway.study.cooperation import prove_one
from tests.declared import experiment
from tests.live.conftest import MEMBERS, ROOT, SchoolDatabase, _reachable_folder, arm

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
        configurations=[arm(server, driver) | {"workers": 1} for server in FILES for driver in DRIVERS],
    )
    declared = with_servers(declared, ROOT)
    with _reachable_folder(account) as folder:
        snapshot = take_snapshot(declared, ROOT, folder / "snapshot", account)
        with prepare_database(declared, snapshot=snapshot, folder=folder / "database", account=account) as database:
            yield SchoolDatabase(experiment=declared, snapshot=snapshot, database=database, account=account)
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
    with pg8000.dbapi.connect(
        there.user, host=there.host, port=there.port, password=there.password, database=there.name
    ) as link:
        link.autocommit = True
        yield link.cursor()


def get(deployment: Deployment, path: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(f"{deployment.url}{path}", timeout=20) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read()


def statuses(deployment: Deployment, path: str, count: int) -> Counter[int]:
    with ThreadPoolExecutor(count) as crowd:
        return Counter(status for status, _ in crowd.map(lambda _: get(deployment, path), range(count)))


def access_to(school: SchoolDatabase) -> DatabaseAccess:
    there = school.database
    return DatabaseAccess(
        system=there.system,
        host=there.host,
        port=there.port,
        name=there.name,
        user=there.user,
        password=there.password,
    )


@pytest.mark.parametrize("driver", DRIVERS)
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
        restore(school.experiment, school.database, school.snapshot)

    assert json.loads(page)["page"] == 2
    assert {strategy: (status, len(body) > 10_000) for strategy, (status, body) in exports.items()} == {
        "annotated": (200, True),
        "streamed": (200, True),
    }


def test_the_server_is_not_roots_and_only_the_sites_account_can_come_in(school):
    server = psutil.Process(school.database.pid)
    owners = {process.username() for process in (server, *server.children())}

    assert "root" not in owners
    with pytest.raises(pg8000.dbapi.DatabaseError, match="password authentication failed"):
        pg8000.dbapi.connect("postgres", host="127.0.0.1", port=school.database.port, password="", database="postgres")


def test_connections_are_counted_with_what_they_execute(school, deployed):
    probe = DatabaseProbe(access_to(school))
    probe.read()
    with deployed("gunicorn-gevent-psycopg") as deployment, ThreadPoolExecutor(4) as crowd:
        waits = [crowd.submit(get, deployment, "/wait/?db_ms=1500") for _ in range(4)]
        seen = []
        while not all(wait.done() for wait in waits):
            seen.append({reading.series: reading for reading in probe.read()})
    probe.close()

    assert max(at[HELD].value for at in seen) == 4
    assert max(at[EXECUTING].value for at in seen) == 4
    assert {at[HELD].limit for at in seen} == {LEFT - 1}
    assert seen[-1][MADE].value >= 4


def test_what_a_trial_writes_and_a_restore_takes_back_leaves_the_statistics_as_they_were(school):
    with asking(school) as cursor:
        cursor.execute(
            "INSERT INTO school_score (member_id, course_id, points, taken_on) "
            "SELECT 1, course_id, points, taken_on FROM school_score"
        )
    restore(school.experiment, school.database, school.snapshot)

    assert renew_statistics(school.database) == ()
    with asking(school) as cursor:
        cursor.execute("SELECT sum(n_dead_tup), bool_and(last_autovacuum IS NULL) FROM pg_stat_user_tables")
        assert list(cursor.fetchone()) == [0, True]


def test_a_greenlet_for_each_request_takes_more_connections_than_there_are_and_a_pool_does_not(
    school, deployed, raw_folder
):
    with deployed("gunicorn-gevent-psycopg", greenlets=40) as deployment:
        without = statuses(deployment, "/wait/?db_ms=600", 30)
    told = (raw_folder / "server.log").read_text()

    assert without == {200: LEFT, 500: 30 - LEFT}
    assert told.count("FATAL:  remaining connection slots are reserved") >= 30 - LEFT


def test_a_pool_keeps_the_requests_waiting_until_its_patience_is_over(deployed, raw_folder):
    with deployed("gunicorn-gevent-psycopg", greenlets=40, pool=5) as deployment:
        in_time = statuses(deployment, "/wait/?db_ms=100", 30)
        too_late = statuses(deployment, "/wait/?db_ms=1500", 30)
    told = (raw_folder / "server.log").read_text()

    assert in_time == {200: 30}
    assert too_late[500] >= 15
    assert "couldn't get a connection after 2.00 sec" in told


@pytest.fixture
def bench(school, raw_folder) -> Bench:
    return Bench(
        experiment=school.experiment,
        root=ROOT,
        folder=raw_folder,
        account=school.account,
        snapshot=school.snapshot,
        database=school.database,
    )


@pytest.mark.parametrize(
    ("driver", "verdict"),
    [
        ("psycopg", Cooperation.COOPERATIVE),
        ("psycopg2", Cooperation.BLOCKING),
        ("psycopg2-psycogreen", Cooperation.COOPERATIVE),
    ],
)
def test_which_driver_yields_while_it_waits_under_gevent_is_proven(driver, verdict, bench):
    proof = prove_one(bench.experiment.configuration(f"gunicorn-gevent-{driver}"), bench)

    assert (proof.verdict, proof.reason) == (verdict, "")


def test_what_a_connect_costs_is_measured_once_for_each_way(bench):
    costs = connect_costs(bench)

    assert [(cost.client, cost.problem) for cost in costs] == [("psycopg 3", ""), ("psycopg2", "")]
    assert all(cost.median_ms is not None and cost.median_ms > 0 for cost in costs)
