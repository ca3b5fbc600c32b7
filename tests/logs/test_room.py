"""What logs tell of failures takes so much memory and no more: the rest goes to the disk, and away at the end."""

import tempfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from badgateway.analysis import explanation
from badgateway.analysis.explanation import explain
from badgateway.errors import RawDataError
from badgateway.logs import Source, reading
from badgateway.logs.reading import evidence_database
from badgateway.model import in_memory
from badgateway.model.explanation import Explanation

FAILURES = 12_000
_LIMIT = "16MB"
"""Less than the lines of these failures take."""


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Failures whose lines have nothing in common, so that packed they take as much."""
    path = tmp_path_factory.mktemp("room") / "access.log"
    path.write_text("".join(map(failure, range(FAILURES))))
    return path


def failure(number: int) -> str:
    unlike = "".join(f"{(number * 2_654_435_761 + part * 40_503) % 2**32:08x}" for part in range(60))
    return (
        f"10.0.0.1 - - [21/Nov/2026:12:{number // 60 % 60:02d}:{number % 60:02d} +0000] "
        f'"GET /members/{number % 50}/ HTTP/1.1" 502 157 "{unlike}" "curl"\n'
    )


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def explained(log: Path) -> Explanation:
    return explain([Source(name=log.name, content=log)])


def little(**more: str) -> Callable[..., duckdb.DuckDBPyConnection]:
    return lambda config=None: in_memory.row_database({"memory_limit": _LIMIT, **more, **(config or {})})


def spilled_bytes(connection: duckdb.DuckDBPyConnection) -> int:
    ((used,),) = connection.execute("SELECT sum(temporary_storage_bytes)::BIGINT FROM duckdb_memory()").fetchall()
    return int(used)


@pytest.mark.parametrize("are_small", [True, False])
def test_evidence_takes_no_more_memory_than_the_rows_of_a_trial(are_small):
    asked = "SELECT current_setting('memory_limit')"
    with evidence_database(are_small=are_small) as logs, in_memory.row_database() as trial:
        assert logs.execute(asked).fetchall() == trial.execute(asked).fetchall()


def test_what_does_not_fit_into_memory_is_told_the_same_and_goes_from_the_disk(log, scratch, monkeypatch):
    def remarks(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
        assert spilled_bytes(connection) > 0
        return ()

    whole = explained(log)
    monkeypatch.setattr(reading, "row_database", little())
    monkeypatch.setattr(explanation, "remarks", remarks)

    assert explained(log) == whole
    assert list(scratch.iterdir()) == []


def test_nothing_is_left_on_the_disk_by_what_is_interrupted(log, scratch, monkeypatch):
    def interrupted(connection: duckdb.DuckDBPyConnection) -> None:
        assert spilled_bytes(connection) > 0
        raise KeyboardInterrupt

    monkeypatch.setattr(reading, "row_database", little())
    monkeypatch.setattr(explanation, "count_once", interrupted)
    with pytest.raises(KeyboardInterrupt):
        explained(log)

    assert list(scratch.iterdir()) == []


def test_a_disk_without_room_is_told_of(log, scratch, monkeypatch):
    (scratch / "full").touch()
    monkeypatch.setattr(reading, "row_database", little(temp_directory=str(scratch / "full" / "spilled")))
    with pytest.raises(RawDataError, match="set TMPDIR to one that has more"):
        explained(log)
