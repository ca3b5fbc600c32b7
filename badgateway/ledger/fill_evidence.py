"""Fills the tables of evidence from a trial, so that its failures can be diagnosed like those of any site."""

from itertools import islice
from pathlib import Path

import duckdb
import numpy as np

from badgateway.ledger.error_log import TABLE as ERROR_LINES
from badgateway.ledger.join import FAILED_LINES, Ledger
from badgateway.ledger.journal_events import add_journal_events
from badgateway.ledger.text_file import lines_at
from badgateway.model import error_log
from badgateway.model.evidence import FAILURES, PROXY_ERRORS, TABLES, VOLUME, Table
from badgateway.model.log_kind import Proxy
from badgateway.model.masking import masked_values_sql
from badgateway.model.outcome import Outcome
from badgateway.model.raw import ACCESS_LOG, CLIENT_ROWS, ERROR_LOG, JOURNAL
from badgateway.model.raw_words import OWN_TRIAL, TrialPhase

PHASES = tuple(TrialPhase)

_ENDED_S = "coalesce(proxy_time_s, end_s, app_ended_s, app_started_s)"
_STATUS = "coalesce(nullif(ledger.status, 0), proxy_status)"
_FAILED = f"(outcome <> '{Outcome.OK}' OR upstream_tries > 1)"

_FAILED_ROWS = f"""
CREATE TABLE failed AS
SELECT ledger.* EXCLUDE (status, upstream_status, method, body_bytes), {_ENDED_S} AS time_s, {_STATUS} AS status,
    coalesce(proxy_request_s, latency_ms / 1000, app_seconds) AS duration_s,
    coalesce(proxy_method, ledger.method) AS method, proxy_uri AS uri,
    nullif(nullif(json_extract_string(access_lines.line, '$.upstream_status'), '-'), '') AS upstream_status,
    proxy_line_number IS NOT NULL AS has_upstream_times, proxy_body_bytes AS body_bytes,
    CASE WHEN proxy_line_number IS NOT NULL THEN '{ACCESS_LOG}'
        WHEN client_line_number IS NOT NULL THEN '{CLIENT_ROWS}' ELSE '{JOURNAL}' END AS file,
    coalesce(proxy_line_number, client_line_number) AS line_number,
    coalesce(access_lines.line, client_lines.line) AS line
FROM ledger
LEFT JOIN {FAILED_LINES} USING (request_id)
LEFT JOIN access_lines ON access_lines.line_number = proxy_line_number
LEFT JOIN client_lines ON proxy_line_number IS NULL AND client_lines.line_number = client_line_number
WHERE {{wanted}}
"""  # noqa: S608 # constants of the kit
_NUMBERS = f"SELECT {{number}} FROM {FAILED_LINES} SEMI JOIN (FROM ledger WHERE {{wanted}}) USING (request_id)"  # noqa: S608
_AT_PROXY = "proxy_line_number IS NOT NULL"
LINES_AT_ONCE = 50_000
"""Of those that are quoted; a log of a million failures is not to be in memory."""


