"""Reads one file into the table `scanned`, in one pass over all its lines."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import reduce

import duckdb

from badgateway.errors import RawDataError
from badgateway.logs.evidence import SHOWN_MALFORMED, MalformedLine
from badgateway.logs.recognising import kind_of
from badgateway.logs.scratch import Scratch
from badgateway.logs.servers import server_logs
from badgateway.logs.source import LocalFile, cleaned
from badgateway.model.error_log import HEAD
from badgateway.model.in_memory import NO_DELIMITER
from badgateway.model.masking import masked
from badgateway.servers.line_format import LineFormat

SCANNED = "scanned"
LINE_CHARS = 2000
"""What the tables keep of a line as evidence."""

FAILED = "(status >= 499 OR status = 460)"

# Noise that looks like a time: no log reaches the year 2200.
_LATEST_TIME_S = 7258118400

_SHOWN_CHARS = 200
_LONGEST_LINE_BYTES = 1_000_000


@contextmanager
def scanned(
    connection: duckdb.DuckDBPyConnection, file: LocalFile, projections: Sequence[str], scratch: Scratch
) -> Iterator[duckdb.DuckDBPyRelation]:
    """Have the table `scanned`, one row per line.

    Args:
        connection: Where to have it.
        file: What to read.
        projections: Columns over the column `line`, then columns over those, and so on; the last have it all.
        scratch: For a cleaned copy.

    Yields:
        The table with line_number, counted from the first line of the log as 1, in front.

    Raises:
        RawDataError: DuckDB cannot read the file, not even a cleaned copy of it.
    """
    try:
        _read(connection, file, projections)
    except duckdb.Error:
        # Bytes that are not UTF-8, or an endless line: rare enough to pay for a copy then only.
        _read_cleaned(connection, cleaned(file, scratch), projections)
    try:
        # The row id is the line's number: DuckDB keeps the order of what it reads.
        yield connection.table(SCANNED).project(f"rowid + {file.first_line} AS line_number, *")
    finally:
        connection.execute(f"DROP TABLE {SCANNED}")


def _read(connection: duckdb.DuckDBPyConnection, file: LocalFile, projections: Sequence[str]) -> None:
    lines = connection.read_csv(
        str(file.path),
        columns={"line": "VARCHAR"},
        delimiter=NO_DELIMITER,
        quotechar="",
        escapechar="",
        header=False,
        auto_detect=False,
        strict_mode=False,
        max_line_size=_LONGEST_LINE_BYTES,
        compression="gzip" if file.is_gzip else "none",
    )
    reduce(duckdb.DuckDBPyRelation.project, projections, lines).create(SCANNED)


def _read_cleaned(connection: duckdb.DuckDBPyConnection, file: LocalFile, projections: Sequence[str]) -> None:
    try:
        _read(connection, file, projections)
    except duckdb.Error as error:
        raise RawDataError(f"{file.name} cannot be read as lines of text: {str(error).splitlines()[0]}") from error


def request_projections(line_format: LineFormat) -> tuple[str, str]:
    """Columns status, time_s and line, for `scanned`; line is NULL where nothing of it is needed any more."""
    # Two, for DuckDB would compute an expression once more for each place inside a CASE where its alias is named.
    # What no SMALLINT holds is no status.
    status = f"TRY_CAST({line_format.status} AS SMALLINT)"
    found = f"{status} AS status, CAST({line_format.time_s} AS DOUBLE) AS written_time_s, line"
    is_needed = f"{FAILED} OR status IS NULL OR time_s IS NULL OR {line_format.was_retried}"
    kept = (
        f"status, CASE WHEN written_time_s BETWEEN 0 AND {_LATEST_TIME_S} THEN written_time_s END AS time_s, "
        f"CASE WHEN {is_needed} THEN line END AS line"
    )
    return found, kept


def malformed(table: duckdb.DuckDBPyRelation, condition: str, *, mask: bool) -> tuple[int, tuple[MalformedLine, ...]]:
    """How many lines fulfil the condition without being blank, and the first of them, masked and cut."""
    found = table.filter(f"line IS NOT NULL AND trim(line) <> '' AND ({condition})")
    first = found.order("line_number").limit(SHOWN_MALFORMED).project("line_number, line").fetchall()
    return row_count(found), tuple(
        MalformedLine(line_number=number, text=(masked(text) if mask else text)[:_SHOWN_CHARS])
        for number, text in first
    )


# As in Python, but for DuckDB's regular expressions, which look at all lines of a server's log.
_FOREIGN_TO_SERVERS = f"regexp_matches(line, '^.{{0,80}}?{HEAD}')"
_IN_COMBINED_FORMAT = r"regexp_matches(line, '^\S+ \S+ \S+ \[\d\d/')"
_OF_A_PROXY = f"status IN (499, 502, 504) AND {_IN_COMBINED_FORMAT}"
_BATCH_LINES = 50_000


def foreign_lines(connection: duckdb.DuckDBPyConnection, kind: str, unread: str) -> bool:
    """Whether the file in the table `scanned`, taken for one of this kind, has lines of another program too.

    Args:
        connection: With the table.
        kind: Of the file's beginning.
        unread: SQL condition that holds for lines that were not read as of this kind.
    """
    server = server_logs().get(kind)
    if server is not None:
        combined = _OF_A_PROXY if server.has_combined_lines else _IN_COMBINED_FORMAT
        mixed = connection.table(SCANNED).filter(f"line IS NOT NULL AND ({_FOREIGN_TO_SERVERS} OR ({combined}))")
        return bool(mixed.limit(1).fetchall())
    rest = connection.execute(f"SELECT line FROM {SCANNED} WHERE line IS NOT NULL AND ({unread})")  # noqa: S608 # see above
    while batch := rest.fetchmany(_BATCH_LINES):
        if any(kind_of(line) not in (None, kind) for (line,) in batch):
            return True
    return False


def row_count(relation: duckdb.DuckDBPyRelation) -> int:
    """How many rows a relation has."""
    ((rows,),) = relation.aggregate("count(*)").fetchall()
    return int(rows)
