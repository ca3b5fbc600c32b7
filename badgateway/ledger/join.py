"""Joins the books of client, proxy and application into the ledger: every request once."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from badgateway.errors import RawDataError
from badgateway.ledger.balance import Balance, count
from badgateway.ledger.books import Books, read_books
from badgateway.ledger.outcome import CASE, CASE_OF_CLIENT
from badgateway.ledger.request_errors import find_request_errors
from badgateway.model.in_memory import connect, row_database
from badgateway.model.outcome import Outcome
from badgateway.model.raw import CLIENT_COLUMNS
from badgateway.model.raw_words import TrialPhase
from badgateway.model.trial import Window

_PROXY_COLUMNS = (
    "proxy_time_s",
    "connection",
    "proxy_status",
    "proxy_body_bytes",
    "proxy_request_s",
    "upstream_addr",
    "upstream_status",
    "upstream_tries",
    "upstream_connect_s",
    "upstream_header_s",
    "upstream_response_s",
)

_APP_COLUMNS = ("app_pid", "app_starts", "app_started_s", "app_ended_s", "app_status", "app_bytes", "app_seconds")

# An accepted row says so in its detail; files of the ledger stay what they were.
_CLIENT_COLUMNS = tuple(column for column in CLIENT_COLUMNS if column != "accepted")

COLUMNS = (
    *_CLIENT_COLUMNS,
    *_PROXY_COLUMNS,
    *_APP_COLUMNS,
    "proxy_error",
    "proxy_error_line_number",
    "outcome",
    "phase",
    "latency_ms",
    "first_byte_ms",
)
"""The ledger's columns, in their order; docs/ledger.md tells their meaning."""

_TABLE = "ledger"
_JOINED = "joined"

_JOIN = "FROM {client} FULL JOIN {proxy} USING (request_id) FULL JOIN {app} USING (request_id)"
_ONCE_EACH = {
    "client": "(SELECT *, rowid + 2 AS client_line_number FROM client)",
    "proxy": "proxy",
    "app": "(SELECT *, 1::BIGINT AS app_starts FROM app)",
}
# A request id that was used twice would multiply rows in the join; the balance counts such rows and refuses the trial.
# To look for them costs more than the whole join, so it is done only where there are some.
_SOME_TWICE = {
    "client": "(SELECT DISTINCT ON (request_id) *, rowid + 2 AS client_line_number FROM client "
    "ORDER BY request_id, start_s, end_s)",
    "proxy": "(SELECT DISTINCT ON (request_id) * FROM proxy ORDER BY request_id, proxy_time_s, connection)",
    "app": "(SELECT DISTINCT ON (request_id) *, count(*) OVER (PARTITION BY request_id) AS app_starts FROM app "
    "ORDER BY request_id, app_started_s DESC)",
}
_LEDGER = f"""
CREATE TABLE {_TABLE} AS
SELECT {{columns}} FROM {_JOINED} LEFT JOIN (
    SELECT request_id, message AS proxy_error, line_number AS proxy_error_line_number FROM request_errors)
USING (request_id)
ORDER BY start_s, request_id
"""  # noqa: S608 # constants of this module
FAILED_LINES = "failed_lines"
"""The table that tells where the lines of failed and retried requests are."""
_FAILED_LINES = f"""
CREATE TABLE {FAILED_LINES} AS
SELECT request_id, proxy_line_number, client_line_number, proxy_method, proxy_uri FROM {_JOINED}
WHERE outcome <> '{Outcome.OK}' OR upstream_tries > 1
"""  # noqa: S608 # constants of the kit


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """All requests of one trial, in memory; lives as long as its connection."""

    connection: duckdb.DuckDBPyConnection
    relation: duckdb.DuckDBPyRelation
    """One row per request with the columns COLUMNS, ordered by start_s and request_id."""
    rows: int
    balance: Balance
    probe_connections: frozenset[int]
    """nginx's numbers of the connections that carried only readiness probes."""