def fill_evidence(ledger: Ledger, raw: Path, *, phases: tuple[TrialPhase, ...] = PHASES) -> None:
    """Make all tables of evidence in the ledger's connection, and fill those that the raw files of a trial can fill.

    These are `failures`, `volume`, `proxy_errors` and, of `server_events`, what the journal tells of Gunicorn's workers
    and, where it was watched, of the event loop. The values in query strings are masked.

    Args:
        ledger: The trial's ledger.
        raw: The trial's folder, as it was when the ledger was built.
        phases: Requests of these phases are taken over, of all unless told otherwise. Error lines always are, as their
            times are whole seconds.

    Raises:
        RawDataError: A file is missing, or something in it cannot be believed.
    """
    connection = ledger.connection
    for table in TABLES:
        connection.execute(table.ddl.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS", 1))
    wanted = "phase IN ({})".format(", ".join(f"'{phase}'" for phase in phases))
    _fill_failures(connection, raw, f"{wanted} AND {_FAILED}")
    fill_volume(connection, wanted)
    _fill_proxy_errors(connection, ledger.probe_connections)
    add_journal_events(connection)


def _insert(rows: duckdb.DuckDBPyRelation, table: Table, known: dict[str, str]) -> None:
    columns = (f"CAST({known[name]} AS {sql_type}) AS {name}" for name, sql_type in table.columns)
    rows.project(", ".join(columns)).insert_into(table.name)


def quote(connection: duckdb.DuckDBPyConnection, table: str, path: Path, numbers: str, *, backslash: str) -> None:
    """Make a table of the lines of a file that a query gives the numbers of: line_number and line."""
    connection.execute(f"CREATE TABLE {table} (line_number BIGINT, line VARCHAR)")
    wanted = frozenset(number for (number,) in connection.execute(numbers).fetchall())
    if not wanted:
        return
    lines = lines_at(path, wanted, backslash=backslash)
    while some := list(islice(lines, LINES_AT_ONCE)):
        found, texts = zip(*some, strict=True)
        columns = {"line_number": np.array(found, dtype=np.int64), "line": np.array(texts, dtype=object)}
        connection.register("quoted", columns)
        connection.execute(f"INSERT INTO {table} SELECT line_number, line FROM quoted")  # noqa: S608 # a constant
        connection.unregister("quoted")


def _fill_failures(connection: duckdb.DuckDBPyConnection, raw: Path, wanted: str) -> None:
    at_proxy = _NUMBERS.format(number="proxy_line_number", wanted=wanted)
    quote(connection, "access_lines", raw / ACCESS_LOG, f"{at_proxy} WHERE {_AT_PROXY}", backslash="\\\\")
    # Of a request that never reached nginx, the client's row is all there is.
    at_client = _NUMBERS.format(number="client_line_number", wanted=wanted)
    only_client = f"{at_client} WHERE NOT {_AT_PROXY} AND client_line_number IS NOT NULL"
    quote(connection, "client_lines", raw / CLIENT_ROWS, only_client, backslash="\\")
    connection.execute(_FAILED_ROWS.format(wanted=wanted))
    known = {
        **{name: name for name, _ in FAILURES.columns},
        **dict.fromkeys(("proxy_reason", "client", "forwarded_for", "asked_host", "host"), "NULL"),
        "failure_id": "row_number() OVER (ORDER BY time_s, line_number)",
        "source": f"'{OWN_TRIAL}'",
        "proxy": f"'{Proxy.NGINX}'",
        "uri": masked_values_sql("uri"),
        "line": masked_values_sql("line"),
    }
    _insert(connection.table("failed"), FAILURES, known)
    connection.execute("DROP TABLE failed; DROP TABLE access_lines; DROP TABLE client_lines")


def fill_volume(connection: duckdb.DuckDBPyConnection, wanted: str) -> None:
    """Count the requests of the ledger that fulfil a condition by minute and status."""
    minutes = f"CAST(floor({_ENDED_S} / 60) AS BIGINT) * 60 AS minute_s, {_STATUS} AS status"
    counted = connection.table("ledger").filter(wanted).project(minutes).aggregate("*, count(*) AS requests")
    known = {**{name: name for name, _ in VOLUME.columns}, "source": f"'{OWN_TRIAL}'"}
    _insert(counted.order("minute_s, status"), VOLUME, known)


def _fill_proxy_errors(connection: duckdb.DuckDBPyConnection, probe_connections: frozenset[int]) -> None:
    known = {
        **{name: name for name, _ in PROXY_ERRORS.columns},
        "proxy": f"'{Proxy.NGINX}'",
        "host": "NULL",
        "status": "NULL",
        "errno": f"TRY_CAST(regexp_extract(message, '{error_log.ERRNO}', 1) AS INTEGER)",
        "phase": error_log.phase_sql("message"),
        "file": f"'{ERROR_LOG}'",
        **{name: f"nullif({masked_values_sql(name)}, '')" for name in ("message", "request", "upstream", "line")},
    }
    probes = ", ".join(map(str, sorted(probe_connections))) or "NULL"
    of_load = connection.table(ERROR_LINES).filter(f"coalesce(connection NOT IN ({probes}), true)")
    _insert(of_load.order("line_number"), PROXY_ERRORS, known)
