import json
import os
import subprocess
import sys

import pytest

from tests.app.conftest import APP

SHOW = """
import json
from school_site import database
print(json.dumps(database.connection_settings()))
"""
WHICH = """
from school_site import database
database.connection_settings()
from django.db.backends.postgresql.psycopg_any import is_psycopg3
from psycopg2 import extensions
print(is_psycopg3, extensions.get_wait_callback() is not None)
"""


def settings_with(code: str = SHOW, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DB_")}
    return subprocess.run(
        [sys.executable, "-c", code], env=kept | variables, cwd=APP, capture_output=True, text=True, check=False
    )


def shown(**variables: str) -> dict[str, object]:
    process = settings_with(**variables)
    assert process.returncode == 0, process.stderr
    found: dict[str, object] = json.loads(process.stdout)
    return found


def test_without_a_size_there_is_no_pool():
    site = shown()

    assert site["ENGINE"] == "django.db.backends.mysql"
    assert "POOL_OPTIONS" not in site


@pytest.mark.parametrize("driver", ["pymysql", "mysqlclient"])
def test_a_pool_has_the_size_and_never_more(driver):
    site = shown(DB_DRIVER=driver, DB_POOL_SIZE="8")

    assert site["ENGINE"] == "dj_db_conn_pool.backends.mysql"
    assert site["POOL_OPTIONS"] == {
        "POOL_SIZE": 8,
        "MAX_OVERFLOW": 0,
        "TIMEOUT": 2,
        "RECYCLE": 600,
        "PRE_PING": True,
    }


def test_pymysql_makes_its_tls_context_only_when_asked():
    with_tls, without = shown(DB_TLS="1")["OPTIONS"], shown()["OPTIONS"]

    assert isinstance(with_tls, dict)
    assert isinstance(without, dict)
    assert "ssl_disabled" not in with_tls
    assert without["ssl_disabled"] is True


@pytest.mark.parametrize(
    ("variable", "value", "allowed"),
    [("DB_POOL_SIZE", "-1", "a whole number from 0 to 1000"), ("DB_TLS", "yes", "0, 1")],
)
def test_a_wrong_value_names_its_variable_and_what_is_allowed(variable, value, allowed):
    last = settings_with(**{variable: value}).stderr.strip().splitlines()[-1]

    assert last.endswith(f"{variable}={value!r} is not allowed; allowed: {allowed}")


def test_psycopg_3_has_djangos_own_pool_of_the_size_and_never_more():
    site = shown(DB_DRIVER="psycopg", DB_POOL_SIZE="8")

    assert site["ENGINE"] == "django.db.backends.postgresql"
    assert site["PORT"] == 5432
    assert site["CONN_HEALTH_CHECKS"] is True
    assert site["OPTIONS"] == {"sslmode": "disable", "pool": {"min_size": 8, "max_size": 8, "timeout": 2}}


def test_psycopg2_has_no_pool_and_says_so():
    last = settings_with(DB_DRIVER="psycopg2", DB_POOL_SIZE="8").stderr.strip().splitlines()[-1]

    assert last.endswith("DB_POOL_SIZE: Django's pool takes psycopg 3 alone; set it to 0")


@pytest.mark.parametrize(
    ("driver", "is_psycopg_3", "yields"),
    [("psycopg", True, False), ("psycopg2", False, False), ("psycopg2-psycogreen", False, True)],
)
def test_django_takes_the_driver_that_was_asked_for(driver, is_psycopg_3, yields):
    process = settings_with(WHICH, DB_DRIVER=driver)

    assert process.stdout.split() == [str(is_psycopg_3), str(yields)], process.stderr
