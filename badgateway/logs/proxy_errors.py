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
    UPSTREAM,
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

# Of a line that nothing stands before, as of most, one look at its beginning tells all of that; the patterns that say
# what a line is are for the others, and take several times as long.
_BEGINNING = "^" + HEAD.replace(r"\d+#\d+", r"(\d+#\d+)")
_HEAD = f"regexp_extract(line, '{_BEGINNING}', ['written', 'level', 'process', 'number'])"
_IS_PLAIN = "head.written <> ''"
_AROUND_LEVEL, _BEHIND_PROCESS, _AROUND_NUMBER = len(" [") + len("] "), len(": "), len("*") + len(" ")
_TOLD_OF_HEAD = {
    "level": f"CASE WHEN {_NOT_STARTED} THEN '{Severity.EMERG}' WHEN {_IS_PLAIN} THEN head.level "
    f"ELSE {extracted(HEAD, group=2)} END",
    "written": f"CASE WHEN {_IS_PLAIN} THEN head.written ELSE {extracted(HEAD, group=1)} END",
    "connection": f"TRY_CAST(CASE WHEN {_IS_PLAIN} THEN head.number ELSE {extracted(HEAD, group=3)} END AS BIGINT)",
    # Where what is told begins; NULL where something stands before it all.
    "told_at": f"CASE WHEN {_IS_PLAIN} THEN strlen(head.written) + {_AROUND_LEVEL} + strlen(head.level) "
    f"+ strlen(head.process) + {_BEHIND_PROCESS} + 1 "
    f"+ CASE WHEN head.number = '' THEN 0 ELSE strlen(head.number) + {_AROUND_NUMBER} END END",
}
_BEHIND_REQUEST = " OR ".join(f"parts[3] = ', {name}: '" for name in ("upstream", "host", "subrequest", "referrer"))

_KEPT = f"""
{_NOT_STARTED} OR time_s IS NOT NULL AND (level IN {COMPLAINTS}
    OR level = '{Severity.INFO}' AND contains(line, ', request: "')
    OR level = '{Severity.NOTICE}' AND regexp_matches(line, 'signal [0-9]+ .SIG(HUP|INT|QUIT|TERM|USR2).'))
"""
"""Complaints, what level info tells of requests, and signals such as that to reload."""

_STEPS: tuple[Mapping[str, str], ...] = (
    {
        "client_at": "strpos(line, ', client: ')",
        "behind_prefix": f"CASE WHEN told_at IS NULL THEN regexp_replace(line, '^.*?{HEAD}', '') END",
        # What stands between quotation marks, and before, behind and between them.
        "parts": "string_split(line, '\"')",
    },
    # Mostly a request is what the first of them stand around.
    {"is_usual": f"ends_with(parts[1], ', request: ') AND len(parts) > 3 AND ({_BEHIND_REQUEST})"},
    {
        # What follows a message begins with the client, mostly.
        "told": "CASE WHEN told_at IS NOT NULL AND client_at > 0 THEN substr(line, told_at, client_at - told_at) "
        f"WHEN told_at IS NOT NULL THEN substr(line, told_at) ELSE {before('behind_prefix', ', client: ')} END",
        "request": "CASE WHEN is_usual THEN nullif(parts[2], '') "
        f"WHEN contains(line, ', request: \"') THEN {extracted(REQUEST)} END",
        "upstream": "CASE WHEN is_usual AND parts[3] = ', upstream: ' AND len(parts) > 4 THEN nullif(parts[4], '') "
        f"WHEN contains(line, ', upstream: \"') THEN {extracted(UPSTREAM)} END",
    },
    {
        "message": "CASE WHEN contains(told, ', ') "
        f"AND regexp_matches(told, '{CONTEXT.removesuffix('.*')}') "
        f"THEN regexp_replace(told, '{CONTEXT}', '') ELSE told END",
    },
    {"opened": "CASE WHEN contains(message, '(') THEN string_split(message, '(') END", "phase": phase_sql("message")},
    # What failed is a call, mostly: connect() failed (111: Connection refused).
    {"code": "CASE WHEN opened[2][1] = ')' THEN opened[3] ELSE opened[2] END"},
    {"code_text": "left(code, greatest(strpos(code, ': ') - 1, 0))"},
    {"code_number": "TRY_CAST(code_text AS INTEGER)"},
    {
        "own_errno": "CASE WHEN code IS NULL THEN NULL "
        "WHEN code_number >= 0 AND CAST(code_number AS VARCHAR) = code_text THEN code_number "
        f"ELSE {number(ERRNO, 'INTEGER', 'message')} END",
    },
    {
        "errno": "CASE own_errno "
        + " ".join(f"WHEN {own} THEN {of_linux}" for own, of_linux in LINUX_ERRNO.items())
        + " ELSE own_errno END",
    },
)
_TOLD = "line_number, level, time_s, connection, message, errno, phase, request, upstream, line"


