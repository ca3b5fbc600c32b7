"""Fills the table `proxy_errors` from what Apache, Traefik and Caddy log of errors, and tells of Apache's crashes."""

from collections.abc import Mapping

import duckdb

from badgateway.logs.apache import APACHE_CRASH, APACHE_LEVEL, APACHE_MESSAGE, APACHE_STATUS, APACHE_TIME
from badgateway.logs.go_proxies import (
    CADDY_MESSAGE,
    CADDY_REQUEST,
    CADDY_STATUS,
    CADDY_TIME,
    TRAEFIK_LOG_TIME,
    TRAEFIK_MESSAGE,
    TRAEFIK_STATUS,
    json_value,
)
from badgateway.logs.scanning import KEPT_OF_LINE
from badgateway.model.error_log import Severity
from badgateway.model.evidence import PROXY_ERRORS, SERVER_EVENTS, Phase, ServerEvent
from badgateway.model.log_kind import PROXY_OF, LogKind, Proxy
from badgateway.model.masking import masked_values_sql
from badgateway.servers.line_format import number, text_literal

_ERRORS: Mapping[str, Mapping[str, str]] = {
    LogKind.APACHE_ERROR: {
        "time_s": APACHE_TIME,
        "level": APACHE_LEVEL,
        "message": APACHE_MESSAGE,
        "errno": number(r"\((\d+)\)[A-Z]", "INTEGER"),
        "status": APACHE_STATUS,
    },
    LogKind.TRAEFIK_LOG: {
        "time_s": TRAEFIK_LOG_TIME,
        "level": f"'{Severity.ERROR}'",
        "message": TRAEFIK_MESSAGE,
        "status": TRAEFIK_STATUS,
    },
    LogKind.CADDY_LOG: {
        "time_s": CADDY_TIME,
        "level": json_value("level"),
        "message": CADDY_MESSAGE,
        "request": CADDY_REQUEST,
        "status": CADDY_STATUS,
        "upstream": json_value("upstream"),
    },
}
OTHER_ERRORS = tuple(_ERRORS)
UNREAD = "time_s IS NULL"


def other_projection(kind: str) -> str:
    """Columns time_s and line over the lines of an error log of this kind, in its own time."""
    return f"{_ERRORS[kind]['time_s']} AS time_s, line"


def add_other_errors(
    connection: duckdb.DuckDBPyConnection,
    rows: str,
    kind: str,
    *,
    file_name: str,
    host: str,
    utc_offset_s: float,
    mask: bool,
) -> None:
    """Take over what the lines say of requests; Apache's local times are utc_offset_s ahead of UTC."""
    offset_s = utc_offset_s if kind == LogKind.APACHE_ERROR else 0.0
    known = {
        "phase": f"'{Phase.OTHER}'",
        "proxy": text_literal(PROXY_OF[kind]),
        **_ERRORS[kind],
        "time_s": f"time_s - {offset_s!r}",
        "host": f"nullif({text_literal(host)}, '')",
        "file": text_literal(file_name),
        "line_number": "line_number",
        "line": KEPT_OF_LINE,
    }
    columns = (f"CAST({known.get(name, 'NULL')} AS {sql_type}) AS {name}" for name, sql_type in PROXY_ERRORS.columns)
    masking = ", ".join(f"{masked_values_sql(name)} AS {name}" for name in ("message", "request"))
    connection.execute(f"""
        INSERT INTO {PROXY_ERRORS.name} SELECT {f"* REPLACE ({masking})" if mask else "*"}
        FROM (SELECT {", ".join(columns)} FROM {rows}
            WHERE time_s IS NOT NULL AND {_ERRORS[kind]["status"]} IS NOT NULL)
    """)  # noqa: S608 # constants, and the caller's rows
    if kind == LogKind.APACHE_ERROR:
        _add_crashes(connection, rows, known)


def _add_crashes(connection: duckdb.DuckDBPyConnection, rows: str, known: Mapping[str, str]) -> None:
    crash = {
        **{name: known[name] for name in ("time_s", "host", "file", "line_number", "line")},
        "server": text_literal(Proxy.APACHE),
        "event": f"'{ServerEvent.WORKER_CRASHED}'",
        "pid": number(APACHE_CRASH, "INTEGER"),
        "signal": number(APACHE_CRASH, "INTEGER", group=2),
    }
    columns = (f"CAST({crash.get(name, 'NULL')} AS {sql_type})" for name, sql_type in SERVER_EVENTS.columns)
    connection.execute(f"""
        INSERT INTO {SERVER_EVENTS.name} SELECT {", ".join(columns)} FROM {rows}
        WHERE time_s IS NOT NULL AND regexp_matches(line, '{APACHE_CRASH}')
    """)  # noqa: S608 # constants, and the caller's rows
