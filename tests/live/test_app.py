"""The application under test on a real MariaDB, with each of the two drivers."""

import base64
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pymysql
import pytest
import xlrd
from openpyxl.utils.datetime import to_excel

pytestmark = pytest.mark.live

APP = Path(__file__).parents[2] / "app"
# For 250 rows of 200 members: one that counts them, two for them, for they come twice, and one a row.
NAIVE_QUERIES = 1 + 2 + 250
EXPORT = "/members/export.xlsx"
MODULES = {"pymysql": "pymysql", "mysqlclient": "MySQLdb._mysql"}

# Asks the site what each line of stdin has, in one process with one driver, and writes down what came back: to start
# Django takes longer than to answer.
ASK = """
import base64, json, sys, time, django
django.setup()
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
client = Client(SERVER_NAME="127.0.0.1")

def answer_to(method, path, body):
    with CaptureQueriesContext(connection) as queries:
        start_s = time.perf_counter()
        answer = client.generic(method, path, body, content_type="application/json")
        whole = answer.getvalue()
        took_s = time.perf_counter() - start_s
    answer.close()
    content = base64.b64encode(whole).decode()
    return {"status": answer.status_code, "queries": len(queries), "took_s": took_s, "content": content,
            "headers": dict(answer.headers)}

for line in sys.stdin:
    answers = [answer_to(*request) for request in json.loads(line)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT @@tx_isolation, @@character_set_connection")
        session = cursor.fetchone()
        cursor.execute("SHOW STATUS LIKE 'Ssl_cipher'")
        cipher = cursor.fetchone()[1]
    drivers = [name for name in ("pymysql", "MySQLdb._mysql") if name in sys.modules]
    print(json.dumps({"answers": answers, "drivers": drivers, "session": session, "cipher": cipher}), flush=True)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the site answered, and the number of queries and the time it took."""

    status: int
    queries: int
    took_s: float
    content: bytes
    headers: dict[str, str]

    def json(self) -> Any:
        return json.loads(self.content)

    def rows(self) -> list[tuple[object, ...]]:
        """Read a workbook of either kind; days as they are numbered in it."""
        if self.headers["Content-Type"] == "application/vnd.ms-excel":
            sheet = xlrd.open_workbook(file_contents=self.content)["Members"]
            return [
                tuple(None if value == "" else value for value in sheet.row_values(row)) for row in range(sheet.nrows)
            ]
        cells = openpyxl.load_workbook(io.BytesIO(self.content))["Members"].iter_rows(values_only=True)
        return [tuple(to_excel(cell) if isinstance(cell, datetime) else cell for cell in row) for row in cells]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """The site with one driver on the one database."""

    environment: dict[str, str]
    asked: subprocess.Popen[str]

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=APP,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def manage(self, command: str) -> str:
        process = self.run("manage.py", command)
        assert process.returncode == 0, process.stderr
        return process.stdout.strip()

    def observe(self, *requests: tuple[str, str, str]) -> dict[str, Any]:
        assert self.asked.stdin is not None
        assert self.asked.stdout is not None
        print(json.dumps(requests), file=self.asked.stdin, flush=True)
        observed: dict[str, Any] = json.loads(self.asked.stdout.readline())
        return observed

    def ask(self, *requests: tuple[str, str, str]) -> list[Answer]:
        answers = self.observe(*requests)["answers"]
        return [Answer(**answer | {"content": base64.b64decode(answer["content"])}) for answer in answers]

    def get(self, *paths: str) -> list[Answer]:
        return self.ask(*(("GET", path, "") for path in paths))

    def sql(self, statement: str) -> tuple[tuple[Any, ...], ...]:
        return rows_of(self.environment, statement)


def rows_of(environment: dict[str, str], statement: str) -> tuple[tuple[Any, ...], ...]:
    """Ask the database past the site."""
    host, port = environment.get("DB_HOST", "127.0.0.1"), int(environment.get("DB_PORT", "3306"))
    place: dict[str, Any] = {"unix_socket": host} if host.startswith("/") else {"host": host, "port": port}
    connection = pymysql.connect(
        **place,
        user=environment["DB_USER"],
        password=environment["DB_PASSWORD"],
        database=environment["DB_NAME"],
        autocommit=True,
        ssl_disabled=True,
    )
    with connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return tuple(cursor.fetchall())


