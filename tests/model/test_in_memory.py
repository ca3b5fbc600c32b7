from badgateway.model.in_memory import NO_DELIMITER, connect, own_database, row_database, small_database


def test_nothing_is_printed_however_long_a_query_takes():
    with connect() as connection:
        ((is_shown,),) = connection.execute("SELECT current_setting('enable_progress_bar')").fetchall()

    assert is_shown is False


def test_settings_are_taken_over():
    with connect({"memory_limit": "500MB"}) as connection:
        ((limit,),) = connection.execute("SELECT current_setting('memory_limit')").fetchall()

    assert limit == "476.8 MiB"


def test_a_whole_line_is_one_column_whatever_is_in_it(tmp_path):
    lines = ['a,b;"c\td', "'{\"x\": 1}' | \\ \x1f", "\x01\x02"]
    file = tmp_path / "lines.log"
    file.write_text("\n".join(lines) + "\n")
    with connect() as connection:
        rows = connection.read_csv(
            str(file),
            columns={"line": "VARCHAR"},
            header=False,
            auto_detect=False,
            delimiter=NO_DELIMITER,
            quotechar="",
            escapechar="",
        ).fetchall()

    assert rows == [(line,) for line in lines]


def test_a_database_of_its_own_is_empty_and_goes_with_its_block():
    with connect() as databases:
        for number in (1, 2):
            with own_database(databases) as connection:
                assert connection.execute("SELECT count(*) FROM duckdb_tables()").fetchall() == [(0,)]
                connection.execute(f"CREATE TABLE rows AS SELECT {number} AS n")
                connection.execute("CREATE TEMP TABLE more AS SELECT 1 AS n")
                assert connection.execute("FROM rows").fetchall() == [(number,)]
        left = databases.execute("SELECT count(*) FROM duckdb_databases() WHERE NOT internal").fetchall()

    assert left == [(1,)]


def test_rows_that_do_not_fit_into_memory_go_to_disk():
    with row_database() as connection:
        connection.execute("SET memory_limit = '30MB'")
        connection.execute("CREATE TABLE rows AS SELECT i, md5(i::VARCHAR) AS text FROM range(1_000_000) AS numbers(i)")

        assert connection.execute("SELECT count(DISTINCT text) > 999_000 FROM rows").fetchall() == [(True,)]


def test_small_databases_are_apart_also_one_inside_another():
    with small_database() as one:
        one.execute("CREATE TABLE rows AS SELECT 1 AS n")
        with small_database() as other:
            assert other.execute("SHOW TABLES").fetchall() == []
        assert one.execute("FROM rows").fetchall() == [(1,)]
    with small_database() as connection:
        assert connection.execute("SHOW TABLES").fetchall() == []