def build(raw: Path, window: Window | None) -> Ledger:
    """Join the raw files of one trial.

    Args:
        raw: The trial's folder with the client's rows, the proxy's logs and, unless it is of an earlier kit, the
            application's journal.
        window: The counted part; None when the trial never got to it, and all of it was warm-up.

    Raises:
        RawDataError: A file is missing, or something in it cannot be believed.
    """
    return join(read_books(row_database(), raw), window)


def join(books: Books, window: Window | None) -> Ledger:
    """Join the books of one trial; what is left of them are the tables of the journal and of nginx's error log.

    Args:
        books: As they were read; their connection is the ledger's.
        window: The counted part; None when the trial never got to it, and all of it was warm-up.
    """
    connection = books.connection
    case = CASE if books.has_to_close else CASE_OF_CLIENT
    connection.execute(f"CREATE TABLE {_JOINED} AS SELECT *, {case} AS outcome {_joined(books)}")
    connection.execute("DROP VIEW proxy; DROP TABLE proxy_lines; DROP TABLE client; DROP TABLE app")
    balance = count(connection, _JOINED, books.counts, has_app=books.has_app, has_to_close=books.has_to_close)
    find_request_errors(connection, _JOINED)
    connection.execute(_FAILED_LINES)
    columns = (*COLUMNS[: COLUMNS.index("phase")], f"{_phase(window)} AS phase", *_DURATIONS)
    connection.execute(_LEDGER.format(columns=", ".join(columns)))
    ((rows,),) = connection.execute(f"SELECT count(*) FROM {_TABLE}").fetchall()  # noqa: S608 # a constant
    connection.execute(f"DROP TABLE {_JOINED}; DROP TABLE request_errors")
    return Ledger(
        connection=connection,
        relation=connection.table(_TABLE),
        rows=rows,
        balance=balance,
        probe_connections=books.probe_connections,
    )


def _joined(books: Books) -> str:
    twice = {
        "client": books.counts["duplicates_client"],
        "proxy": books.counts["duplicates_proxy"],
        "app": books.app_twice,
    }
    return _JOIN.format(**{book: (_SOME_TWICE if number else _ONCE_EACH)[book] for book, number in twice.items()})


# Microseconds are what the client wrote; the digits behind them are only the doubles' rounding.
_DURATIONS = (
    "round((end_s - intended_start_s) * 1000, 3) AS latency_ms",
    "round((first_byte_s - intended_start_s) * 1000, 3) AS first_byte_ms",
)


def _phase(window: Window | None) -> str:
    if window is None:
        return f"'{TrialPhase.WARM_UP}'"
    # A request that only the proxy or the application knows started when it began to work on it.
    start_s = "coalesce(intended_start_s, proxy_time_s - proxy_request_s, app_started_s)"
    return (
        f"CASE WHEN {start_s} < {window.start_s!r} THEN '{TrialPhase.WARM_UP}' "
        f"WHEN {start_s} < {window.end_s!r} THEN '{TrialPhase.WINDOW}' ELSE '{TrialPhase.AFTER}' END"
    )


def read(path: Path, connection: duckdb.DuckDBPyConnection | None = None) -> duckdb.DuckDBPyRelation:
    """Return the rows of a stored ledger, as `Ledger.relation` had them; they stay in the file until asked for.

    Args:
        path: The Parquet file.
        connection: Shared by the ledgers of a run; one of its own when not given.

    Raises:
        RawDataError: The file is missing or is not a ledger.
    """
    if not path.is_file():
        raise RawDataError(f"{path} is missing: rebuild it from the raw files beside it")
    try:
        rows = (connection or connect()).read_parquet(str(path))
    except duckdb.Error as error:
        raise RawDataError(f"{path} is not Parquet: rebuild it from the raw files beside it") from error
    if tuple(rows.columns) != COLUMNS:
        raise RawDataError(f"{path} has other columns than a ledger: rebuild it from the raw files beside it")
    return rows