@pytest.fixture(scope="module", params=sorted(MODULES))
def site(request, school_database) -> Iterator[Site]:
    """Give the site with each driver in turn."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("APP_", "DB_"))}
    chosen = {"DB_DRIVER": request.param, "DJANGO_SETTINGS_MODULE": "school_site.settings"}
    environment = kept | school_database.environment | chosen
    environment["APP_MEMBERS"] = str(rows_of(environment, "SELECT members FROM school_loadeddataset")[0][0])
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", ASK], cwd=APP, env=environment, stdin=pipe, stdout=pipe, text=True
    ) as asked:
        yield Site(environment=environment, asked=asked)


@pytest.fixture
def writable(site) -> Iterator[Site]:
    """Give the site to a test that writes; leave the data as it was loaded, whatever the test did."""
    yield site
    site.manage("prepare")


def score(path: str, **changes: object) -> tuple[str, str, str]:
    """Return the request that posts a score."""
    return ("POST", path, json.dumps({"course": "ALG-1", "points": 87, "taken_on": "2026-03-01"} | changes))


def loaded_rows(site: Site) -> tuple[tuple[Any, ...], ...]:
    return site.sql("SELECT COUNT(*), MAX(id), SUM(points), SUM(CRC32(CONCAT(id, taken_on))) FROM school_score")


def test_the_driver_asked_for_is_the_one_loaded_and_its_session_is_as_declared(site):
    observed = site.observe()

    assert observed["drivers"] == [MODULES[site.environment["DB_DRIVER"]]]
    assert observed["session"] == ["READ-COMMITTED", "utf8mb4"]
    assert observed["cipher"] == ""


def test_the_site_is_healthy(site):
    (answer,) = site.get("/healthz")

    assert (answer.status, answer.content, answer.queries) == (200, b"ok", 1)


def test_every_page_of_members_takes_three_queries_and_has_the_averages_of_the_database(site):
    last = site.get("/members/")[0].json()["pages"]
    pages = site.get("/members/?page=1", "/members/?page=2", f"/members/?page={last}")
    averages = dict(site.sql("SELECT member_id, AVG(points) FROM school_score GROUP BY member_id"))

    assert [page.queries for page in pages] == [3, 3, 3]
    for member in [member for page in pages for member in page.json()["members"]]:
        expected = averages.get(member["id"])
        assert member["average_points"] == (None if expected is None else float(expected))


def test_a_member_takes_two_queries(site):
    (answer,) = site.get("/members/7/")

    assert (answer.status, answer.queries) == (200, 2)
    assert len(answer.json()["scores"]) == answer.json()["score_count"]


def test_a_wait_is_one_query_that_takes_its_time_in_the_database(site):
    short, long = site.get("/wait/?db_ms=0", "/wait/?db_ms=400")

    assert (long.status, long.queries) == (200, 1)
    assert long.took_s >= 0.4
    assert short.took_s < 0.4


def test_all_exports_are_equal_cell_by_cell(site):
    names = ("annotated", "streamed", "naive_xls", "paged", "buffered_stream")
    answers = dict(zip(names, site.get(*(f"{EXPORT}?rows=250&strategy={name}" for name in names)), strict=True))
    tables = {name: answer.rows() for name, answer in answers.items()}

    assert len(tables["annotated"]) == 251
    assert all(table == tables["annotated"] for table in tables.values())
    assert {name: answer.queries for name, answer in answers.items() if name != "streamed"} == {
        # The number of members, the members, and the members again.
        "annotated": 3,
        "naive_xls": NAIVE_QUERIES,
        "paged": NAIVE_QUERIES,
        "buffered_stream": NAIVE_QUERIES,
    }
    assert {answer.headers["X-Export-Rows"] for answer in answers.values()} == {"250"}


@pytest.mark.parametrize("name", ["naive_xls", "annotated", "streamed"])
def test_an_export_has_all_members_with_the_averages_of_the_database(site, name):
    (answer,) = site.get(f"{EXPORT}?strategy={name}")
    titles, *rows = answer.rows()
    averages = site.sql(
        "SELECT m.number, AVG(s.points) FROM school_member m LEFT JOIN school_score s ON s.member_id = m.id "
        "GROUP BY m.id, m.number ORDER BY m.id"
    )

    number, average = titles.index("Number"), titles.index("Average points")
    expected = [(member, None if value is None else float(value)) for member, value in averages]
    assert [(row[number], row[average]) for row in rows] == expected
    assert answer.headers["X-Export-Rows"] == str(len(rows))
    assert answer.headers.get("Content-Length", str(len(answer.content))) == str(len(answer.content))


def test_a_wrong_request_is_answered_with_its_reason(site):
    expected = {
        "/members/?page=0": 400,
        "/members/?page=abc": 400,
        "/members/?page=999999": 404,
        "/members/999999999/": 404,
        "/members/99999999999999999999999/": 404,
        "/wait/?db_ms=60001": 400,
        "/members/export.xlsx?rows=-1": 400,
        "/members/export.xlsx?rows=abc": 400,
        "/members/export.xlsx?strategy=paged&page=0": 400,
        "/members/export.xlsx?strategy=naive_xls&rows=70000": 400,
        "/members/export.xlsx?rows=1000000000": 400,
        "/members/export.xlsx?strategy=magic": 400,
    }

    answers = dict(zip(expected, site.get(*expected), strict=True))

    assert {path: answer.status for path, answer in answers.items()} == expected
    assert all(answer.json()["error"] for answer in answers.values())


def test_a_score_in_no_known_course_is_a_bad_request(site):
    courses = ("ALG-9", "\ud800", "\x00", "☃" * 5000)

    answers = site.ask(*(score("/members/7/scores/", course=course) for course in courses))

    assert [answer.status for answer in answers] == [400] * len(courses)
    assert all("course: " in answer.json()["error"] for answer in answers)


def test_a_score_is_written_and_restore_takes_exactly_it_back(writable):
    before = loaded_rows(writable)

    (answer,) = writable.ask(score("/members/7/scores/"))

    assert answer.status == 201
    written = writable.sql(f"SELECT member_id, points FROM school_score WHERE id = {answer.json()['id']}")
    assert written == ((7, 87),)
    assert writable.manage("restore") == "restored: 1 rows taken back"
    assert loaded_rows(writable) == before


def test_restore_fails_when_loaded_rows_are_gone_and_prepare_loads_the_same_again(writable):
    before = loaded_rows(writable)
    assert writable.manage("prepare").startswith("reused: ")
    writable.sql("DELETE FROM school_score WHERE id = 3")

    process = writable.run("manage.py", "restore")

    assert process.returncode == 1
    assert "scores, loaded were" in process.stderr
    assert process.stderr.strip().endswith("run: manage.py prepare")
    assert writable.manage("prepare").startswith("loaded: ")
    assert loaded_rows(writable) == before
