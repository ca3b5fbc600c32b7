from dataclasses import replace
from pathlib import Path

import pytest

from badgateway.errors import DeploymentError
from badgateway.model.experiment import Database
from badgateway.stack import mariadb
from badgateway.stack.mariadb import RunningDatabase, bootstrap_sql, render, run_mariadb

TEMPLATE = (Path(__file__).parents[2] / "servers" / "mariadb.cnf").read_text()
DATABASE = RunningDatabase(
    folder=Path("/tmp/t"),
    account=None,
    host="127.0.0.1",
    port=3307,
    socket=Path("/tmp/t/mariadb.sock"),
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


def test_the_password_is_not_printed_with_the_database():
    assert "hush" not in repr(DATABASE)
    assert "3308" in repr(replace(DATABASE, port=3308))


def test_every_path_of_the_server_is_in_its_folder_and_only_this_machine_may_connect():
    text = render(TEMPLATE, Database(max_connections=77), folder=Path("/tmp/t"), port=3307)
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


def test_root_may_enter_through_the_socket_only_and_the_site_has_its_own_database_only():
    statements = bootstrap_sql("CREATE TABLE t (i int);\n", "hush").splitlines()

    # The bootstrap reads one statement a line.
    assert all(line.endswith(";") for line in statements if line)
    assert "SET @auth_root_socket = 'root';" in statements[: statements.index("CREATE TABLE t (i int);")]
    assert {line.split(" ON ")[1].split(" TO ")[0] for line in statements if line.startswith("GRANT")} == {
        "site.*",
        "mysql.innodb_index_stats",
    }


@pytest.mark.parametrize("layout", ["share/mysql/mysql_", "share/mariadb/mariadb_"])
def test_the_system_tables_are_found_in_the_servers_own_prefix(layout, tmp_path):
    program = tmp_path / "sbin" / "mariadbd"
    for name in ("system_tables", "system_tables_data"):
        file = tmp_path / f"{layout}{name}.sql"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{name};\n")

    assert mariadb._system_tables(program) == "system_tables;\nsystem_tables_data;\n"


def test_a_server_without_its_system_tables_is_refused_with_where_they_were_looked_for(tmp_path):
    with pytest.raises(DeploymentError, match=rf"no mysql_system_tables.sql in {tmp_path}/share/mysql"):
        mariadb._system_tables(tmp_path / "sbin" / "mariadbd")


def test_a_machine_without_mariadb_is_told_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setattr(mariadb, "PROGRAMS", ("no-such-database",))

    with (
        pytest.raises(DeploymentError, match="no-such-database not found in PATH; install it"),
        run_mariadb(Database(), TEMPLATE, folder=tmp_path, account=None),
    ):
        pass
