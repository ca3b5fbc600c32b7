"""Stock request lines are taken apart at fixed texts: as the patterns for all other lines would."""

import random
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from badgateway.logs.scanning import request_projections
from badgateway.servers import uwsgi
from tests.logs.test_fuzz import mutated

GOLDEN = Path(__file__).parents[1] / "logs" / "golden"
MUTATED = 5_000
STOCK = (
    "[pid: 8|app: 0|req: 1/2] 10.0.0.7 () {44 vars in 712 bytes} [Sat Nov 21 12:00:00 2026] GET /x?y=1 => generated "
    "5 bytes in 60 msecs (HTTP/1.1 502) 5 headers in 182 bytes (1 switches on core 0)"
)


def read(lines: list[str], *, with_patterns: bool) -> list[tuple[object, ...]]:
    line_format = uwsgi.LOG.requests
    assert line_format is not None
    if with_patterns:
        never = tuple(columns.replace("begins AND ", "FALSE AND ") for columns in line_format.pieces)
        assert never != line_format.pieces
        line_format = replace(line_format, pieces=never)
    rows = "SELECT unnest(?) AS line"
    for columns in request_projections(line_format):
        rows = f"SELECT {columns} FROM ({rows})"
    with duckdb.connect() as connection:
        return connection.execute(rows, [lines]).fetchall()


def test_mutated_lines_are_taken_apart_as_the_patterns_would():
    rng = random.Random(16)
    logs = [path for path in GOLDEN.glob("uwsgi-*/*") if path.suffix != ".json"]
    genuine = [line for log in logs for line in log.read_bytes().splitlines() if line.startswith(b"[pid: ")]
    lines = [line.decode() for line in genuine]
    lines += [mutated(rng.choice(genuine), rng).decode(errors="backslashreplace") for _ in range(MUTATED)]

    for line, quick, slow in zip(lines, read(lines, with_patterns=False), read(lines, with_patterns=True), strict=True):
        assert quick == slow, line


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (STOCK, (502, 1795262400.06)),
        (STOCK.replace("60 msecs", "60 micros"), (502, 1795262400.00006)),
        (STOCK.replace("Nov 21", "Nov  1"), (502, 1793534400.06)),
        (STOCK.replace("/x?y=1", "/x => generated 7 bytes"), (502, 1795262400.06)),
        (STOCK.replace("(HTTP/1.1 502)", "(HTTP/1.1 5x2)"), (None, 1795262400.06)),
    ],
)
def test_a_stock_line_has_a_status_and_the_time_when_it_ended(line, expected):
    ((status, time_s, _),) = read([line], with_patterns=False)

    assert (status, time_s) == (expected[0], pytest.approx(expected[1]))
