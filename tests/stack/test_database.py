import os
import signal
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from badgateway.databases import mariadb, none, sqlite
from badgateway.errors import DeploymentError
from badgateway.process.child import Command
from badgateway.stack import database as room
from badgateway.stack.database import RunningDatabase, render, run_database
from tests.declared import experiment
from tests.process.test_child import is_gone

TEMPLATE = (Path(__file__).parents[2] / "servers" / "mariadb.cnf").read_text()
DATABASE = RunningDatabase(
    system=mariadb.DATABASE,
    folder=Path("/tmp/t"),
    account=None,
    host="127.0.0.1",
    port=3307,
    name="site",
    user="site",
    password="hush",
    pid=1,
)


def test_an_application_finds_its_database_through_tcp():
    assert DATABASE.environment("pymysql", 60) == {
        "DB_DRIVER": "pymysql",
        "DB_HOST": "127.0.0.1",
        "DB_PORT": "3307",
        "DB_NAME": "site",
        "DB_USER": "site",
        "DB_PASSWORD": "hush",
        "DB_CONN_MAX_AGE_S": "60",
        "DB_POOL_SIZE": "0",
        "DB_TLS": "0",
    }


def test_an_application_is_told_of_its_pool_and_of_tls():
    environment = DATABASE.environment("pymysql", 0, pool=8, tls=True)

    assert (environment["DB_POOL_SIZE"], environment["DB_TLS"]) == ("8", "1")


def test_an_application_finds_a_file_by_its_path():
    file = RunningDatabase(
        system=sqlite.DATABASE, folder=Path("/tmp/t"), account=None, name="/tmp/t/written/site.sqlite3"
    )

    assert file.environment("sqlite3", 0)["DB_NAME"] == "/tmp/t/written/site.sqlite3"
    assert file.environment("sqlite3", 0)["DB_HOST"] == file.environment("sqlite3", 0)["DB_PORT"] == ""
    assert file.filled({"URL": "${database.url}", "NAME": "${database.name}"}) == {
        "URL": "sqlite:////tmp/t/written/site.sqlite3",
        "NAME": "/tmp/t/written/site.sqlite3",
    }


def test_where_there_is_no_database_nothing_leads_to_one():
    nothing = RunningDatabase(system=none.DATABASE, folder=Path("/tmp/t"), account=None)

    assert nothing.filled({"URL": "${database.url}"}) == {"URL": ""}


@pytest.mark.parametrize(("system", "name"), [("sqlite", "site.sqlite3"), ("none", "")])
def test_what_has_no_server_gets_a_folder_and_starts_nothing(system, name, tmp_path):
    declared = experiment(database={"system": system})
    with run_database(declared, "", folder=tmp_path, account=None) as database:
        assert database.pid is None
        assert database.written.is_dir()
        assert database.name == (str(database.written / name) if name else "")


def test_the_password_is_not_printed_with_the_database():
    assert "hush" not in repr(DATABASE)
    assert "3308" in repr(replace(DATABASE, port=3308))


def test_every_path_of_the_server_is_in_its_folder_and_only_this_machine_may_connect():
    text = render(mariadb.DATABASE, TEMPLATE, max_connections=77, folder=Path("/tmp/t"), port=3307)
    settings = dict(line.split(" = ") for line in text.splitlines() if " = " in line)

    assert {settings[name] for name in ("datadir", "tmpdir", "socket", "pid-file")} == {
        "/tmp/t/data",
        "/tmp/t/tmp",
        "/tmp/t/mariadb.sock",
        "/tmp/t/mariadb.pid",
    }
    assert settings["bind-address"] == "127.0.0.1"
    assert settings["port"] == "3307"
    assert settings["max_connections"] == "77"


def test_a_machine_without_the_database_is_told_what_to_install(monkeypatch, tmp_path):
    absent = replace(mariadb.DATABASE, programs=("no-such-database",))
    monkeypatch.setattr("badgateway.stack.database.database_of", lambda _: absent)

    with (
        pytest.raises(DeploymentError, match="MariaDB: program no-such-database not found in PATH; install it"),
        run_database(experiment(), TEMPLATE, folder=tmp_path, account=None),
    ):
        pass


@pytest.mark.parametrize(
    ("number", "state"), [(signal.SIGKILL, psutil.STATUS_ZOMBIE), (signal.SIGSTOP, psutil.STATUS_STOPPED)]
)
def test_who_takes_its_guardian_away_spoils_nothing_that_was_measured(number, state, tmp_path):
    program = (sys.executable, "-c", "import time; time.sleep(60)")
    command = Command(name="piece", argv=program, environment={}, directory=tmp_path, log=tmp_path / "log")

    with room._serving(command, mariadb.DATABASE) as server:
        os.kill(server._keeper.pid, number)
        while psutil.Process(server._keeper.pid).status() != state:
            time.sleep(0.01)

    assert is_gone(server.pid)
