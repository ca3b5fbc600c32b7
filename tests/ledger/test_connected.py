"""A site that shows no settings has to be seen on the run's database."""

from pathlib import Path

import pytest

from badgateway.ledger.connected import never_connected

HEAD = "time_s,series,value,limit_value\n"
DJANGO = "setting,1.0,1,0,0,,0,0,0,engine%3Ddjango.db.backends.mysql\n"


def raw(folder: Path, *values: tuple[str, str], journal: str = "", times: int = 4) -> Path:
    rows = "".join(f"{look}.0,{series},{value},\n" for look in range(times) for series, value in values)
    (folder / "samples.csv").write_text(HEAD + rows)
    (folder / "app-journal.csv").write_text(journal)
    return folder


NONE = (("db_connections", "0"), ("db_connects", "0"))


def test_one_that_nobody_saw_there_used_something_else(tmp_path):
    assert never_connected(raw(tmp_path, *NONE, ("accept_queue", "3")))


@pytest.mark.parametrize(
    "values", [(("db_connections", "1"), ("db_connects", "0")), (("db_connections", "0"), ("db_connects", "7"))]
)
def test_one_that_held_or_made_a_connection_did_not(tmp_path, values):
    assert not never_connected(raw(tmp_path, *values))


def test_without_looks_nothing_is_told(tmp_path):
    assert not never_connected(tmp_path)
    assert not never_connected(raw(tmp_path, *NONE, times=1))
    assert not never_connected(raw(tmp_path, ("db_connections", ""), ("db_connects", "")))


def test_one_with_settings_may_ask_its_database_nothing(tmp_path):
    assert not never_connected(raw(tmp_path, *NONE, journal=DJANGO))
