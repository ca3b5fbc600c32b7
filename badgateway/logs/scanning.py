"""Reads one file into the table `scanned`, in one pass over all its lines."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import reduce

import duckdb

from badgateway.errors import RawDataError, is_interrupted_query
from badgateway.logs.log_evidence import SHOWN_MALFORMED, MalformedLine
from badgateway.logs.recognising import kind_of
from badgateway.logs.scratch import Scratch
from badgateway.logs.source import LocalFile, cleaned
from badgateway.model.error_log import HEAD
from badgateway.model.in_memory import NO_DELIMITER, NO_ROOM
from badgateway.model.masking import masked
from badgateway.servers.line_format import LineFormat, text_literal
from badgateway.servers.registry import server_logs

SCANNED = "scanned"
LINE_CHARS = 4000
"""What the tables keep of a line as evidence: more than is shown, for secrets are cut out when it is."""
KEPT_OF_LINE = f"CASE WHEN strlen(line) > {LINE_CHARS} THEN left(line, {LINE_CHARS}) ELSE line END"
"""SQL for that; to count a line's characters takes longer than to see that it has few bytes."""

FAILED = "(status >= 499 OR status = 460)"

LOOKS_LIKE_A_REQUEST = (
    "regexp_matches(line, '(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS)[^A-Za-z0-9]{1,3}/.*"
    """[\\s|=,"][1-5][0-9][0-9](?:[\\s|,"]|$)')"""
)
"""SQL for what a server writes of requests, in whatever format."""

# Noise that looks like a time: no log reaches the year 2200.
_LATEST_TIME_S = 7258118400

_SHOWN_CHARS = 200
_LONGEST_LINE_BYTES = 1_000_000


@contextmanager
def scanned(
    connection: duckdb.DuckDBPyConnection, file: LocalFile, projections: Sequence[str], scratch: Scratch
) -> Iterator[tuple[str, int]]:
    """Have the table `scanned`, one row per line.

    Args:
        connection: Where to have it.
        file: What to read.
        projections: Columns over the column `line`, then columns over those, and so on; the last have it all.
        scratch: For a cleaned copy.

    Yields:
        SQL for the table with the row's own id and line_number, counted from the first line of the log as 1, in front;
        and its rows' number.

    Raises:
        RawDataError: DuckDB cannot read the file, not even a cleaned copy of it.
    """
    try:
        lines = _read(connection, file, projections)
    except (duckdb.Error, RuntimeError) as error:
        if is_interrupted_query(error) or isinstance(error, duckdb.OutOfMemoryException):
            raise
        # Bytes that are not UTF-8, in it or in its name, or an endless line: rare enough to pay for a copy then only.
        lines = _read_cleaned(connection, cleaned(file, scratch), projections)
    try:
        # The row id is the line's number: DuckDB keeps the order of what it reads.
        shift = file.first_line - _first_row(connection)
        yield f"(SELECT rowid AS row, rowid + {shift} AS line_number, * FROM {SCANNED})", lines  # noqa: S608 # constants
    finally:
        connection.execute(f"DROP TABLE {SCANNED}")


def _first_row(connection: duckdb.DuckDBPyConnection) -> int:
    """Return the id of the first row of `scanned`: 0, but in a transaction a number beyond all others."""
    ((first,),) = connection.execute(f"SELECT min(rowid) FROM {SCANNED}").fetchall()  # noqa: S608 # constants
    return int(first or 0)


def _read(connection: duckdb.DuckDBPyConnection, file: LocalFile, projections: Sequence[str]) -> int:
    # As text: a relation would be asked for its columns at each step, which takes longer than to read a short log.
    lines = f"""
        SELECT line FROM read_csv({text_literal(str(file.path))}, columns = {{'line': 'VARCHAR'}},
            delim = '{NO_DELIMITER}', quote = '', escape = '', header = false, auto_detect = false, strict_mode = false,
            max_line_size = {_LONGEST_LINE_BYTES}, compression = '{"gzip" if file.is_gzip else "none"}')
    """  # noqa: S608 # see text_literal
    select = reduce(lambda rows, columns: f"SELECT {columns} FROM ({rows})", projections, lines)  # noqa: S608
    ((lines,),) = connection.execute(f"CREATE TABLE {SCANNED} AS {select}").fetchall()
    return int(lines)


