"""Fills the tables of evidence from a trial, so that its failures can be diagnosed like those of any site."""

from pathlib import Path

import duckdb

from badgateway.ledger.app import JOURNAL_TABLE, load_journal
from badgateway.ledger.error_log import TABLE as ERROR_LINES
from badgateway.ledger.error_log import load_errors
from badgateway.ledger.join import Ledger
from badgateway.ledger.journal_events import add_journal_events
from badgateway.ledger.text_file import as_utf8
from badgateway.model import error_log
from badgateway.model.evidence import FAILURES, PROXY_ERRORS, TABLES, VOLUME, Proxy, Table
from badgateway.model.in_memory import NO_DELIMITER
from badgateway.model.printable import masked_sql
from badgateway.model.raw import ACCESS_LOG, CLIENT_ROWS, ERROR_LOG, JOURNAL

SOURCE = "ledger"
PHASES = ("warm-up", "window", "after")

_ENDED_S = "coalesce(proxy_time_s, end_s, app_ended_s, app_started_s)"
_STATUS = "coalesce(nullif(ledger.status, 0), proxy_status)"
_FAILED = "(outcome <> 'OK' OR upstream_tries > 1)"

_FAILED_ROWS = f"""
SELECT ledger.* EXCLUDE (status, upstream_status, method, body_bytes), {_ENDED_S} AS time_s, {_STATUS} AS status,
    coalesce(proxy_request_s, latency_ms / 1000, app_seconds) AS duration_s,
    coalesce(access_lines.method, ledger.method) AS method, uri,
    nullif(nullif(access_lines.upstream_status, '-'), '') AS upstream_status,
    access_lines.request_id IS NOT NULL AS has_upstream_times, proxy_body_bytes AS body_bytes,
    CASE WHEN access_lines.request_id IS NOT NULL THEN '{ACCESS_LOG}'
        WHEN client_lines.request_id IS NOT NULL THEN '{CLIENT_ROWS}' ELSE '{JOURNAL}' END AS file,
    coalesce(access_lines.line_number, client_lines.line_number) AS line_number,
    coalesce(access_lines.line, client_lines.line) AS line
FROM ledger
LEFT JOIN access_lines USING (request_id)
LEFT JOIN client_lines USING (request_id)
"""  # noqa: S608 # constants of the kit


def fill_evidence(ledger: Ledger, raw: Path, *, phases: tuple[str, ...] = PHASES) -> None:
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
        connection.execute(table.ddl)
    wanted = "phase IN ({})".format(", ".join(f"'{phase}'" for phase in phases))
    _fill_failures(connection, raw, f"{wanted} AND {_FAILED}")
    _fill_volume(connection, wanted)
    _fill_proxy_errors(connection, raw, ledger.probe_connections)
    _fill_server_events(connection, raw)


def _insert(rows: duckdb.DuckDBPyRelation, table: Table, known: dict[str, str]) -> None:
    columns = (f"CAST({known[name]} AS {sql_type}) AS {name}" for name, sql_type in table.columns)
    rows.project(", ".join(columns)).insert_into(table.name)


def _read_lines(connection: duckdb.DuckDBPyConnection, path: Path, table: str, columns: str, wanted: str) -> None:
    """Keep the lines of a file whose request_id, one of the columns, is that of a wanted row of the ledger."""
    with as_utf8(path, backslash="\\\\" if path.name == ACCESS_LOG else "\\") as file:
        text = connection.read_csv(
            str(file),
            columns={"line": "VARCHAR"},
            header=False,
            auto_detect=False,
            delimiter=NO_DELIMITER,
            quotechar="",
            escapechar="",
        )
        numbered = text.project(f"row_number() OVER () AS line_number, line, {columns}")
        failed = connection.table("ledger").filter(wanted).project("request_id")
        of_wanted = numbered.join(failed, "request_id", how="semi")
        # The second row of a request id is counted by the balance; here it would be the same failure once more.
        of_wanted.aggregate("request_id, arg_min(COLUMNS(* EXCLUDE (request_id)), line_number)").create(table)


def _json(key: str) -> str:
    return f"json_extract_string(line, '$.{key}') AS {key}"


def _fill_failures(connection: duckdb.DuckDBPyConnection, raw: Path, wanted: str) -> None:
    keys = ", ".join(map(_json, ("request_id", "method", "uri", "upstream_status")))
    _read_lines(connection, raw / ACCESS_LOG, "access_lines", keys, wanted)
    # Of a request that never reached nginx, the client's row is all there is.
    _read_lines(connection, raw / CLIENT_ROWS, "client_lines", "split_part(line, ',', 1) AS request_id", wanted)
    connection.execute(f"CREATE TABLE failed AS {_FAILED_ROWS} WHERE {wanted}")
    known = {
        **{name: name for name, _ in FAILURES.columns},
        "proxy_reason": "NULL",
        "host": "NULL",
        "failure_id": "row_number() OVER (ORDER BY time_s, line_number)",
        "source": f"'{SOURCE}'",
        "proxy": f"'{Proxy.NGINX}'",
        "uri": masked_sql("uri"),
        "line": masked_sql("line"),
    }
    _insert(connection.table("failed"), FAILURES, known)
    connection.execute("DROP TABLE failed; DROP TABLE access_lines; DROP TABLE client_lines")


def _fill_volume(connection: duckdb.DuckDBPyConnection, wanted: str) -> None:
    minutes = f"CAST(floor({_ENDED_S} / 60) AS BIGINT) * 60 AS minute_s, {_STATUS} AS status"
    counted = connection.table("ledger").filter(wanted).project(minutes).aggregate("*, count(*) AS requests")
    known = {**{name: name for name, _ in VOLUME.columns}, "source": f"'{SOURCE}'"}
    _insert(counted.order("minute_s, status"), VOLUME, known)


def _fill_proxy_errors(connection: duckdb.DuckDBPyConnection, raw: Path, probe_connections: frozenset[int]) -> None:
    load_errors(connection, raw / ERROR_LOG)
    known = {
        **{name: name for name, _ in PROXY_ERRORS.columns},
        "proxy": f"'{Proxy.NGINX}'",
        "host": "NULL",
        "status": "NULL",
        "errno": f"TRY_CAST(regexp_extract(message, '{error_log.ERRNO}', 1) AS INTEGER)",
        "phase": error_log.phase_sql("message"),
        "file": f"'{ERROR_LOG}'",
        **{name: f"nullif({masked_sql(name)}, '')" for name in ("message", "request", "upstream", "line")},
    }
    probes = ", ".join(map(str, sorted(probe_connections))) or "NULL"
    of_load = connection.table(ERROR_LINES).filter(f"coalesce(connection NOT IN ({probes}), true)")
    _insert(of_load.order("line_number"), PROXY_ERRORS, known)
    connection.execute(f"DROP TABLE {ERROR_LINES}")


def _fill_server_events(connection: duckdb.DuckDBPyConnection, raw: Path) -> None:
    load_journal(connection, raw / JOURNAL)
    add_journal_events(connection)
    connection.execute(f"DROP TABLE {JOURNAL_TABLE}")
