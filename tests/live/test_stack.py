"""The real servers: they come up, answer, keep to themselves, and leave nothing behind."""

import concurrent.futures
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from itertools import product
from pathlib import Path, PurePosixPath
from typing import Any

import psutil
import pymysql
import pytest

from badgateway.errors import DeploymentError
from badgateway.model import raw
from badgateway.plan.experiment_file import with_servers
from badgateway.process.account import hand_over
from badgateway.stack.deployment import deploy
from badgateway.stack.project import Snapshot
from badgateway.stack.written import FOLDER
from tests.amounts import some_of
from tests.declared import experiment
from tests.live.conftest import MEMBERS, ROOT, Deploy, SchoolDatabase, configuration
from tests.servers.dummy import installed_server

pytestmark = pytest.mark.live

CONFIGURATIONS = (
    "uwsgi-mysqlclient",
    "uwsgi-pymysql",
    "uwsgi-gevent-pymysql",
    "gunicorn-gevent-pymysql",
    "gunicorn-gevent-mysqlclient",
    "gunicorn-gthread-mysqlclient",
    "gunicorn-sync-mysqlclient",
)
IN_THE_PROOFS = ("gunicorn-asgi-pymysql", "granian-pymysql", "granian-asgi-mysqlclient", "uvicorn-pymysql")
CANNOT_IMPORT = ("uwsgi.ini", "gunicorn_sync.py", "gunicorn_gevent.py")
ECHO = """
import json, os

def application(environ, start_response):
    body = json.dumps({
        "request_id": environ.get("HTTP_X_REQUEST_ID"),
        "forwarded_for": environ.get("HTTP_X_FORWARDED_FOR"),
        "host": environ.get("HTTP_HOST"),
        "path": environ["PATH_INFO"],
        "query": environ["QUERY_STRING"],
        "body": environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0)).decode(),
        "environment": sorted(os.environ),
    }).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
"""


def get(url: str, **headers: str) -> Any:
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=20) as answer:
        return json.load(answer)


def post(url: str, body: dict[str, object]) -> Any:
    with urllib.request.urlopen(urllib.request.Request(url, json.dumps(body).encode()), timeout=20) as answer:
        assert answer.status == 201
        return json.load(answer)


def family(pid: int) -> list[psutil.Process]:
    leader = psutil.Process(pid)
    return [leader, *leader.children(recursive=True)]


def processes_of(folder: Path) -> list[str]:
    """Return the command lines of all processes whose arguments, directory or environment lead into a folder."""
    found = []
    for process in psutil.process_iter():
        try:
            traces = [*process.cmdline(), process.cwd(), process.environ().get("HOME", "")]
        except (psutil.NoSuchProcess, psutil.ZombieProcess, psutil.AccessDenied):
            continue  # gone, or of somebody whom this account's children cannot be
        if any(str(folder) in trace for trace in traces):
            found.append(" ".join(process.cmdline()))
    return found


def access_rows(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / raw.ACCESS_LOG).read_text().splitlines()]


@pytest.fixture
def small_site(school_database: SchoolDatabase, raw_folder: Path):
    """Return a function that makes a snapshot with a WSGI module of a few lines in place of the school."""

    def make(code: str) -> Snapshot:
        folder = raw_folder / "site"
        folder.mkdir()
        (folder / "echo.py").write_text(code)
        for path in (folder, folder / "echo.py"):
            hand_over(path, school_database.account)
        for name in ("servers", ".badgateway"):
            (raw_folder / name).symlink_to(school_database.snapshot.root / name)
        return Snapshot.of(raw_folder, school_database.database.server.template, school_database.snapshot.server_texts)

    return make


def small_experiment(server: str, **changes: Any) -> Any:
    site = {"directory": "site", "prepare": ["true"], "restore": ["true"]}
    names = {"wsgi": "echo:application", "asgi": "echo:application"}
    return with_servers(
        experiment(application=site | names, configurations=[configuration(server, "pymysql")], **changes), ROOT
    )


@pytest.mark.parametrize("name", some_of([*CONFIGURATIONS, *IN_THE_PROOFS], first=[*CONFIGURATIONS]))
def test_each_server_comes_up_answers_and_leaves_nothing_behind(name: str, deployed: Deploy, raw_folder: Path):
    with deployed(name) as deployment:
        page = get(f"{deployment.url}/members/?page=2")
        score = {"course": "ALG-1", "points": 87, "taken_on": "2026-03-01"}
        assert post(f"{deployment.url}/members/1/scores/", score)["points"] == 87
        deployment.check()
        processes = [process for pid in deployment.parts.values() for process in family(pid)]
        owners = {process.uids().real for process in processes}

    assert page["page"] == 2
    assert os.geteuid() not in owners or os.geteuid() != 0
    assert not any(process.is_running() for process in processes)
    assert processes_of(raw_folder) == []
    assert not list(raw_folder.rglob("*.sock"))
    assert not (raw_folder / FOLDER).exists()


