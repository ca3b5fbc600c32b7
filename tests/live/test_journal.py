"""The application's own book beside those of client and proxy, on the real servers."""

import concurrent.futures
import csv
import os
import signal
import time
import urllib.error
import urllib.request
import uuid
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from badgateway import ledger
from badgateway.errors import DeploymentError
from badgateway.model import raw
from badgateway.model.experiment import Experiment
from badgateway.model.raw import CLIENT_COLUMNS
from badgateway.process.account import hand_over
from badgateway.stack.deployment import deploy
from badgateway.stack.project import Snapshot
from badgateway.stack.written import FOLDER
from tests.amounts import some_of
from tests.declared import experiment
from tests.live.conftest import ROOT, SERVER_FILES, Deploy, SchoolDatabase, configuration
from tests.servers.journals import written

pytestmark = pytest.mark.live

REQUESTS = 60
WITH_FILE_WRAPPER = [file for file in SERVER_FILES if file.endswith((".ini", ".py")) and "asgi" not in file]
"""WSGI's own way to send a file, which ASGI has not and Granian does not offer."""
SERVER_FILES_IN_EVERY_RUN = [file for file in SERVER_FILES if file != "granian_asgi.env"]
"""Each server: of those that came last it is their only test outside of the session proofs."""
BAD_GATEWAY = 502

SITE = """
import hashlib, os, time

def spin(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        hashlib.sha256(b"x" * 1000).hexdigest()

def application(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/sleep":
        time.sleep(20)
    if path == "/spin":
        spin(0.8)
    if path == "/raise":
        raise ValueError("planted")
    headers = [("Content-Type", "text/plain")]
    if path == "/file":
        page = open(__file__, "rb")
        size = os.fstat(page.fileno()).st_size
        start_response("200 OK", [*headers, ("Content-Length", str(size))])
        return environ["wsgi.file_wrapper"](page)
    start_response("200 OK", [*headers, ("Content-Length", "3")])
    return [b"ok\\n"]
"""


def ask(url: str, request_id: str | None = None) -> dict[str, Any]:
    """Send a request and return the row that a client would write about it."""
    request_id = request_id or uuid.uuid4().hex
    start_s = time.time()
    try:
        request = urllib.request.Request(url, headers={"X-Request-ID": request_id})
        with urllib.request.urlopen(request, timeout=30) as answer:
            status, body = answer.status, answer.read()
    except urllib.error.HTTPError as error:
        status, body = error.code, error.read()
    times = {"intended_start_s": start_s, "start_s": start_s, "first_byte_s": "", "end_s": time.time()}
    sizes = {"body_bytes": len(body), "expected_bytes": ""}
    return {
        "request_id": request_id,
        "name": "GET /",
        "method": "GET",
        **times,
        "status": status,
        **sizes,
        "accepted": 0,
    }


