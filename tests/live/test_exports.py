"""The exports that need more than one process: a database that is still sending, a task's worker, nginx."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from badgateway.stack.written import FOLDER, RUN_FOLDER
from experiments.workbook import WorkbookCheck
from tests.live.conftest import MEMBERS

pytestmark = pytest.mark.live

APP = Path(__file__).parents[2] / "app"
EXPORT = "/members/export.xlsx"

# Begins an export, and asks the database over another connection what it is doing; then gives the export up.
BEGIN = """
import json, time, django
django.setup()
from django.db import connection, connections
from django.test import Client

def at_work():
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM information_schema.processlist WHERE command = 'Query' "
                       "AND info LIKE 'SELECT%seq\\_%'")
        (count,) = cursor.fetchone()
    other.close()
    return count

client = Client(SERVER_NAME="127.0.0.1")
answer = client.get("/members/export.xlsx?strategy=streamed&rows=1000000")
chunks = iter(answer.streaming_content)
size = 0
while size < 100_000:
    size += len(next(chunks))
during = at_work()
start_s = time.perf_counter()
answer.close()
close_s = time.perf_counter() - start_s
deadline_s = time.perf_counter() + 10
while (after := at_work()) and time.perf_counter() < deadline_s:
    time.sleep(0.05)
print(json.dumps({"during": during, "after": after, "close_s": close_s, "healthy": client.get("/healthz").status_code}))
"""


@pytest.fixture(params=["pymysql", "mysqlclient"])
def environment(request, school_database) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("APP_", "DB_"))}
    chosen = {"DB_DRIVER": request.param, "DJANGO_SETTINGS_MODULE": "school_site.settings"}
    return {**kept, **school_database.environment, **chosen}


def run(environment: dict[str, str], *arguments: str) -> str:
    process = subprocess.run(
        [sys.executable, *arguments], cwd=APP, env=environment, capture_output=True, text=True, timeout=90, check=False
    )
    assert process.returncode == 0, process.stderr
    # An exception in a destructor is only printed.
    assert "Exception ignored" not in process.stderr
    return process.stdout


@pytest.mark.parametrize("pool_size", ["0", "2"])
def test_a_stream_has_begun_while_the_database_still_sends_and_given_up_leaves_nothing_behind(environment, pool_size):
    found = json.loads(run(environment | {"DB_POOL_SIZE": pool_size}, "-c", BEGIN))

    assert found["during"] == 1
    assert found["after"] == 0
    assert found["close_s"] < 1
    assert found["healthy"] == 200


def get(url: str) -> tuple[int, bytes, dict[str, str]]:
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return answer.status, answer.read(), {name.lower(): value for name, value in answer.headers.items()}
    except urllib.error.HTTPError as error:
        return error.code, error.read(), {}


def verdict(content: bytes, headers: dict[str, str]) -> str | None:
    check = WorkbookCheck()
    check.begin(headers)
    check.feed(content)
    return check.verdict()


@pytest.mark.parametrize("server", ["gunicorn-gthread-mysqlclient", "uwsgi-pymysql"])
def test_a_job_is_made_by_its_worker_and_sent_by_nginx(school_database, deployed, raw_folder, server):
    with deployed(server) as deployment:
        status, body, _ = get(f"{deployment.url}{EXPORT}?strategy=job")
        status_url = deployment.url + json.loads(body)["status_url"]
        home = {"HOME": str(raw_folder / FOLDER / RUN_FOLDER), "PATH": os.environ["PATH"]}
        run(home | school_database.environment, "manage.py", "db_worker", "--batch", "--no-startup-delay")
        _, state, _ = get(status_url)
        file_status, content, headers = get(f"{status_url}members.xlsx")
        past_the_site, _, _ = get(f"{deployment.url}/finished-exports/{status_url.split('/')[-2]}.xlsx")

    assert status == 202
    assert json.loads(state)["state"] == "SUCCESSFUL"
    assert (file_status, headers["x-export-rows"]) == (200, str(MEMBERS))
    assert verdict(content, headers) is None
    assert headers["content-disposition"] == 'attachment; filename="members.xlsx"'
    assert past_the_site == 404


@pytest.mark.parametrize("server", ["gunicorn-gevent-pymysql", "uwsgi-mysqlclient"])
def test_a_streamed_workbook_comes_whole_through_the_proxy(deployed, server):
    with deployed(server) as deployment:
        status, content, headers = get(f"{deployment.url}{EXPORT}?strategy=streamed&rows=5000")

    assert (status, headers["x-export-rows"]) == (200, "5000")
    assert verdict(content, headers) is None
