from badgateway.model.in_memory import NO_DELIMITER, connect


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