@pytest.mark.parametrize("name", ["uwsgi-pymysql", "gunicorn-sync-pymysql"])
def test_the_proxys_logs_have_nothing_but_the_requests_that_were_sent(name: str, deployed: Deploy, raw_folder: Path):
    with deployed(name) as deployment:
        get(f"{deployment.url}/members/?page=1", **{"X-Request-ID": "mine-1"})

    health, mine = access_rows(raw_folder)
    assert health["request_id"].startswith("health-")
    assert (mine["request_id"], mine["uri"], mine["status"]) == ("mine-1", "/members/?page=1", 200)
    assert mine["upstream_status"] == "200"
    assert mine["body_bytes"] == int(mine["upstream_content_length"])
    error_log = (raw_folder / raw.ERROR_LOG).read_text()
    assert not [line for line in error_log.splitlines() if "[error]" in line or "[warn]" in line or "[crit]" in line]
    assert (raw_folder / raw.NGINX_LOG).read_text() == ""


def test_a_request_in_flight_at_the_end_is_finished_and_logged(deployed: Deploy, raw_folder: Path):
    with concurrent.futures.ThreadPoolExecutor() as pool:
        with deployed("gunicorn-gthread-mysqlclient") as deployment:
            answer = pool.submit(get, f"{deployment.url}/wait/?db_ms=500")
            time.sleep(0.2)
        assert answer.result() == {"db_ms": 500}

    assert [row["uri"] for row in access_rows(raw_folder)] == ["/healthz", "/wait/?db_ms=500"]


@pytest.mark.parametrize("server", ["uwsgi.ini", "uwsgi_gevent.ini", "gunicorn_gevent.py", "gunicorn_sync.py"])
def test_both_protocols_hand_over_the_same_request(
    server: str, school_database: SchoolDatabase, small_site, raw_folder: Path, monkeypatch
):
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "somebody.elses")
    small = small_experiment(server)
    with deploy(
        small,
        small.configurations[0],
        database=school_database.database,
        snapshot=small_site(ECHO),
        raw=raw_folder,
        account=school_database.account,
    ) as deployment:
        request = urllib.request.Request(
            f"{deployment.url}/a%20b/?q=%C3%A4", b"text", {"X-Request-ID": "mine-1", "Content-Type": "text/plain"}
        )
        with urllib.request.urlopen(request) as answer:
            seen = json.load(answer)

    assert seen["request_id"] == "mine-1"
    assert seen["forwarded_for"] == "127.0.0.1"
    assert f"http://{seen['host']}" == deployment.url
    assert (seen["path"], seen["query"], seen["body"]) == ("/a b/", "q=%C3%A4", "text")
    ours = ("DB_", "WEB_", "JOURNAL_", "APP_", "UWSGI_", "GUNICORN_", "SERVER_SOFTWARE")
    own = [name for name in seen["environment"] if not name.startswith(ours)]
    assert set(own) <= {"PATH", "HOME", "LANG", "TZ", "PWD", "SHLVL", "_", "PYTHONPATH", "PYTHONUNBUFFERED"}


@pytest.mark.parametrize("server", some_of([*CANNOT_IMPORT, "granian.env"], first=[*CANNOT_IMPORT]))
def test_a_site_that_cannot_be_imported_is_told_with_what_was_awaited_how_it_ended_and_why(
    server: str, school_database: SchoolDatabase, small_site, raw_folder: Path
):
    small = small_experiment(server)
    with (
        pytest.raises(DeploymentError) as refusal,
        deploy(
            small,
            small.configurations[0],
            database=school_database.database,
            snapshot=small_site("import nowhere_to_be_found\n"),
            raw=raw_folder,
            account=school_database.account,
        ),
    ):
        pass

    told = str(refusal.value)
    assert "ended with status" in told
    assert "waited" in told
    assert "No module named 'nowhere_to_be_found'" in told
    assert processes_of(raw_folder) == []


