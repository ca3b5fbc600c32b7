"""A database that is a file is put back as it was kept, with what a program that was killed left beside it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from badgateway.databases.sqlite import DATABASE
from badgateway.stack.database import RunningDatabase
from badgateway.stack.kept_data import keep_data, put_data_back
from badgateway.stack.statistics import renew_statistics, take_statistics


@pytest.fixture
def database(tmp_path: Path) -> RunningDatabase:
    (tmp_path / "written").mkdir()
    return RunningDatabase(
        system=DATABASE, folder=tmp_path, account=None, name=str(tmp_path / "written" / DATABASE.file)
    )


def execute(database: RunningDatabase, *statements: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database.name, isolation_level=None)) as link:
        return [row for statement in statements for row in link.execute(statement).fetchall()]


@pytest.mark.parametrize("mode", ["DELETE", "WAL"])
def test_what_a_trial_has_written_is_gone_before_the_next(database, mode):
    execute(database, f"PRAGMA journal_mode = {mode}", "CREATE TABLE notes (text)", "INSERT INTO notes VALUES ('one')")
    keep_data(database)
    for _ in range(2):
        execute(database, "INSERT INTO notes VALUES ('two')", "CREATE TABLE left_behind (id)")
        put_data_back(database)

        assert execute(database, "SELECT text FROM notes") == [("one",)]
        assert execute(database, "SELECT name FROM sqlite_master") == [("notes",)]


def test_what_a_killed_writer_left_is_not_taken_for_a_part_of_the_kept_file(database):
    execute(database, "CREATE TABLE notes (text)")
    keep_data(database)
    link = sqlite3.connect(database.name)
    link.execute("PRAGMA journal_mode = WAL")
    link.execute("INSERT INTO notes VALUES ('two')")
    link.commit()
    left = Path(f"{database.name}-wal")
    assert left.stat().st_size
    put_data_back(database)
    link.close()

    assert not left.exists()
    assert execute(database, "SELECT text FROM notes") == []


def test_a_file_that_nothing_has_filled_is_none_in_each_trial(database):
    keep_data(database)
    execute(database, "CREATE TABLE notes (text)")
    put_data_back(database)

    assert not Path(database.name).exists()


def test_nobody_is_asked_for_its_statistics(database):
    assert take_statistics(database) == {}
    assert renew_statistics(database) == ()