def write_client(folder: Path, rows: list[dict[str, Any]]) -> None:
    with (folder / raw.CLIENT_ROWS).open("w", newline="") as file:
        writer = csv.DictWriter(file, CLIENT_COLUMNS, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def small(server: str, **changes: Any) -> Experiment:
    site = {"directory": "site", "wsgi": "small:application", "prepare": ["true"], "restore": ["true"]}
    return experiment(application=site, configurations=[{**configuration(server, "pymysql"), "workers": 1, **changes}])


@pytest.fixture
def small_site(school_database: SchoolDatabase, raw_folder: Path):
    """Return a function that deploys the site above on a server file."""
    folder = raw_folder / "site"
    folder.mkdir()
    (folder / "small.py").write_text(SITE)
    for path in (folder, folder / "small.py"):
        hand_over(path, school_database.account)
    for name in ("servers", ".badgateway"):
        (raw_folder / name).symlink_to(school_database.snapshot.root / name)

    def deployed(server: str, *, watch_loop: bool = False, **changes: Any):
        declared = small(server, **changes)
        return deploy(
            declared,
            declared.configurations[0],
            database=school_database.database,
            snapshot=Snapshot.of(raw_folder, school_database.database.server.template),
            raw=raw_folder,
            account=school_database.account,
            watch_loop=watch_loop,
        )

    return deployed


@pytest.mark.parametrize("server", some_of(SERVER_FILES, first=[*SERVER_FILES_IN_EVERY_RUN]))
def test_the_three_books_of_an_ordinary_trial_balance(server: str, deployed: Deploy, raw_folder: Path):
    with deployed(f"{Path(server).stem.replace('_', '-')}-pymysql") as deployment:
        paths = ["/members/?page=1", "/members/1/", "/wait/?db_ms=5", "/nowhere/"]
        urls = [deployment.url + paths[number % 4] for number in range(REQUESTS)]
        with concurrent.futures.ThreadPoolExecutor(6) as pool:
            rows = list(pool.map(ask, urls))
    write_client(raw_folder, rows)
    built = ledger.build(raw_folder, None)

    assert built.balance.problem() is None
    assert (built.balance.client, built.balance.proxy, built.balance.app) == (REQUESTS, REQUESTS, REQUESTS)
    assert built.balance.app_unfinished == 0
    agreeing = built.relation.filter(
        "app_status = status AND app_bytes = body_bytes AND app_starts = 1 AND app_ended_s >= app_started_s "
        "AND app_started_s >= start_s - 0.01 AND app_ended_s <= end_s + 1"
    )
    assert len(agreeing) == REQUESTS
    assert len(built.relation.filter("app_pid IS NULL")) == 0


def started(folder: Path, request_id: str) -> dict[str, Any] | None:
    rows = [row for row in written(folder / FOLDER / raw.JOURNAL, "start") if row["request_id"] == request_id]
    return rows[0] if rows else None


def await_start(folder: Path, request_id: str) -> int:
    """Return the pid of the worker that has started the request."""
    deadline = time.monotonic() + 10
    while (row := started(folder, request_id)) is None:
        assert time.monotonic() < deadline, f"{request_id} was never started"
        time.sleep(0.02)
    return int(row["pid"])


def await_worker(folder: Path, kind: str, *, other_than: int) -> int:
    """Return the pid of another worker that has told this of itself."""
    deadline = time.monotonic() + 10
    while True:
        told = {int(row["pid"]) for row in written(folder / FOLDER / raw.JOURNAL, kind)} - {other_than}
        if told:
            return told.pop()
        assert time.monotonic() < deadline, f"no worker told {kind}"
        time.sleep(0.02)


@pytest.mark.parametrize("server", ["uwsgi.ini", "uwsgi_gevent.ini", "gunicorn_sync.py", "gunicorn_gevent.py"])
def test_a_request_that_died_with_its_worker_has_a_start_and_no_end(server: str, small_site, raw_folder: Path):
    with small_site(server, threads=1) as deployment, concurrent.futures.ThreadPoolExecutor() as pool:
        dying = pool.submit(ask, f"{deployment.url}/sleep", "dying")
        pid = await_start(raw_folder, "dying")
        os.kill(pid, signal.SIGKILL)
        rows = [dying.result(), ask(f"{deployment.url}/?token=secret", "later")]
    write_client(raw_folder, rows)
    built = ledger.build(raw_folder, None)

    columns = "request_id, outcome, app_pid, app_started_s IS NOT NULL, app_ended_s IS NOT NULL, app_status"
    died, lived = built.relation.project(columns).fetchall()
    assert died == ("dying", "BAD_GATEWAY", pid, True, False, None)
    assert (lived[0], lived[1], lived[3:]) == ("later", "OK", (True, True, 200))
    assert built.balance.problem() is None
    assert built.balance.app_unfinished == 1

    ledger.fill_evidence(built, raw_folder)
    found = built.connection.table("failures").project("status, uri, app_pid, app_ended_s").fetchall()
    assert found == [(BAD_GATEWAY, "/sleep", pid, None)]
    complaint, number = built.relation.project("proxy_error, proxy_error_line_number").fetchall()[0]
    assert complaint.startswith("upstream prematurely closed connection while reading response header")
    assert "/sleep" in (raw_folder / raw.ERROR_LOG).read_text().splitlines()[number - 1]


@pytest.mark.parametrize("server", WITH_FILE_WRAPPER)
def test_files_and_exceptions_are_in_the_journal_and_pass_unchanged(server: str, small_site, raw_folder: Path):
    with small_site(server) as deployment:
        file, raised = ask(f"{deployment.url}/file", "file"), ask(f"{deployment.url}/raise", "raise")

    assert (file["status"], file["body_bytes"]) == (200, len(SITE))
    # uWSGI closes the connection without an answer, which nginx makes a 502.
    assert raised["status"] == (BAD_GATEWAY if server.startswith("uwsgi") else 500)
    ends = {row["request_id"]: row for row in written(raw_folder / raw.JOURNAL, "end")}
    assert (ends["file"]["status"], ends["file"]["detail"]) == ("200", "")
    assert (ends["raise"]["status"], ends["raise"]["detail"]) == ("", "raised ValueError")
    write_client(raw_folder, [file, raised])
    assert ledger.build(raw_folder, None).balance.problem() is None


@pytest.mark.parametrize("server", ["gunicorn_sync.py", "gunicorn_gthread.py", "gunicorn_gevent.py"])
def test_gunicorns_workers_tell_their_lives(server: str, small_site, raw_folder: Path):
    with small_site(server):
        pid = int(written(raw_folder / FOLDER / raw.JOURNAL, "start")[0]["pid"])
        os.kill(pid, signal.SIGKILL)
        # Not until the kit stops the server: it does not wait for the leave of a worker that has nothing left to do.
        os.kill(await_worker(raw_folder, "worker-ready", other_than=pid), signal.SIGTERM)
        await_worker(raw_folder, "worker-exit", other_than=pid)

    lives: dict[str, list[str]] = {}
    for row in written(raw_folder / raw.JOURNAL):
        if row["kind"].startswith("worker"):
            lives.setdefault(row["pid"], []).append(row["kind"])
    killed, successor, *_ = lives.values()
    assert killed == ["worker-forked", "worker-ready", "worker-reaped"]
    assert successor[:3] == ["worker-forked", "worker-ready", "worker-exit"]


@pytest.mark.parametrize("server", ["gunicorn_gevent.py", "uwsgi_gevent.ini"])
def test_what_blocks_an_event_loop_is_told_with_its_time_and_line(server: str, small_site, raw_folder: Path):
    with small_site(server, watch_loop=True) as deployment:
        time.sleep(0.2)
        ask(f"{deployment.url}/spin")
        ask(deployment.url)
        time.sleep(0.2)

    watch_begins, *stops = (float(row["duration_s"]) for row in written(raw_folder / raw.JOURNAL, "blocked"))
    assert watch_begins == 0
    assert 0.6 < max(stops) < 1.5
    # On a machine that is short of CPU, another line may be seen once in a while.
    places = Counter(row["detail"] for row in written(raw_folder / raw.JOURNAL, "blocked-by"))
    ((place, _),) = places.most_common(1)
    assert "small.py:" in place
    assert place.endswith(" spin")


def test_the_event_loop_is_not_watched_unless_asked_for(small_site, raw_folder: Path):
    with small_site("gunicorn_gevent.py") as deployment:
        ask(f"{deployment.url}/spin")

    assert written(raw_folder / raw.JOURNAL, "blocked", "blocked-by") == []


def test_a_server_file_that_starts_an_application_of_its_own_choosing_is_refused(small_site, raw_folder: Path):
    (raw_folder / "servers").unlink()
    (raw_folder / "servers").mkdir()
    for name in ("nginx.conf", "mariadb.cnf", "gunicorn_sync.py"):
        (raw_folder / "servers" / name).write_bytes((ROOT / "servers" / name).read_bytes())
    own = raw_folder / "servers" / "gunicorn_sync.py"
    own.write_text(own.read_text() + '\nwsgi_app = "small:application"\n')

    with pytest.raises(DeploymentError, match=r"gunicorn_sync\.py started another application .* WEB_WSGI"):
        small_site("gunicorn_sync.py").__enter__()
