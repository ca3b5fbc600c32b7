import pytest

from badgateway.databases import mariadb
from badgateway.databases.mariadb import DATABASE, bootstrap_sql
from badgateway.errors import DeploymentError


def test_root_may_enter_through_the_socket_only_and_the_site_has_its_own_databases_only():
    statements = bootstrap_sql("CREATE TABLE t (i int);\n", "site", "hush").splitlines()

    # The bootstrap reads one statement a line.
    assert all(line.endswith(";") for line in statements if line)
    assert "SET @auth_root_socket = 'root';" in statements[: statements.index("CREATE TABLE t (i int);")]
    assert {line.split(" ON ")[1].split(" TO ")[0] for line in statements if line.startswith("GRANT")} == {
        "site.*",
        "mysql.innodb_index_stats",
        # What the kit keeps the data in, to put them back.
        "`site\\_kept`.*",
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


def test_a_table_that_cannot_be_counted_is_told_by_the_rows_of_a_statement_that_succeeds():
    rows = [("site.a", "analyze", "status", "OK"), ("site.b", "analyze", "Error", "Table is crashed")]

    assert DATABASE.statistics.fault(rows) == "ANALYZE TABLE site.b: Table is crashed"
    assert DATABASE.statistics.fault(rows[:1]) == ""


def test_a_table_may_be_named_with_a_quote():
    assert DATABASE.statistics.analyze(["a`b", "c"]).endswith("TABLE `a``b`, `c`")
