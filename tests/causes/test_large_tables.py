"""What is packed, piece by piece, tells the same as what is not."""

from pathlib import Path

import duckdb
import pytest

from badgateway.analysis.explanation import explain
from badgateway.causes import large_tables
from badgateway.causes.failures import prepare_failures
from badgateway.causes.large_tables import LargeTables, Numbers
from badgateway.causes.proxy_lines import prepare_proxy_lines
from badgateway.logs import Source
from tests.causes.evidence import Evidence

CASES = Path(__file__).parents[1] / "logs" / "cases"
NOT_LOGS = frozenset({"truth.md", "expected.json"})
SEVERAL = (
    "41-queue-full-but-workers-hang",
    "08b-ipv6-localhost-error-log-only",
    "27-rate-limited",
    "45-mod-wsgi-backlog",
)
"""Lines beside an access log and alone, and lines of Apache."""


def explained(case):
    logs = sorted(file for file in (CASES / case).iterdir() if file.name not in NOT_LOGS)
    return explain([Source(name=file.name, content=file) for file in logs])


def memory_of(*, packs):
    with duckdb.connect() as connection:
        connection.execute("ATTACH ':memory:' AS packed (COMPRESS); USE packed")
        tables = LargeTables.of(connection, packs=packs, rows=large_tables._FROM_ROWS + 1)
        tables.make("alike", "SELECT 'the same text of each row' AS text FROM range(200_000)")
        ((used,),) = connection.execute("SELECT sum(memory_usage_bytes)::BIGINT FROM duckdb_memory()").fetchall()
    return used


@pytest.mark.parametrize("case", SEVERAL)
def test_a_diagnosis_of_many_rows_is_that_of_few(case, monkeypatch):
    few = explained(case)
    monkeypatch.setattr(large_tables, "_FROM_ROWS", 0)
    monkeypatch.setattr(large_tables, "_PIECE_ROWS", 2)

    assert few.diagnosis.failures > 0
    assert explained(case) == few


def test_rows_that_are_alike_take_a_tenth_of_the_memory_when_packed():
    assert 10 * memory_of(packs=True) < memory_of(packs=False)


@pytest.mark.parametrize("numbers", [range(10), range(7, 1000, 99), [5], [3, 4, 900]])
def test_pieces_are_each_row_once(numbers, monkeypatch):
    monkeypatch.setattr(large_tables, "_FROM_ROWS", 0)
    monkeypatch.setattr(large_tables, "_PIECE_ROWS", 3)
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE source AS SELECT unnest(?) AS number", [list(numbers)])
        tables = LargeTables.of(connection, packs=True, rows=10)
        known = Numbers(first=min(numbers), last=max(numbers), rows=len(numbers))
        tables.make("copy", "SELECT number FROM source WHERE {piece}", by="number", numbers=known)

        assert connection.execute("FROM copy").fetchall() == [(number,) for number in numbers]


@pytest.mark.parametrize(
    ("ats", "ids"),
    [
        ((1, 2, 2, 5), [(10, 10), (20, 20), (30, 30), (40, 40)]),
        ((1, 3, 2), [(1, 10), (2, 30), (3, 20)]),
        ((1, None, 2), [(1, 10), (2, 30), (3, 20)]),
    ],
)
def test_many_failures_have_the_ids_that_they_had_where_they_are_in_order(ats, ids):
    evidence = Evidence()
    for number, at in enumerate(ats, start=1):
        evidence.failure(at=at, failure_id=10 * number)
    with evidence.database() as connection:
        tables = LargeTables.of(connection, packs=True, rows=large_tables._FROM_ROWS + 1)
        prepare_proxy_lines(tables, has_lines=False)
        prepare_failures(tables)

        assert connection.execute("SELECT id, failure_id FROM failure_rows ORDER BY id").fetchall() == ids


def test_numbers_that_are_far_apart_are_no_more_pieces_than_rows_need():
    assert len(list(Numbers(first=1, last=10**9, rows=large_tables._PIECE_ROWS + 1).pieces())) == 2
