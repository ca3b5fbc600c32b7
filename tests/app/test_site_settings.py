import functools
import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.app.conftest import APP

SHOW = """
import json, sys, django
from django.conf import settings
django.setup()
from django.db import connection
connection.Database
shown = ("DATABASES", "ALLOWED_HOSTS", "MEMBERS", "SECRET_KEY", "EXPORT_STRATEGY", "MIDDLEWARE")
drivers = [name for name in ("pymysql", "MySQLdb._mysql") if name in sys.modules]
print(json.dumps({name: getattr(settings, name) for name in shown} | {"drivers": drivers}))
"""


def start(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("APP_", "DB_"))}
    return subprocess.run(
        [sys.executable, *arguments],
        env=kept | {"DJANGO_SETTINGS_MODULE": "school_site.settings"} | variables,
        cwd=APP,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


# A process each, so the tests share what they may.
EVERYTHING = {
    "DB_HOST": "/run/db.sock",
    "DB_PORT": "3307",
    "DB_NAME": "n",
    "DB_USER": "u",
    "DB_PASSWORD": "p",
    "DB_CONN_MAX_AGE_S": "60",
    "APP_SECRET_KEY": "k",
    "APP_ALLOWED_HOSTS": "a.example, b.example",
    "APP_MEMBERS": "7",
    "APP_EXPORT_STRATEGY": "streamed",
}
LOCALHOST = {"DB_HOST": "localhost", "APP_SECRET_KEY": ""}


@functools.cache
def settings_with(**variables: str) -> dict[str, Any]:
    process = start("-c", SHOW, **variables)
    assert process.returncode == 0, process.stderr
    site: dict[str, Any] = json.loads(process.stdout)
    return site


@pytest.mark.parametrize(
    ("variable", "value", "allowed"),
    [
        ("DB_DRIVER", "oracledb", "pymysql, mysqlclient, psycopg, psycopg2, psycopg2-psycogreen"),
        ("DB_PORT", "http", "a whole number from 1 to 65535"),
        ("DB_CONN_MAX_AGE_S", "-1", "a whole number from 0 to 86400"),
        ("APP_MEMBERS", "0", "a whole number from 1 to 1000000"),
        (
            "APP_EXPORT_STRATEGY",
            "magic",
            (
                "naive_xls, paged, buffered_stream, saved_stream, naive_xlsx, naive_streamed, annotated_xls, "
                "serialized, annotated, streamed, job, csv, csv_async"
            ),
        ),
        ("APP_ALLOWED_HOSTS", " , ", "words separated by commas"),
    ],
)
def test_a_wrong_value_stops_the_start_and_names_the_variable_and_what_is_allowed(variable, value, allowed):
    process = start("-c", SHOW, **{variable: value})

    assert process.returncode == 1
    last = process.stderr.strip().splitlines()[-1]
    assert last == (
        f"django.core.exceptions.ImproperlyConfigured: {variable}={value!r} is not allowed; allowed: {allowed}"
    )


def test_a_missing_pymysql_is_said_with_the_remedy():
    process = start("-c", "import sys; sys.modules['pymysql'] = None\n" + SHOW)

    assert "DB_DRIVER='pymysql' but pymysql is not installed; pip install pymysql" in process.stderr


@pytest.mark.parametrize(("driver", "module"), [("pymysql", "pymysql"), ("mysqlclient", "MySQLdb._mysql")])
def test_only_the_driver_asked_for_is_loaded(driver, module):
    assert settings_with(DB_DRIVER=driver)["drivers"] == [module]


def test_only_pymysql_is_told_to_leave_out_tls():
    def options(driver: str) -> object:
        return settings_with(DB_DRIVER=driver)["DATABASES"]["default"]["OPTIONS"]

    shared = {"charset": "utf8mb4", "isolation_level": "read committed"}
    assert options("mysqlclient") == shared
    assert options("pymysql") == shared | {"ssl_disabled": True}


def test_the_database_is_that_of_the_environment():
    database = settings_with(**EVERYTHING)["DATABASES"]["default"]

    assert [database[key] for key in ("HOST", "PORT", "NAME", "USER", "PASSWORD", "CONN_MAX_AGE")] == [
        "/run/db.sock", 3307, "n", "u", "p", 60,
    ]  # fmt: skip


def test_localhost_is_the_same_server_for_both_drivers():
    assert settings_with(**LOCALHOST)["DATABASES"]["default"]["HOST"] == "127.0.0.1"


def test_without_variables_there_are_4300_members_loopback_hosts_and_a_fresh_key():
    first, second = settings_with(), settings_with(**LOCALHOST)

    assert first["MEMBERS"] == 4300
    assert first["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]
    assert first["EXPORT_STRATEGY"] == "annotated"
    assert len(first["SECRET_KEY"]) == 50
    assert first["SECRET_KEY"] != second["SECRET_KEY"]


def test_the_applications_own_settings_come_from_the_environment():
    site = settings_with(**EVERYTHING)

    assert (site["SECRET_KEY"], site["MEMBERS"], site["EXPORT_STRATEGY"]) == ("k", 7, "streamed")
    assert site["ALLOWED_HOSTS"] == ["a.example", "b.example"]


def test_an_error_is_logged_with_its_cause_and_its_request():
    # No database listens on port 1.
    code = (
        "from django.core.wsgi import get_wsgi_application as get\n"
        "application = get(); from django.test import Client\n"
        "client = Client(SERVER_NAME='127.0.0.1', raise_request_exception=False)\n"
        "print(client.get('/healthz', headers={'X-Request-ID': 'r1'}).status_code)\n"
    )

    process = start("-c", code, DB_PORT="1")

    assert process.stdout.strip() == "500"
    assert "[ERROR] django.request request=r1 Internal Server Error: /healthz" in process.stderr
    assert "OperationalError: (2003" in process.stderr


@pytest.mark.parametrize("command", ["prepare", "restore"])
def test_a_command_without_its_database_fails_in_one_line_that_says_where_it_looked(command):
    process = start("manage.py", command, DB_PORT="1", DB_NAME="n", DB_USER="u")

    assert process.returncode == 1
    assert process.stderr.startswith("CommandError: the database n at 127.0.0.1, port 1, cannot be used as u: (2003, ")
    assert process.stderr.strip().endswith("; check that it runs, and the variables DB_*")
    assert process.stderr.count("\n") == 1


def test_middleware_comes_in_django_s_order_whatever_the_order_of_its_words():
    site = settings_with(APP_MIDDLEWARE="conditional-get, gzip")

    assert [path.rpartition(".")[2] for path in site["MIDDLEWARE"]] == [
        *("GZipMiddleware", "ConditionalGetMiddleware", "CommonMiddleware"),
    ]
    assert settings_with()["MIDDLEWARE"] == ["django.middleware.common.CommonMiddleware"]


def test_middleware_that_there_is_not_is_refused_with_what_there_is():
    process = start("-c", SHOW, APP_MIDDLEWARE="magic")

    assert "APP_MIDDLEWARE='magic' is not allowed; allowed: gzip, conditional-get" in process.stderr
