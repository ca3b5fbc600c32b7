"""The probes beside real servers, and the proof of who shares a worker's time."""

import csv
import http.client
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path, PurePosixPath
from unittest.mock import create_autospec
from urllib.parse import urlsplit

import pytest
from pydantic import TypeAdapter

from badgateway.cli.worker_check import render_table
from badgateway.databases.mariadb import DATABASE
from badgateway.model import raw
from badgateway.model.worker_checks import WorkerCheck, WorkerCheckReport, WorkerVerdict
from badgateway.probe.sampler import StackSampler
from badgateway.probe.watch import DatabaseAccess, Watch
from badgateway.servers import uwsgi
from badgateway.stack.written import FOLDER, RUN_FOLDER
from badgateway.study.bench import Bench, Listener
from badgateway.study.connect_costs import connect_costs
from badgateway.study.local import LOCAL
from badgateway.study.worker_check import prove, prove_one
from tests.amounts import some_of
from tests.declared import experiment
from tests.live.conftest import MEMBERS, ROOT, Deploy, SchoolDatabase, configuration

pytestmark = pytest.mark.live

LONG = "/wait/?db_ms=600"


@contextmanager
def clients(url: str, count: int, target: str) -> Iterator[None]:
    """Keep so many requests for one page under way while the block lasts, and wait for their ends."""
    address = urlsplit(url).netloc

    def ask() -> None:
        connection = http.client.HTTPConnection(address, timeout=20)
        connection.request("GET", target)
        connection.getresponse().read()
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for thread in threads:
            thread.join()


def samples(folder: Path, series: str) -> list[tuple[float | None, float | None]]:
    """Return value and limit of each sample of a series, in their order."""
    with (folder / raw.SAMPLES).open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["series"] == series]
    return [
        (float(row["value"]) if row["value"] else None, float(row["limit_value"]) if row["limit_value"] else None)
        for row in rows
    ]


def values(folder: Path, series: str) -> list[float]:
    return [value for value, _ in samples(folder, series) if value is not None]


def await_first_sample(folder: Path) -> None:
    deadline = time.monotonic() + 20
    while not samples(folder, "accept_queue"):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def watch_of(url: str, folder: Path, **more) -> Watch:
    port = urlsplit(url).port
    assert port is not None
    return Watch(server_sockets=(folder / FOLDER / RUN_FOLDER / "web.sock",), proxy_port=port, **more)


def access_to(school: SchoolDatabase) -> DatabaseAccess:
    database = school.database
    return DatabaseAccess(
        system=DATABASE, host=database.host, port=database.port, user=database.user, password=database.password
    )


@pytest.mark.parametrize("name", ["uwsgi-mysqlclient", "gunicorn-sync-mysqlclient"])
def test_a_full_accept_queue_is_seen(name, deployed: Deploy, raw_folder: Path):
    with (
        # Several threads take so many out of the queue, after a burst has been refused, that it is full no more.
        deployed(name, workers=1, threads=1, listen=4) as deployment,
        StackSampler(raw_folder, watch_of(deployment.url, raw_folder)),
    ):
        await_first_sample(raw_folder)
        # The queue is full until the worker has done with its first request.
        with clients(deployment.url, 12, "/wait/?db_ms=1500"):
            time.sleep(0.5)

    queue = samples(raw_folder, "accept_queue")
    assert queue[0] == (0.0, 4.0)
    assert any(value is not None and limit is not None and value >= limit for value, limit in queue)
    assert {limit for _, limit in samples(raw_folder, "proxy_accept_queue")} == {4096}
    assert (raw_folder / raw.SAMPLE_NOTES).read_text() == ""


def test_a_server_that_is_gone_has_no_queue(deployed: Deploy, raw_folder: Path):
    with deployed("gunicorn-sync-mysqlclient") as deployment:
        watch = watch_of(deployment.url, raw_folder)
    with StackSampler(raw_folder, watch):
        time.sleep(0.2)

    assert set(samples(raw_folder, "accept_queue")) == {(None, None)}
    assert set(samples(raw_folder, "proxy_accept_queue")) == {(None, None)}
    notes = (raw_folder / raw.SAMPLE_NOTES).read_text().splitlines()
    assert len(notes) == 2, "each reason is told once"
    assert "series accept_queue not available: nobody listens on" in notes[0]


def test_the_applications_connections_are_counted_without_the_probes_own(
    deployed: Deploy, raw_folder: Path, school_database: SchoolDatabase
):
    watched = {"database": access_to(school_database)}
    with (
        deployed("gunicorn-gthread-mysqlclient", workers=1, threads=8) as deployment,
        StackSampler(raw_folder, watch_of(deployment.url, raw_folder, **watched)),
    ):
        time.sleep(0.3)
        with clients(deployment.url, 6, LONG):
            time.sleep(0.5)
        time.sleep(0.3)

    counted = samples(raw_folder, "db_connections")
    assert counted[0] == counted[-1] == (0.0, 150.0)
    assert max(values(raw_folder, "db_connections")) == 6
    assert max(values(raw_folder, "db_executing")) == 6
    with (raw_folder / raw.STATEMENTS).open(newline="") as file:
        assert {row["statement"] for row in csv.DictReader(file)} >= {"SELECT SLEEP(?)"}


