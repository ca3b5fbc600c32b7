"""Every step of the 502 ladder on real servers: it comes up, and it is what it says it is."""

import concurrent.futures
import csv
import http.client
import json
import time
import urllib.request
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit

import psutil
import pymysql
import pytest

from badgateway.databases.mariadb import DATABASE
from badgateway.model import raw
from badgateway.model.configuration import Configuration
from badgateway.model.knob import FrontDoor
from badgateway.plan.experiment_file import load_experiment
from badgateway.probe.sampler import StackSampler
from badgateway.probe.watch import DatabaseAccess, Watch
from badgateway.process.cores import cores_of
from badgateway.stack.database import RunningDatabase
from badgateway.stack.deployment import Deployment, deploy
from badgateway.stack.distance import at_distance
from badgateway.stack.project import Snapshot, take_snapshot
from tests.amounts import some_of
from tests.live.causes.stand import Stands
from tests.live.causes.upstream import closing_upstream
from tests.live.conftest import MEMBERS, ROOT, Deploy, SchoolDatabase
from tests.live.test_causes import kept
from tests.live.test_stack import get, small_experiment

pytestmark = pytest.mark.live

LADDER = load_experiment(ROOT / "experiments" / "concurrency.toml")
POOL = 3
PEER = """
def application(environ, start_response):
    body = environ["REMOTE_PORT"].encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
"""


@pytest.fixture(scope="session")
def ladder_snapshot(account, school_database: SchoolDatabase) -> Snapshot:
    folder = school_database.snapshot.root.parent / "ladder"
    return take_snapshot(LADDER, ROOT, folder, account)


def few_workers(configuration: Configuration) -> Configuration:
    # Fewer start sooner; the one that has a number of workers between two limits needs more than the lower one.
    fewest = 9 if configuration.server.stem == "uwsgi_production" else 2
    return configuration.model_copy(update={"workers": min(configuration.workers, fewest)})


CAME_LAST = {"granian.env", "uvicorn.env", "gunicorn_asgi.py"}
OF_NO_DEPLOYMENT = {"name", "note", "candidate", "baseline"}


def in_every_run() -> list[str]:
    """Return the steps without the servers that came last, and without those that are deployed as another one is."""
    deployed: dict[str, str] = {}
    for one in LADDER.configurations:
        if one.server.name not in CAME_LAST:
            deployed.setdefault(few_workers(one).model_dump_json(exclude=OF_NO_DEPLOYMENT), one.name)
    return [*deployed.values()]


@pytest.mark.parametrize("name", some_of([one.name for one in LADDER.configurations], first=in_every_run()))
def test_each_step_comes_up_and_answers(
    name: str, ladder_snapshot: Snapshot, school_database: SchoolDatabase, raw_folder: Path
):
    configuration = LADDER.configuration(name)
    members = {"APP_MEMBERS": str(MEMBERS)}
    with deploy(
        LADDER.model_copy(update={"application": LADDER.application.model_copy(update={"environment": members})}),
        few_workers(configuration),
        database=school_database.database,
        snapshot=ladder_snapshot,
        raw=raw_folder,
        account=school_database.account,
        at=configuration.measured_at[-1],
    ) as deployment:
        if configuration.must_answer:
            assert get(f"{deployment.url}/members/?page=2")["page"] == 2
        else:
            with pytest.raises(HTTPError, match=r"50[02]"):
                get(f"{deployment.url}/members/?page=2")
        deployment.check()


# The pool.


def watch_of(deployment: Deployment, database: RunningDatabase) -> Watch:
    return Watch(
        server_sockets=deployment.server_sockets,
        proxy_port=deployment.proxy_port,
        database=DatabaseAccess(
            system=DATABASE, host=database.host, port=database.port, user=database.user, password=database.password
        ),
    )


def values(folder: Path, series: str) -> list[float]:
    with (folder / raw.SAMPLES).open(newline="") as file:
        return [float(row["value"]) for row in csv.DictReader(file) if row["series"] == series and row["value"]]


def ask_at_once(url: str, times: int) -> Counter[int]:
    def status(_number: int) -> int:
        try:
            with urllib.request.urlopen(url, timeout=20) as answer:
                return int(answer.status)
        except HTTPError as error:
            return error.code

    with concurrent.futures.ThreadPoolExecutor(times) as threads:
        return Counter(threads.map(status, range(times)))


POOLED = ("uwsgi-gevent-pymysql", "gunicorn-gevent-pymysql", "gunicorn-gthread-mysqlclient", "gunicorn-gthread-pymysql")


@pytest.mark.parametrize("name", POOLED)
def test_many_requests_share_the_connections_of_a_pool(
    name: str, deployed: Deploy, raw_folder: Path, school_database: SchoolDatabase
):
    with (
        deployed(name, workers=1, threads=12, greenlets=12, pool=POOL) as deployment,
        StackSampler(raw_folder, watch_of(deployment, school_database.database)),
    ):
        time.sleep(0.3)
        answered = ask_at_once(f"{deployment.url}/wait/?db_ms=150", 12)
        time.sleep(0.3)

    assert answered == {200: 12}
    assert max(values(raw_folder, "db_connections")) == POOL
    # The health check has made one of them before anybody looked; none is made anew for a request.
    assert values(raw_folder, "db_connects")[-1] == POOL - 1


