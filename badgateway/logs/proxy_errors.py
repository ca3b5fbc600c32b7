"""Fills the table `proxy_errors` from nginx's error log."""

from collections.abc import Mapping
from functools import reduce

import duckdb

from badgateway.logs.scanning import KEPT_OF_LINE
from badgateway.model.error_log import (
    COMPLAINTS,
    CONTEXT,
    ERRNO,
    HEAD,
    LINUX_ERRNO,
    REQUEST,
    TIME_FORMAT,
    Severity,
    phase_sql,
)
from badgateway.model.evidence import PROXY_ERRORS
from badgateway.model.log_kind import Proxy
from badgateway.model.masking import masking_steps
from badgateway.servers.line_format import before, extracted, number, text_literal

_NOT_STARTED = "starts_with(line, 'nginx: [emerg] ')"
"""nginx without a log yet, as it says on the terminal why it does not start; without a time."""
MALFORMED = f"time_s IS NULL AND NOT {_NOT_STARTED}"
_TIME_CHARS = len("2026/11/21 12:00:00")
_LEVEL_AT = _TIME_CHARS + len(" [") + 1
_LEVEL_AND_TIME = {
    "level": f"CASE WHEN {_NOT_STARTED} THEN '{Severity.EMERG}' "
    f"WHEN is_plain THEN substr(line, {_LEVEL_AT}, strpos(line, ']') - {_LEVEL_AT}) "
    f"ELSE {extracted(HEAD, group=2)} END",
    "written": f"CASE WHEN is_plain THEN left(line, {_TIME_CHARS}) ELSE {extracted(HEAD, group=1)} END",
}

# A line that nothing stands before is taken apart at fixed texts, which is several times as fast as by the patterns
# that say what a line is; those are for all others.
_IS_PLAIN = f"regexp_matches(line, '^{HEAD}')"
_HEAD_TO_PID = HEAD.removesuffix(r"(?:\*(\d+) )?")
_QUOTE, _END_OF_REQUEST = '"', '", '
_BEHIND_REQUEST = " OR ".join(
    f"starts_with(behind_request, '{name}: \"')" for name in ("upstream", "host", "subrequest", "referrer")
)


def _after(mark: str, text: str = "line") -> str:
    """Return SQL for what follows the first such mark of a text; empty where there is none."""
    at = f"strpos({text}, '{mark}')"
    return f"CASE WHEN {at} > 0 THEN substr({text}, {at} + {len(mark)}) ELSE '' END"


_STEPS: tuple[Mapping[str, str], ...] = (
    {
        "text_at": "strpos(line, ': ') + 2",
        "client_at": "strpos(line, ', client: ')",
        "behind_prefix": f"CASE WHEN NOT is_plain THEN regexp_replace(line, '^.*?{_HEAD_TO_PID}', '') END",
        "after_request": _after(', request: "'),
        "after_upstream": _after(', upstream: "'),
    },
    {
        # What follows a message begins with the client, mostly.
        "said": "CASE WHEN is_plain AND client_at > 0 THEN substr(line, text_at, client_at - text_at) "
        "WHEN is_plain THEN substr(line, text_at) "
        f"ELSE {before('behind_prefix', ', client: ')} END",
    },
    {
        "is_numbered": r"regexp_matches(said, '^\*\d+ ')",
        "quoted": before("after_request", _END_OF_REQUEST),
        "behind_request": _after(_END_OF_REQUEST, "after_request"),
    },
    {
        "connection": "CASE WHEN is_numbered THEN TRY_CAST(substr(said, 2, strpos(said, ' ') - 2) AS BIGINT) END",
        "told": "CASE WHEN is_numbered THEN substr(said, strpos(said, ' ') + 1) ELSE said END",
        "request": "CASE WHEN after_request = '' THEN NULL "
        f"WHEN ({_BEHIND_REQUEST}) AND NOT contains(quoted, '\"') "
        f"THEN nullif(quoted, '') ELSE {extracted(REQUEST)} END",
        "upstream": f"CASE WHEN contains(after_upstream, '{_QUOTE}') "
        f"THEN nullif({before('after_upstream', _QUOTE)}, '') END",
    },
    {
        "message": "CASE WHEN contains(told, ', ') "
        f"AND regexp_matches(told, '{CONTEXT.removesuffix('.*')}') "
        f"THEN regexp_replace(told, '{CONTEXT}', '') ELSE told END",
    },
    {
        "own_errno": f"CASE WHEN contains(message, '(') THEN {number(ERRNO, 'INTEGER', 'message')} END",
        "phase": phase_sql("message"),
    },
    {
        "errno": "CASE own_errno "
        + " ".join(f"WHEN {own} THEN {of_linux}" for own, of_linux in LINUX_ERRNO.items())
        + " ELSE own_errno END",
    },
)


def error_projections(utc_offset_s: float) -> tuple[str, ...]:
    """Columns level, time_s and line over the lines of an error log in a time utc_offset_s ahead of UTC."""
    time_s = f"epoch(try_strptime(written, '{TIME_FORMAT}')) - {utc_offset_s!r}"
    return (
        f"line, {_IS_PLAIN} AS is_plain",
        f"line, is_plain, {_columns(_LEVEL_AND_TIME)}",
        f"level, CASE WHEN level IS NOT NULL THEN {time_s} END AS time_s, line, is_plain",
    )


def add_proxy_errors(
    connection: duckdb.DuckDBPyConnection, rows: str, *, file_name: str, host: str, mask: bool
) -> None:
    """Take over complaints, what level info tells of requests, and signals such as that to reload."""
    about_a_request = f"level = '{Severity.INFO}' AND contains(line, ', request: \"')"
    about_a_signal = (
        f"level = '{Severity.NOTICE}' AND regexp_matches(line, 'signal [0-9]+ .SIG(HUP|INT|QUIT|TERM|USR2).')"
    )
    kept = f"""
        SELECT * FROM {rows}
        WHERE {_NOT_STARTED} OR time_s IS NOT NULL AND (level IN {COMPLAINTS} OR {about_a_request} OR {about_a_signal})
    """  # noqa: S608 # constants, and the caller's rows
    parsed = reduce(lambda before, step: f"SELECT *, {_columns(step)} FROM ({before})", _STEPS, kept)  # noqa: S608
    for columns in masking_steps(("message", "request", "upstream")) if mask else ():
        parsed = f"SELECT {columns} FROM ({parsed})"  # noqa: S608 # constants
    known = {
        "proxy": f"'{Proxy.NGINX}'",
        # OpenResty's own, whose request stands behind a traceback.
        "status": "CASE WHEN request IS NULL AND starts_with(message, 'lua entry thread aborted') THEN 500 END",
        "host": f"nullif({text_literal(host)}, '')",
        "file": text_literal(file_name),
        "line": KEPT_OF_LINE,
    }
    selected = (f"CAST({known.get(name, name)} AS {sql_type})" for name, sql_type in PROXY_ERRORS.columns)
    connection.execute(f"INSERT INTO {PROXY_ERRORS.name} SELECT {', '.join(selected)} FROM ({parsed})")  # noqa: S608


def _columns(step: Mapping[str, str]) -> str:
    return ", ".join(f"{expression} AS {name}" for name, expression in step.items())