def _read_cleaned(connection: duckdb.DuckDBPyConnection, file: LocalFile, projections: Sequence[str]) -> int:
    try:
        return _read(connection, file, projections)
    except NO_ROOM:
        raise
    except duckdb.Error as error:
        raise RawDataError(f"{file.name} cannot be read as lines of text: {str(error).splitlines()[0]}") from error


def request_projections(line_format: LineFormat) -> tuple[str, ...]:
    """Columns status, time_s and line, for `scanned`; line is NULL where nothing of it is needed any more."""
    # Several, for DuckDB would compute an expression once more for each place inside a CASE where its alias is named.
    # What no SMALLINT holds is no status.
    status = f"TRY_CAST({line_format.status} AS SMALLINT)"
    time_s = f"CAST({line_format.time_s} AS DOUBLE)"
    found = f"{status} AS written_status, {time_s} AS written_time_s, {line_format.tells} AS tells, line"
    # Who got no answer has '000', '0', '-1' or nothing there: that is no success.
    told = "*, CASE WHEN written_status BETWEEN 100 AND 999 THEN written_status END AS status"
    is_needed = f"{FAILED} OR status IS NULL OR time_s IS NULL OR tells OR {line_format.was_retried}"
    kept = (
        f"status, CASE WHEN written_time_s BETWEEN 0 AND {_LATEST_TIME_S} THEN written_time_s END AS time_s, "
        f"CASE WHEN {is_needed} THEN line END AS line"
    )
    pieces = [f"*, {columns}" for columns in line_format.pieces]
    return (*pieces, found, told, kept)


def malformed(
    connection: duckdb.DuckDBPyConnection, rows: str, condition: str, *, mask: bool
) -> tuple[int, tuple[MalformedLine, ...]]:
    """How many lines fulfil the condition without being blank, and the first of them, masked and cut."""
    found = f"FROM {rows} WHERE line IS NOT NULL AND trim(line) <> '' AND ({condition})"
    ((count,),) = connection.execute(f"SELECT count(*) {found}").fetchall()
    first = (
        connection.execute(f"SELECT line_number, line {found} ORDER BY line_number LIMIT {SHOWN_MALFORMED}").fetchall()
        if count
        else []
    )
    return count, tuple(
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
        mixed = f"FROM {SCANNED} WHERE line IS NOT NULL AND ({_FOREIGN_TO_SERVERS} OR ({combined})) LIMIT 1"
        return bool(connection.execute(mixed).fetchall())
    rest = connection.execute(f"SELECT line FROM {SCANNED} WHERE line IS NOT NULL AND ({unread})")  # noqa: S608 # see above
    while batch := rest.fetchmany(_BATCH_LINES):
        if any(kind_of(line) not in (None, kind) for (line,) in batch):
            return True
    return False


def has_requests(connection: duckdb.DuckDBPyConnection, rows: str) -> bool:
    """Whether a status was read in any of the scanned lines."""
    found = f"SELECT EXISTS (FROM {rows} WHERE status IS NOT NULL)"  # the caller's
    return connection.execute(found).fetchall() == [(True,)]


def date(connection: duckdb.DuckDBPyConnection, rows: str, written_s: Callable[[int], float | None]) -> None:
    """Give requests in the table `scanned` that have no time of their own that of their line's prefix.

    Args:
        connection: With the table.
        rows: SQL for its rows.
        written_s: When the line of a number was written, as its prefix says.
    """
    undated = f"SELECT row, line_number FROM {rows} WHERE status IS NOT NULL AND time_s IS NULL"  # noqa: S608 # as above
    found = connection.execute(undated).fetchall()
    update = f"""
        UPDATE {SCANNED} SET time_s = found.time_s
        FROM (SELECT unnest(CAST(? AS BIGINT[])) AS row, unnest(CAST(? AS DOUBLE[])) AS time_s) found
        WHERE {SCANNED}.rowid = found.row
    """  # noqa: S608 # constants
    connection.execute(update, [[row for row, _ in found], [written_s(number) for _, number in found]])