def test_without_a_pool_every_request_makes_a_connection(
    deployed: Deploy, raw_folder: Path, school_database: SchoolDatabase
):
    with (
        deployed("gunicorn-gevent-pymysql", workers=1, greenlets=12) as deployment,
        StackSampler(raw_folder, watch_of(deployment, school_database.database)),
    ):
        time.sleep(0.3)
        assert ask_at_once(f"{deployment.url}/wait/?db_ms=150", 12) == {200: 12}
        time.sleep(0.3)

    assert max(values(raw_folder, "db_connections")) == 12
    assert values(raw_folder, "db_connects")[-1] == 12


@pytest.fixture
def stands(school_database, raw_folder):
    return Stands(school=school_database, raw=raw_folder)


@pytest.mark.parametrize("server", ["uwsgi_gevent.ini", "gunicorn_gevent.py"])
def test_a_pool_whose_connections_are_kept_runs_dry_and_that_is_the_cause(server: str, stands: Stands):
    kept_away: dict[str, Any] = {"pool": POOL, "conn_max_age_s": 60, "greenlets": 20}
    with stands.stand(server, site="school", limits_s=(5, 8), **kept_away) as stand:
        stand.client.ask("/wait/?db_ms=50", 12)
    failed = stand.answers("/wait/")[500]
    assert failed >= 4
    assert stand.found() == {("/wait/", "db-pool-exhausted"): failed}
    assert stand.proven() == {"db-pool-exhausted"}


# The distance.


def connected(database: RunningDatabase) -> pymysql.Connection:
    return pymysql.connect(
        host=database.host, port=database.port, user=database.user, password=database.password, ssl_disabled=True
    )


def elapsed_s(database: RunningDatabase, queries: int) -> float:
    with connected(database) as connection, connection.cursor() as cursor:
        start_s = time.perf_counter()
        for _ in range(queries):
            cursor.execute("SELECT 1")
        return time.perf_counter() - start_s


def test_twenty_queries_at_5_ms_take_a_tenth_of_a_second_longer(school_database: SchoolDatabase, raw_folder: Path):
    near = school_database.database
    with at_distance(near, 5, raw=raw_folder, run=raw_folder) as (far, children):
        assert set(children) == {"relay"}
        assert elapsed_s(far, 20) - elapsed_s(near, 20) >= 0.1


def test_a_large_answer_is_delayed_once_and_arrives_whole(school_database: SchoolDatabase, raw_folder: Path):
    with (
        at_distance(school_database.database, 100, raw=raw_folder, run=raw_folder) as (far, _),
        connected(far) as connection,
        connection.cursor() as cursor,
    ):
        start_s = time.perf_counter()
        cursor.execute("SELECT REPEAT('x', 8000000)")
        row = cursor.fetchone()
        elapsed = time.perf_counter() - start_s

    assert row == ("x" * 8_000_000,)
    assert elapsed < 20 * 0.1, "each of its many packets waited for itself"


def test_a_database_at_no_distance_is_reached_directly(school_database: SchoolDatabase, raw_folder: Path):
    with at_distance(school_database.database, 0, raw=raw_folder, run=raw_folder) as (near, children):
        assert (near, children) == (school_database.database, {})


def test_a_database_that_turns_one_away_does_so_at_a_distance_too(school_database: SchoolDatabase, raw_folder: Path):
    with (
        at_distance(school_database.database, 1, raw=raw_folder, run=raw_folder) as (far, _),
        pytest.raises(pymysql.err.OperationalError, match="Access denied"),
    ):
        connected(replace(far, user="nobody"))


# Sockets, front doors and workers that are replaced.


@pytest.mark.alone
@pytest.mark.parametrize("name", ["uwsgi-mysqlclient", "gunicorn-sync-mysqlclient"])
def test_a_full_accept_queue_on_tcp_is_seen(
    name: str, deployed: Deploy, raw_folder: Path, school_database: SchoolDatabase
):
    with deployed(name, workers=1, listen=4, transport="tcp") as deployment:
        assert isinstance(deployment.server_sockets[0], int)
        with StackSampler(raw_folder, watch_of(deployment, school_database.database)):
            time.sleep(0.2)
            ask_at_once(f"{deployment.url}/wait/?db_ms=150", 12)

    assert max(values(raw_folder, "accept_queue")) >= 4
    assert (raw_folder / raw.SAMPLE_NOTES).read_text() == ""


def peers(
    front_door: FrontDoor, server: str, school_database: SchoolDatabase, snapshot: Snapshot, folder: Path
) -> list[int]:
    """Return the ports from which the proxy's requests came, asked one after the other over one connection."""
    small = small_experiment(server)
    changes = {"front_door": front_door, "transport": "tcp"}
    with deploy(
        small,
        small.configurations[0].model_copy(update=changes),
        database=school_database.database,
        snapshot=snapshot,
        raw=folder,
        account=school_database.account,
    ) as deployment:
        client = http.client.HTTPConnection(urlsplit(deployment.url).netloc)
        found = []
        for _ in range(4):
            client.request("GET", "/")
            found.append(json.load(client.getresponse()))
        client.close()
        return found