@pytest.mark.proof
def test_a_server_that_tries_for_ever_to_import_its_site_is_given_up(
    school_database: SchoolDatabase, small_site, raw_folder: Path
):
    small = small_experiment("uvicorn.env")
    with (
        pytest.raises(DeploymentError, match="waited"),
        deploy(
            small,
            small.configurations[0],
            database=school_database.database,
            snapshot=small_site("import nowhere_to_be_found\n"),
            raw=raw_folder,
            account=school_database.account,
            ready_deadline_s=4,
        ),
    ):
        pass

    assert processes_of(raw_folder) == []


def test_a_server_of_another_package_is_deployed_without_a_change_of_ours(
    deployed: Deploy, raw_folder: Path, school_database: SchoolDatabase
):
    package = raw_folder.with_name(f"{raw_folder.name}-package")
    package.mkdir(mode=0o755)
    try:
        with (
            installed_server(package),
            deployed("uwsgi-pymysql", server=PurePosixPath("servers/x.dummy"), kind="", transport="tcp") as deployment,
        ):
            assert deployment.server.label == "Dummy"
            assert get(f"{deployment.url}/members/?page=2")["page"] == 2
    finally:
        shutil.rmtree(package)


def test_a_server_that_dies_is_noticed(deployed: Deploy):
    with deployed("gunicorn-sync-pymysql") as deployment:
        os.kill(deployment.parts["nginx"], signal.SIGKILL)
        time.sleep(0.3)
        with pytest.raises(DeploymentError, match="nginx was ended by SIGKILL in the middle of the trial"):
            deployment.check()


def test_uwsgi_takes_its_numbers_from_the_configuration(deployed: Deploy, raw_folder: Path):
    with deployed("uwsgi-pymysql", workers=3, threads=1, listen=77):
        pass

    log = (raw_folder / raw.SERVER_LOG).read_text()
    assert "spawned uWSGI worker 3 " in log
    assert "spawned uWSGI worker 4 " not in log
    assert "listen backlog is limited to 77 connections" in log


def elapsed_s(deployment, requests: int, db_ms: int) -> float:
    url = f"{deployment.url}/wait/?db_ms={db_ms}"
    get(url)  # the first one of a worker is slow
    start = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(requests) as pool:
        assert list(pool.map(get, [url] * requests)) == [{"db_ms": db_ms}] * requests
    return time.monotonic() - start


@pytest.mark.parametrize("server", ["gunicorn-gevent", "uwsgi-gevent"])
def test_pymysql_waits_together_under_gevent_and_mysqlclient_one_after_the_other(
    server: str, deployed: Deploy, raw_folder: Path
):
    with deployed(f"{server}-pymysql", workers=1) as deployment:
        together_s = elapsed_s(deployment, requests=8, db_ms=300)
    for file in raw_folder.glob("*.*"):
        file.unlink()
    with deployed(f"{server}-mysqlclient", workers=1) as deployment:
        in_turn_s = elapsed_s(deployment, requests=8, db_ms=300)

    assert together_s < 8 * 0.3 / 2
    assert in_turn_s >= 8 * 0.3


def test_restoring_takes_back_what_was_written(school_database: SchoolDatabase, deployed: Deploy):
    school = school_database
    school.restore()
    with deployed("gunicorn-sync-pymysql") as deployment:
        before = get(f"{deployment.url}/members/1/")
        post(f"{deployment.url}/members/1/scores/", {"course": "ALG-1", "points": 1, "taken_on": "2026-03-01"})
        assert get(f"{deployment.url}/members/1/") != before
        school.restore()
        assert get(f"{deployment.url}/members/1/") == before


def test_only_the_site_itself_may_enter_the_database(school_database: SchoolDatabase):
    database = school_database.database
    address: dict[str, Any] = {"host": database.host, "port": database.port, "ssl_disabled": True}

    site = pymysql.connect(**address, user=database.user, password=database.password, database=database.name)
    with site, site.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM school_member")
        assert cursor.fetchone() == (MEMBERS,)
        cursor.execute("SHOW DATABASES")
        # The second one holds the rows that the kit puts back where a site has no command for it.
        own = {database.name, f"{database.name}_kept"}
        assert {name for (name,) in cursor.fetchall()} == {"information_schema", "mysql", *own}
        # What the optimizer counted, which is compared after each restore.
        cursor.execute("SHOW TABLES FROM mysql")
        assert cursor.fetchall() == (("innodb_index_stats",),)
    for user, password in (("root", ""), ("", ""), (database.user, ""), (database.user, "guess")):
        with pytest.raises(pymysql.err.OperationalError, match="Access denied"):
            pymysql.connect(**address, user=user, password=password)


