import re
from pathlib import Path

import pytest

from badgateway.databases.database_system import Place
from badgateway.databases.postgresql import DATABASE
from badgateway.errors import DeploymentError
from badgateway.model.evidence import ServerEvent
from badgateway.stack.database import render

TEMPLATE = (Path(__file__).parents[2] / "servers" / "postgresql.conf").read_text()


def place(folder: Path) -> Place:
    return Place(
        program=folder / "bin" / "postgres",
        configuration=folder / "postgresql.conf",
        written=folder / "written",
        port=5433,
        name="site",
        password="hush",
    )


@pytest.fixture
def installed(tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "initdb").touch()
    return place(tmp_path)


def test_nobody_can_log_in_as_superuser_and_the_site_has_its_own_database_only(installed):
    make, fill = DATABASE.prepare(installed)

    assert "reject" in make.argv[make.argv.index("--auth-local") :][:2]
    assert make.argv[make.argv.index("--auth-host") + 1] == "scram-sha-256"
    assert fill.script.splitlines() == [
        "CREATE ROLE site LOGIN CREATEDB PASSWORD 'hush';",
        "CREATE DATABASE site OWNER site;",
    ]
    assert "exit_on_error=true" in fill.argv
    assert not any("hush" in word for step in (make, fill) for word in step.argv)


def test_a_server_without_the_program_that_makes_its_data_is_refused(tmp_path):
    with pytest.raises(DeploymentError, match=rf"PostgreSQL: no {tmp_path}/bin/initdb; install the whole server"):
        DATABASE.prepare(place(tmp_path))


def test_no_vacuum_of_its_own_changes_a_plan_in_the_middle_of_a_trial(installed):
    assert "autovacuum=off" in DATABASE.start(installed)


def test_every_path_of_the_server_is_in_its_folder_and_only_this_machine_may_connect():
    text = render(DATABASE, TEMPLATE, max_connections=77, folder=Path("/tmp/t"), port=5433)
    settings = dict(line.split(" = ") for line in text.splitlines() if " = " in line)

    assert settings["unix_socket_directories"] == "'/tmp/t'"
    assert (settings["listen_addresses"], settings["port"]) == ("'127.0.0.1'", "5433")
    assert settings["max_connections"] == "77"


@pytest.mark.parametrize(
    ("line", "event"),
    [
        (
            'OperationalError: connection to server at "10.0.0.7" failed: FATAL:  sorry, too many clients already',
            ServerEvent.DB_TOO_MANY_CONNECTIONS,
        ),
        (
            "FATAL:  remaining connection slots are reserved for non-replication superuser connections",
            ServerEvent.DB_TOO_MANY_CONNECTIONS,
        ),
        (
            "FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute",
            ServerEvent.DB_TOO_MANY_CONNECTIONS,
        ),
        ('FATAL:  too many connections for role "app"', ServerEvent.DB_TOO_MANY_CONNECTIONS),
        ("FATAL:  no more connections allowed (max_client_conn)", ServerEvent.DB_TOO_MANY_CONNECTIONS),
        ("psycopg_pool.PoolTimeout: couldn't get a connection after 2.00 sec", ServerEvent.DB_POOL_TIMEOUT),
        (
            "django.db.utils.OperationalError: couldn't get a connection after 2.00 sec",
            ServerEvent.DB_POOL_TIMEOUT,
        ),
        (
            "django.db.utils.OperationalError: terminating connection due to administrator command",
            ServerEvent.DB_CONNECTION_LOST,
        ),
        ("django.db.utils.OperationalError: the connection is closed", ServerEvent.DB_CONNECTION_LOST),
        ("django.db.utils.InterfaceError: connection already closed", ServerEvent.DB_CONNECTION_LOST),
        (
            "OperationalError: consuming input failed: server closed the connection unexpectedly",
            ServerEvent.DB_CONNECTION_LOST,
        ),
        (
            'error connecting in "pool-1": connection to server on socket "/s" failed: No such file or directory',
            ServerEvent.DB_UNREACHABLE,
        ),
        (
            'connection to server at "10.0.0.7", port 5432 failed: Connection refused',
            ServerEvent.DB_UNREACHABLE,
        ),
        (
            'connection to server at "db", port 5432 failed: FATAL:  the database system is starting up',
            ServerEvent.DB_UNREACHABLE,
        ),
        (
            'connection to server at "127.0.0.1", port 5432 failed: Cannot assign requested address',
            ServerEvent.NO_LOCAL_PORT,
        ),
        (
            'connection to server at "db" (10.0.0.7), port 5432 failed: Cannot assign requested address',
            ServerEvent.NO_LOCAL_PORT,
        ),
        ('connection to server at "localhost" (::1), port 5432 failed: Cannot assign requested address', None),
        ('could not translate host name "db" to address: Name or service not known', ServerEvent.DB_UNREACHABLE),
        (
            'connection to server at "db", port 5432 failed: FATAL:  password authentication failed',
            ServerEvent.DB_LOGIN_REFUSED,
        ),
        ('FATAL:  database "site" does not exist', ServerEvent.DB_LOGIN_REFUSED),
        ("django.db.utils.OperationalError: deadlock detected", ServerEvent.DB_LOCK_WAIT),
        ("psycopg.errors.LockNotAvailable: canceling statement due to lock timeout", ServerEvent.DB_LOCK_WAIT),
        ('psycopg.errors.UndefinedTable: relation "a" does not exist', ServerEvent.DB_SCHEMA_DIFFERS),
        ("django.db.utils.ProgrammingError: column a.b does not exist", ServerEvent.DB_SCHEMA_DIFFERS),
        ("FATAL:  database files are incompatible with server", None),
        (
            "django.db.utils.OperationalError: canceling statement due to statement timeout",
            ServerEvent.DB_STATEMENT_CANCELLED,
        ),
        ("canceling statement due to conflict with recovery", None),
    ],
)
def test_what_a_driver_says_of_its_connection_has_one_meaning(line, event):
    found = {meaning for meaning, pattern in DATABASE.error_texts if re.search(pattern, line)}

    assert found == ({event} if event else set())


def test_a_table_may_be_named_with_a_quote():
    assert DATABASE.statistics.analyze(['a"b', "c"]) == 'VACUUM (ANALYZE) "a""b", "c"'


def test_the_version_is_in_what_the_program_prints():
    printed = "postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)"

    assert DATABASE.version.findall(printed) == ["15.18"]