@pytest.fixture
def peer_site(school_database: SchoolDatabase, raw_folder: Path) -> Snapshot:
    site = raw_folder / "site"
    site.mkdir()
    (site / "echo.py").write_text(PEER)
    for name in ("servers", ".badgateway"):
        (raw_folder / name).symlink_to(school_database.snapshot.root / name)
    return Snapshot.of(raw_folder, school_database.database.server.template)


def test_a_load_balancer_uses_its_connection_again(
    school_database: SchoolDatabase, peer_site: Snapshot, raw_folder: Path
):
    found = peers(FrontDoor.LOAD_BALANCER, "gunicorn_gthread.py", school_database, peer_site, raw_folder)

    assert len(set(found)) == 1


def test_nginx_makes_a_connection_for_each_request(
    school_database: SchoolDatabase, peer_site: Snapshot, raw_folder: Path
):
    found = peers(FrontDoor.NGINX, "gunicorn_gthread.py", school_database, peer_site, raw_folder)

    assert len(set(found)) == 4


@pytest.mark.parametrize("name", ["uwsgi-mysqlclient", "uwsgi-gevent-pymysql"])
def test_a_load_balancer_speaks_http_to_uwsgi(name: str, deployed: Deploy):
    with deployed(name, front_door=FrontDoor.LOAD_BALANCER) as deployment:
        assert get(f"{deployment.url}/members/?page=1")["page"] == 1
        # uWSGI closes the connection that the load balancer would keep, within a tick of a second, and later on a busy
        # machine; who comes before it has gets a 502.
        time.sleep(2.5)
        assert get(f"{deployment.url}/members/?page=2")["page"] == 2


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_kept_connection_that_fails_is_not_tried_twice(method: str, stands: Stands, raw_folder: Path):
    with closing_upstream() as port, stands.stand("gunicorn_sync.py", edit_proxy=kept(port)) as stand:
        for _ in range(6):
            stand.client.ask("/kept", method=method)
    assert stand.answers("/kept")[502] >= 2
    rows = [json.loads(line) for line in (raw_folder / raw.ACCESS_LOG).read_text().splitlines()]
    assert {row["upstream_status"] for row in rows if row["uri"] == "/kept"} == {"200", "502"}


@pytest.mark.parametrize(
    ("name", "said"),
    [("uwsgi-mysqlclient", "Respawned uWSGI worker"), ("gunicorn-gthread-mysqlclient", "Autorestarting worker")],
)
def test_a_worker_is_replaced_after_its_requests(name: str, said: str, deployed: Deploy, raw_folder: Path):
    with deployed(name, workers=1, max_requests=5, least_lifetime_s=1) as deployment:
        for _ in range(10):
            get(f"{deployment.url}/members/1/")
            time.sleep(0.25)

    assert said in (raw_folder / raw.SERVER_LOG).read_text()


def test_lazy_workers_import_the_site_each_by_itself(deployed: Deploy, raw_folder: Path):
    log = raw_folder / raw.SERVER_LOG
    with deployed("uwsgi-mysqlclient", workers=3, preload=False):
        # The first one answers; the others may still be at it.
        deadline = time.monotonic() + 20
        while log.read_text().count("WSGI app 0 (mountpoint='') ready in") < 3:
            assert time.monotonic() < deadline
            time.sleep(0.05)


# Several servers, and servers that are bound to cores.


@pytest.mark.parametrize(
    ("name", "transport"), [("uwsgi-mysqlclient", "unix"), ("gunicorn-gthread-mysqlclient", "tcp")]
)
def test_two_servers_take_turns_and_are_watched_and_counted_as_one(
    name: str, transport: str, deployed: Deploy, raw_folder: Path, school_database: SchoolDatabase
):
    with deployed(name, instances=2, workers=1, cores=1, listen=64, transport=transport) as deployment:
        watch = replace(
            watch_of(deployment, school_database.database),
            server=deployment.server,
            statistics_sockets=deployment.statistics_sockets,
        )
        with StackSampler(raw_folder, watch):
            for page in range(1, 9):
                assert get(f"{deployment.url}/members/?page={page}")["page"] == page
        asked = Counter(json.loads(line)["upstream_addr"] for line in deployment.read_access_log().splitlines())
        servers = deployment.roots["server"]
        assert cores_of(servers) == 1
        deployment.check()

    assert set(asked) == set(deployment.upstreams)
    assert min(asked.values()) >= 3
    journal = (raw_folder / raw.JOURNAL).read_text().splitlines()
    starts = [line.split(",")[2] for line in journal if line.startswith("start,")]
    assert (len(set(starts)), len(starts)) == (2, sum(asked.values()))
    with (raw_folder / raw.SAMPLES).open(newline="") as file:
        limits = {row["series"]: row["limit_value"] for row in csv.DictReader(file)}
    assert limits["accept_queue"] == "64"
    assert limits.get("uwsgi_busy_workers", "2") == "2"
    assert not any(map(psutil.pid_exists, servers))