def test_a_column_compares_with_what_a_connection_makes(school_database: SchoolDatabase):
    place = school_database.database
    address: dict[str, Any] = {"host": place.host, "port": place.port, "ssl_disabled": True, "charset": "utf8mb4"}

    site = pymysql.connect(**address, user=place.user, password=place.password, database=place.name)
    with site, site.cursor() as cursor:
        # Of another collation than the connection's, this is "Illegal mix of collations".
        cursor.execute("SELECT COUNT(*) FROM school_member WHERE last_name = CAST(id AS CHAR)")
        assert cursor.fetchone() == (0,)


def test_the_database_keeps_its_secrets_in_files_of_its_own(school_database: SchoolDatabase):
    folder, password = school_database.database.folder, school_database.database.password

    files = [path for path in (*folder.glob("*"), *(folder / FOLDER).glob("*")) if path.is_file()]
    assert [path for path in files if password in path.read_text(errors="replace")] == []
    assert (folder / FOLDER).stat().st_mode & 0o077 == 0
    assert (folder / FOLDER / "data").stat().st_mode & 0o077 == 0
    if os.geteuid() == 0:
        assert psutil.Process(school_database.database.pid).uids().real != 0


STAND = """
import os, sys, time
from dataclasses import replace
from pathlib import Path, PurePosixPath

from badgateway.databases.registry import database_of
from badgateway.process.account import service_account
from badgateway.process.apart import MARK, NETWORK
from badgateway.process.interruption import unwinding_on_signals
from badgateway.stack.deployment import deploy
from badgateway.stack.experiment_database import prepare_database
from badgateway.stack.project import Snapshot
from tests.live.test_stack import small_experiment

folder, server = Path(sys.argv[1]), sys.argv[2]
# What this site is imported from hangs, so it cannot be started once to see what it connects to; it is the test's own.
os.environ[MARK] = f"{NETWORK.readlink()} -"
account, small = service_account(), small_experiment(server)
snapshot = Snapshot.of(folder, database_of(small).template, [small.configurations[0].server])
if account is not None:
    account = replace(account, gid=folder.stat().st_gid)
with (
    unwinding_on_signals(),
    prepare_database(small, snapshot=snapshot, folder=folder / "database", account=account) as database,
    deploy(small, small.configurations[0], database=database, snapshot=snapshot, raw=folder, account=account),
):
    time.sleep(60)
"""
SLOW = """
import os, sys, time

if "JOURNAL_FILE" in os.environ:
    print("slow import", file=sys.stderr, flush=True)
    time.sleep(30)
"""
"""Slow as its server loads it, and not as the kit looks at its settings before."""


ENDED = [("uwsgi.ini", signal.SIGKILL), ("gunicorn_gevent.py", signal.SIGINT), ("gunicorn_gevent.py", signal.SIGTERM)]
"""Each signal once with the tests; with each of these servers in the session proofs."""
TO_BE_ENDED = ("uwsgi.ini", "gunicorn_gevent.py", "granian.env")


@pytest.mark.parametrize(
    ("server", "ending"), some_of(product(TO_BE_ENDED, [signal for _, signal in ENDED]), first=ENDED)
)
def test_a_kit_that_is_ended_in_the_middle_of_a_deploy_leaves_no_process(
    ending: signal.Signals, server: str, small_site, raw_folder: Path
):
    small_site(SLOW)
    kit = subprocess.Popen([sys.executable, "-c", STAND, str(raw_folder), server], cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        await_text(raw_folder / raw.SERVER_LOG, "slow import")
        kit.send_signal(ending)
        assert kit.wait(20) != 0
    finally:
        kit.kill()
        kit.wait()

    deadline = time.monotonic() + 10
    while processes_of(raw_folder) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert processes_of(raw_folder) == []


def await_text(file: Path, text: str) -> None:
    deadline = time.monotonic() + 20
    while not (file.exists() and text in file.read_text()):
        assert time.monotonic() < deadline, f"no {text!r} in {file}"
        time.sleep(0.02)


def test_two_deployments_stand_side_by_side(school_database: SchoolDatabase, deployed: Deploy, raw_folder: Path):
    second = raw_folder / "second"
    second.mkdir()
    school = school_database
    with (
        deployed("uwsgi-pymysql") as one,
        deploy(
            school.experiment,
            school.experiment.configuration("gunicorn-gthread-mysqlclient"),
            database=school.database,
            snapshot=school.snapshot,
            raw=second,
            account=school.account,
        ) as other,
    ):
        assert one.url != other.url
        assert get(f"{one.url}/members/?page=1") == get(f"{other.url}/members/?page=1")
