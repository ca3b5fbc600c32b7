"""Fills the table `proxy_errors` from nginx's error log."""

import duckdb

from badgateway.logs.line_format import epoch_s, extracted, number, text_literal
from badgateway.logs.masking import masked_sql
from badgateway.logs.scanning import LINE_CHARS
from badgateway.model.evidence import PROXY_ERRORS, Phase

LOOKS_LIKE_ERROR_LOG = r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[\w+\] \d+#\d+: "

MALFORMED = "time_s IS NULL"

_HEADER = r"\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \[\w+\] \d+#\d+: (?:\*\d+ )?"
_LEVELS = "('emerg', 'alert', 'crit', 'error', 'warn')"

# What nginx appends about the request.
_CONTEXT = r", (?:client|server|upstream|request|subrequest|host|referrer): .*"

_PHASES = (
    ("while connecting to upstream", Phase.CONNECTING),
    ("while sending request to upstream", Phase.SENDING),
    ("while sending to upstream", Phase.SENDING),
    ("while reading response header from upstream", Phase.READING_HEADER),
    ("while reading upstream", Phase.READING_BODY),
)


def error_projection(utc_offset_s: float) -> str:
    """Columns level, time_s and line over the lines of an error log in a time utc_offset_s ahead of UTC."""
    local_time = extracted(r"(\d{4}/\d\d/\d\d \d\d:\d\d:\d\d) \[")
    time_s = f"{epoch_s(local_time, '%Y/%m/%d %H:%M:%S')} - {utc_offset_s!r}"
    level = extracted(r"\d\d:\d\d:\d\d \[(\w+)\] \d+#\d+: ")
    return f"{level} AS level, CASE WHEN {level} IS NOT NULL THEN {time_s} END AS time_s, line"


def add_proxy_errors(table: duckdb.DuckDBPyRelation, *, file_name: str, mask: bool) -> None:
    """Take over complaints, what level info tells of requests, and signals such as that to reload."""
    about_a_request = "level = 'info' AND contains(line, ', request: \"')"
    about_a_signal = "level = 'notice' AND regexp_matches(line, 'signal [0-9]+ .SIG(HUP|INT|QUIT|TERM|USR2).')"
    text = f"regexp_replace(line, '^.*?{_HEADER}', '')"
    message = f"regexp_replace({text}, '{_CONTEXT}', '')"
    known = {
        "time_s": "time_s",
        "level": "level",
        "connection": number(_HEADER.replace(r"(?:\*\d+ )?", r"\*(\d+) "), "BIGINT"),
        "message": message,
        "errno": number(r"\((\d+): ", "INTEGER", message),
        "phase": f"CASE {_phase_cases(message)} ELSE '{Phase.OTHER}' END",
        "request": extracted(r', request: "(.*?)"(?:, (?:subrequest|upstream|host|referrer): "|$)'),
        "upstream": extracted(r', upstream: "([^"]*)"'),
        "file": text_literal(file_name),
        "line_number": "line_number",
        "line": "line",
    }
    if mask:
        known |= {name: masked_sql(known[name]) for name in ("message", "request", "upstream", "line")}
    known["line"] = f"left({known['line']}, {LINE_CHARS})"
    columns = (f"CAST({known[name]} AS {sql_type})" for name, sql_type in PROXY_ERRORS.columns)
    kept = table.filter(f"time_s IS NOT NULL AND (level IN {_LEVELS} OR {about_a_request} OR {about_a_signal})")
    kept.order("line_number").project(", ".join(columns)).insert_into(PROXY_ERRORS.name)


def _phase_cases(message: str) -> str:
    return " ".join(f"WHEN contains({message}, '{words}') THEN '{phase}'" for words, phase in _PHASES)
