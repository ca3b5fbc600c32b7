"""Joins the books of client, proxy and application into the ledger: every request once."""

from dataclasses import dataclass
from pathlib import Path

import duckdb

from badgateway.errors import RawDataError
from badgateway.ledger.app import load_app
from badgateway.ledger.balance import Balance, count
from badgateway.ledger.client import load_client
from badgateway.ledger.complaints import load_complaints
from badgateway.ledger.outcome import CASE
from badgateway.ledger.proxy import load_proxy
from badgateway.ledger.refused import name_refused
from badgateway.model.in_memory import connect
from badgateway.model.raw import ACCESS_LOG, CLIENT_COLUMNS, CLIENT_ROWS, ERROR_LOG, JOURNAL
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

COLUMNS = (
    *CLIENT_COLUMNS,
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

# A request id that was used twice would multiply rows in the join; the balance counts such rows and refuses the trial.
_JOIN = """
FROM (SELECT DISTINCT ON (request_id) * FROM client ORDER BY request_id, start_s, end_s)
FULL JOIN (SELECT DISTINCT ON (request_id) * FROM proxy ORDER BY request_id, proxy_time_s, connection)
USING (request_id)
FULL JOIN (
    SELECT DISTINCT ON (request_id) *, count(*) OVER (PARTITION BY request_id) AS app_starts
    FROM app ORDER BY request_id, app_started_s DESC)
USING (request_id)
"""
_COMPLAINTS = """
SELECT joined.*, message AS proxy_error, line_number AS proxy_error_line_number
FROM joined LEFT JOIN complaints USING (request_id)
"""

# A study holds the ledgers of many trials at once.
_FORGET_SOURCES = "; ".join(
    f"DROP TABLE {table}" for table in ("client", "proxy", "journal", "app", "error_lines", "joined", "complaints")
)


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
    connection = connect()
    load_client(connection, raw / CLIENT_ROWS)
    probe_connections = load_proxy(connection, raw / ACCESS_LOG)
    name_refused(connection)
    has_app = load_app(connection, raw / JOURNAL)
    connection.sql(f"SELECT *, {CASE} AS outcome {_JOIN}").create(_JOINED)
    load_complaints(connection, raw / ERROR_LOG, _JOINED)
    expressions = (*COLUMNS[: COLUMNS.index("phase")], f"{_phase(window)} AS phase", *_DURATIONS)
    connection.sql(_COMPLAINTS).project(", ".join(expressions)).order("start_s, request_id").create(_TABLE)
    balance = count(connection, has_app=has_app)
    connection.execute(_FORGET_SOURCES)
    relation = connection.table(_TABLE)
    return Ledger(
        connection=connection,
        relation=relation,
        rows=len(relation),
        balance=balance,
        probe_connections=probe_connections,
    )


# Microseconds are what the client wrote; the digits behind them are only the doubles' rounding.
_DURATIONS = (
    "round((end_s - intended_start_s) * 1000, 3) AS latency_ms",
    "round((first_byte_s - intended_start_s) * 1000, 3) AS first_byte_ms",
)


def _phase(window: Window | None) -> str:
    if window is None:
        return "'warm-up'"
    # A request that only the proxy or the application knows started when it began to work on it.
    start_s = "coalesce(intended_start_s, proxy_time_s - proxy_request_s, app_started_s)"
    return (
        f"CASE WHEN {start_s} < {window.start_s!r} THEN 'warm-up' "
        f"WHEN {start_s} < {window.end_s!r} THEN 'window' ELSE 'after' END"
    )


def read(path: Path, connection: duckdb.DuckDBPyConnection | None = None) -> duckdb.DuckDBPyRelation:
    """Return the rows of a stored ledger, as `Ledger.relation` had them; they stay in the file until asked for.

    Args:
        path: The Parquet file.
        connection: Shared by the ledgers of a study; one of its own when not given.

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
