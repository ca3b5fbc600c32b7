"""Reads the application's own book, the journal: a line when a request starts, and one when it ends."""

from pathlib import Path

import duckdb

from badgateway.errors import RawDataError
from badgateway.ledger.checks import Rule, broken, demand_none_broken, load, require_whole_lines
from badgateway.ledger.text_file import as_utf8
from badgateway.model.raw import JOURNAL_COLUMNS, OWN_REQUESTS
from badgateway.model.raw_words import JournalKind

TABLE = "app"
JOURNAL_TABLE = "journal"

REQUEST_KINDS = (JournalKind.START.value, JournalKind.END.value)
KINDS = tuple(kind.value for kind in JournalKind)

_SQL_TYPES = (
    "VARCHAR",
    "DOUBLE",
    "INTEGER",
    "BIGINT",
    "BIGINT",
    "VARCHAR",
    "INTEGER",
    "BIGINT",
    "DOUBLE",
    "VARCHAR",
)
_TYPES = dict(zip(JOURNAL_COLUMNS, _SQL_TYPES, strict=True))
_TEXTS = tuple(column for column, sql_type in _TYPES.items() if sql_type == "VARCHAR")

_OF_REQUEST = f"kind IN {REQUEST_KINDS}"
_RULES = (
    Rule(broken=f"kind NOT IN {KINDS}", problem=f"has an unknown kind; known are {', '.join(KINDS)}"),
    Rule(broken="time_s IS NULL OR NOT isfinite(time_s)", problem="has no time"),
    Rule(broken="pid IS NULL OR pid < 1", problem="has no pid"),
    Rule(broken=f"{_OF_REQUEST} AND (number IS NULL OR thread IS NULL)", problem="has no number or no thread"),
    Rule(broken=f"{_OF_REQUEST} AND request_id = ''", problem="has an empty request_id"),
    Rule(broken=f"kind = '{JournalKind.END}' AND (duration_s IS NULL OR duration_s < 0)", problem="has no duration"),
    Rule(broken="status NOT BETWEEN 100 AND 599", problem="has a status that HTTP does not have"),
    Rule(broken="body_bytes < 0", problem="has a negative size"),
)

# The journal percent-encodes what a client may have chosen; bytes that are no UTF-8 stay so.
_DECODED = ", ".join(
    f"CASE WHEN contains({column}, '%') THEN coalesce(TRY(url_decode({column})), {column}) ELSE {column} END"
    f" AS {column}"
    for column in _TEXTS
)
_ROWS = f"""
CREATE TABLE {JOURNAL_TABLE} AS SELECT *, {broken(_RULES)} FROM (
    SELECT * REPLACE ({_DECODED}) FROM read_csv($file, columns = {_TYPES}, header = false, auto_detect = false,
        delim = ',', quote = '', escape = '', force_not_null = {list(_TEXTS)}))
"""  # noqa: S608 # constants of this module

_PAIRS = f"""
CREATE TABLE {TABLE} AS
SELECT s.request_id, s.pid AS app_pid, s.time_s AS app_started_s, e.time_s AS app_ended_s, e.status AS app_status,
    e.body_bytes AS app_bytes, e.duration_s AS app_seconds
FROM (FROM {JOURNAL_TABLE} WHERE kind = '{JournalKind.START}' AND NOT starts_with(request_id, '{OWN_REQUESTS}')) s
LEFT JOIN (FROM {JOURNAL_TABLE} WHERE kind = '{JournalKind.END}') e USING (pid, number)
"""  # noqa: S608 # constants of the kit

_UNPAIRED = f"""
SELECT coalesce(sum(starts), 0)::BIGINT AS starts, coalesce(sum(ends), 0)::BIGINT AS ends FROM (
    SELECT greatest(count(*) FILTER (kind = '{JournalKind.START}') - 1, 0) AS starts,
        greatest(count(*) FILTER (kind = '{JournalKind.END}') - count(*) FILTER (kind = '{JournalKind.START}'), 0)
            AS ends
    FROM {JOURNAL_TABLE} WHERE {_OF_REQUEST} GROUP BY pid, number)
"""  # noqa: S608 # constants of the kit


def load_app(connection: duckdb.DuckDBPyConnection, path: Path) -> bool:
    """Load the file into the connection's tables `journal` and `app`, one row per request but the readiness probes.

    Returns:
        Whether there is a book; a trial of the time before there was a journal has none.

    Raises:
        RawDataError: The file is cut, has a line that the journal does not write, or lacks lines.
    """
    load_journal(connection, path)
    _require_pairs(connection, path)
    connection.execute(_PAIRS)
    return path.exists()


def load_journal(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Load the file into the connection's table `journal`, as it was before its texts were encoded.

    Without a file the table is empty. A trial of a kit that has a journal cannot be without it: no server is let
    through that did not make one.

    Raises:
        RawDataError: The file is cut, or has a line that the journal does not write.
    """
    if not path.exists():
        columns = ", ".join(f"{column} {sql_type}" for column, sql_type in _TYPES.items())
        connection.execute(f"CREATE TABLE {JOURNAL_TABLE} ({columns})")
        return
    require_whole_lines(path)
    load(path, lambda: _load_rows(connection, path), where=str)
    demand_none_broken(path, connection, JOURNAL_TABLE, _RULES)


def _load_rows(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    with as_utf8(path) as file:
        connection.execute(_ROWS, {"file": str(file)})


def _require_pairs(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    ((starts, ends),) = connection.execute(_UNPAIRED).fetchall()
    if starts or ends:
        raise RawDataError(
            f"{path}: {starts} requests start twice and {ends} end without a start; lines were lost (see the server's "
            "log for why), or a process id was used twice: run the trial again"
        )
