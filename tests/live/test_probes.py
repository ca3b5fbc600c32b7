"""The probes beside real servers: a full queue is seen, connections are counted, uWSGI's own account is read."""

import csv
import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit

import pytest

from badgateway.model import raw
from badgateway.probe.sampler import StackSampler
from badgateway.probe.watch import DatabaseAccess, Watch
from tests.live.conftest import Deploy, SchoolDatabase

pytestmark = pytest.mark.live

SECOND = "/wait/?db_ms=1000"


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


def watch_of(url: str, folder: Path, **more) -> Watch:
    port = urlsplit(url).port
    assert port is not None
    return Watch(server_socket=folder / "run" / "web.sock", proxy_port=port, **more)


def access_to(school: SchoolDatabase) -> DatabaseAccess:
    database = school.database
    return DatabaseAccess(host=database.host, port=database.port, user=database.user, password=database.password)


@pytest.mark.parametrize("name", ["uwsgi-mysqlclient", "gunicorn-sync-mysqlclient"])
def test_a_full_accept_queue_is_seen(name, deployed: Deploy, raw_folder: Path):
    with (
        deployed(name, workers=1, listen=4) as deployment,
        StackSampler(raw_folder, watch_of(deployment.url, raw_folder)),
    ):
        time.sleep(0.3)
        with clients(deployment.url, 12, SECOND):
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
        with clients(deployment.url, 6, SECOND):
            time.sleep(0.5)
        time.sleep(0.3)

    counted = samples(raw_folder, "db_connections")
    assert counted[0] == counted[-1] == (0.0, 150.0)
    assert max(values(raw_folder, "db_connections")) == 6


def test_uwsgi_tells_how_many_requests_it_serves_and_how_old_the_oldest_is(
    deployed: Deploy, raw_folder: Path, school_database: SchoolDatabase
):
    stats = raw_folder / "run" / "stats.sock"
    servers = school_database.snapshot.path(PurePosixPath("servers"))
    declared = (servers / "uwsgi_gevent.ini").read_text()
    (servers / "with_stats.ini").write_text(f"{declared}\nstats = {stats}\n")
    with (
        deployed("uwsgi-gevent-pymysql", server=PurePosixPath("servers/with_stats.ini"), greenlets=10) as deployment,
        StackSampler(raw_folder, watch_of(deployment.url, raw_folder, uwsgi_stats=stats)),
    ):
        time.sleep(0.2)
        with clients(deployment.url, 6, SECOND):
            time.sleep(0.5)

    assert samples(raw_folder, "uwsgi_busy_workers")[0] == (0.0, 2.0)
    assert samples(raw_folder, "uwsgi_cores_in_request")[0] == (0.0, 20.0)
    assert max(values(raw_folder, "uwsgi_cores_in_request")) == 6
    # uWSGI knows the second a request started in, no more.
    assert 0.5 <= max(values(raw_folder, "uwsgi_oldest_request_s")) < 3
