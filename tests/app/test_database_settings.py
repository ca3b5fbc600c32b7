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


def settings_with(**variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DB_")}
    return subprocess.run(
        [sys.executable, "-c", SHOW], env=kept | variables, cwd=APP, capture_output=True, text=True, check=False
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