def error_projections(utc_offset_s: float) -> tuple[str, ...]:
    """Columns over the lines of an error log in a time utc_offset_s ahead of UTC: level, time_s, its head's, line."""
    time_s = f"epoch(try_strptime(written, '{TIME_FORMAT}')) - {utc_offset_s!r}"
    return (
        f"line, {_HEAD} AS head",
        f"line, {_columns(_TOLD_OF_HEAD)}",
        f"level, CASE WHEN level IS NOT NULL THEN {time_s} END AS time_s, connection, told_at, line",
    )


def told(rows: str, *, mask: bool) -> str:
    """Return SQL for what the lines say that are kept.

    Args:
        rows: SQL for a table of the lines. Of one DuckDB knows whether it is all ASCII, so that it need not count the
            characters before a place: taken apart as they are read, they would take several times as long.
        mask: Whether to mask values in it.
    """
    columns = (
        *(f"*, {_columns(step)}" for step in _STEPS),
        _TOLD,
        *(masking_steps(("message", "request", "upstream")) if mask else ()),
    )
    kept = f"SELECT * FROM {rows} WHERE {_KEPT}"  # noqa: S608 # constants, and the caller's rows
    return reduce(lambda before, selected: f"SELECT {selected} FROM ({before})", columns, kept)  # noqa: S608 # as above


def add_proxy_errors(
    connection: duckdb.DuckDBPyConnection,
    rows: str,
    *,
    file_name: str,
    host: str,
    mask: bool,
    leaves_lines: bool = False,
) -> None:
    """Take over what the lines say that are kept.

    Args:
        connection: With the table.
        rows: SQL for the scanned lines.
        file_name: What reports call the file.
        host: The machine that it is of; empty where that is not known.
        mask: Whether to mask values in what they say.
        leaves_lines: Whether to leave out the lines themselves, save those that are about no request.
    """
    known = {
        "proxy": f"'{Proxy.NGINX}'",
        # OpenResty's own, whose request stands behind a traceback.
        "status": "CASE WHEN request IS NULL AND starts_with(message, 'lua entry thread aborted') THEN 500 END",
        "host": f"nullif({text_literal(host)}, '')",
        "file": text_literal(file_name),
        "line": f"CASE WHEN request IS NULL THEN {KEPT_OF_LINE} END" if leaves_lines else KEPT_OF_LINE,
    }
    selected = (f"CAST({known.get(name, name)} AS {sql_type})" for name, sql_type in PROXY_ERRORS.columns)
    connection.execute(f"INSERT INTO {PROXY_ERRORS.name} SELECT {', '.join(selected)} FROM ({told(rows, mask=mask)})")  # noqa: S608 # constants, and the caller's rows


def _columns(step: Mapping[str, str]) -> str:
    return ", ".join(f"{expression} AS {name}" for name, expression in step.items())