def test_uwsgi_tells_how_many_requests_it_serves_and_how_old_the_oldest_is(
    deployed: Deploy, raw_folder: Path, school_database: SchoolDatabase
):
    stats = raw_folder / FOLDER / RUN_FOLDER / "stats.sock"
    servers = school_database.snapshot.path(PurePosixPath("servers"))
    declared = (servers / "uwsgi_gevent.ini").read_text()
    (servers / "with_stats.ini").write_text(f"{declared}\nstats = {stats}\n")
    with (
        deployed("uwsgi-gevent-pymysql", server=PurePosixPath("servers/with_stats.ini"), greenlets=10) as deployment,
        StackSampler(
            raw_folder, watch_of(deployment.url, raw_folder, server=uwsgi.SERVER, statistics_sockets=(stats,))
        ),
    ):
        time.sleep(0.2)
        with clients(deployment.url, 6, LONG):
            time.sleep(0.5)

    assert samples(raw_folder, "uwsgi_busy_workers")[0] == (0.0, 2.0)
    assert samples(raw_folder, "uwsgi_cores_in_request")[0] == (0.0, 20.0)
    assert max(values(raw_folder, "uwsgi_cores_in_request")) == 6
    # uWSGI knows the second a request started in, no more.
    assert 0.5 <= max(values(raw_folder, "uwsgi_oldest_request_s")) < 3


@pytest.fixture
def bench(school_database: SchoolDatabase, raw_folder: Path) -> Bench:
    school = school_database
    return Bench(
        effects=LOCAL,
        experiment=school.experiment,
        root=ROOT,
        folder=raw_folder,
        account=school.account,
        snapshot=school.snapshot,
        database=school.database,
    )


def proven(bench: Bench, name: str, **changes) -> WorkerCheck:
    configuration = bench.experiment.configuration(name)
    return prove_one(configuration.model_copy(update={"workers": 1, "threads": 8, **changes}), bench)


def test_a_whole_experiment_is_proven_with_its_connects():
    school = experiment(
        application={"environment": {"APP_MEMBERS": str(MEMBERS)}},
        configurations=[configuration("gunicorn_gthread.py", "mysqlclient") | {"threads": 16}],
    )
    listener = create_autospec(Listener, instance=True)

    report = prove(school, ROOT, listener, LOCAL)

    assert [(proof.server, proof.verdict) for proof in report.proofs] == [
        ("servers/gunicorn_gthread.py", WorkerVerdict.COOPERATIVE)
    ]
    assert len(report.connect_costs) == 3
    assert listener.busy_with.call_count == 3
    assert "COOPERATIVE" in render_table(report)
    assert TypeAdapter(WorkerCheckReport).validate_json(json.dumps(asdict(report))) == report


VERDICTS = [
    ("gunicorn-gevent-pymysql", WorkerVerdict.COOPERATIVE),
    ("gunicorn-gevent-mysqlclient", WorkerVerdict.BLOCKING),
    ("uwsgi-gevent-pymysql", WorkerVerdict.COOPERATIVE),
    ("uwsgi-gevent-mysqlclient", WorkerVerdict.BLOCKING),
    ("gunicorn-gthread-mysqlclient", WorkerVerdict.COOPERATIVE),
    ("gunicorn-sync-pymysql", WorkerVerdict.BLOCKING),
]
VERDICTS_IN_THE_PROOFS = [
    (f"{server}-mysqlclient", WorkerVerdict.COOPERATIVE)
    for server in ("granian", "granian-asgi", "uvicorn", "gunicorn-asgi")
]


@pytest.mark.parametrize(("name", "verdict"), some_of([*VERDICTS, *VERDICTS_IN_THE_PROOFS], first=VERDICTS))
def test_who_shares_a_workers_time_and_who_does_not_is_proven(name, verdict, bench):
    proof = proven(bench, name)

    assert (proof.verdict, proof.reason, proof.statuses) == (verdict, "", ((200, 16),))
    assert proof.wall_ms is not None
    assert proof.wall_ms >= proof.wait_ms


def test_a_worker_with_fewer_places_than_requests_is_partial(bench):
    assert proven(bench, "gunicorn-gthread-mysqlclient", threads=3).verdict is WorkerVerdict.PARTIAL


def test_a_late_monkey_patch_is_called_by_its_name(bench):
    servers = bench.snapshot.path(PurePosixPath("servers"))
    early = (servers / "uwsgi_gevent.ini").read_text()
    late = early.replace("gevent-early-monkey-patch = true", "gevent-monkey-patch = true")
    assert late != early
    (servers / "late_patch.ini").write_text(late)

    proof = proven(bench, "uwsgi-gevent-pymysql", server=PurePosixPath("servers/late_patch.ini"))

    assert (proof.verdict, proof.wall_ms) == (WorkerVerdict.ERRORS, None)
    assert proof.reason.startswith("did not come up: late monkey-patch: ")
    assert "DatabaseWrapper objects created in a thread" in proof.reason


@pytest.mark.parametrize("name", ["gunicorn-gevent-mysqlclient", "uwsgi-gevent-mysqlclient"])
def test_the_line_that_held_the_event_loop_is_named(name, bench):
    first, *_ = proven(bench, name).blocked_by

    assert first.is_own
    assert first.place.startswith("app/school/views/wait.py:")
    assert first.place.endswith(" wait")


def test_a_server_that_does_not_come_up_is_a_proof_with_errors(bench):
    (bench.snapshot.path(PurePosixPath("servers")) / "broken.ini").write_text("[uwsgi]\nstrict = true\nnonsense = 1\n")

    proof = proven(bench, "uwsgi-pymysql", server=PurePosixPath("servers/broken.ini"))

    assert (proof.verdict, proof.statuses) == (WorkerVerdict.ERRORS, ())
    assert proof.reason.startswith("did not come up: uwsgi")


def test_a_connect_with_pymysqls_own_tls_context_costs_many_times_one_without(bench):
    costs = {cost.client: cost for cost in connect_costs(bench)}

    assert [cost.problem for cost in costs.values()] == [""] * 3
    without, with_context = (costs[f"PyMySQL, {how}"].cpu_ms for how in ("ssl_disabled", "as it is"))
    assert without is not None
    assert with_context is not None
    assert with_context > 5 * without > 0
