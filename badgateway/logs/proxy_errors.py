"""Fills the table `proxy_errors` from nginx's error log."""

import duckdb

from badgateway.logs.scanning import LINE_CHARS
from badgateway.model.error_log import COMPLAINTS, CONTEXT, ERRNO, HEAD, REQUEST, TIME_FORMAT, UPSTREAM, phase_sql
from badgateway.model.evidence import PROXY_ERRORS, Proxy
from badgateway.model.masking import masked_sql
from badgateway.servers.line_format import epoch_s, extracted, number, text_literal

MALFORMED = "time_s IS NULL"


def error_projection(utc_offset_s: float) -> str:
    """Columns level, time_s and line over the lines of an error log in a time utc_offset_s ahead of UTC."""
    time_s = f"{epoch_s(extracted(HEAD, group=1), TIME_FORMAT)} - {utc_offset_s!r}"
    level = extracted(HEAD, group=2)
    return f"{level} AS level, CASE WHEN {level} IS NOT NULL THEN {time_s} END AS time_s, line"


def add_proxy_errors(table: duckdb.DuckDBPyRelation, *, file_name: str, mask: bool) -> None:
    """Take over complaints, what level info tells of requests, and signals such as that to reload."""
    about_a_request = "level = 'info' AND contains(line, ', request: \"')"
    about_a_signal = "level = 'notice' AND regexp_matches(line, 'signal [0-9]+ .SIG(HUP|INT|QUIT|TERM|USR2).')"
    text = f"regexp_replace(line, '^.*?{HEAD}', '')"
    message = f"regexp_replace({text}, '{CONTEXT}', '')"
    known = {
        "time_s": "time_s",
        "proxy": f"'{Proxy.NGINX}'",
        "level": "level",
        "connection": number(HEAD, "BIGINT", group=3),
        "message": message,
        "errno": number(ERRNO, "INTEGER", message),
        "phase": phase_sql(message),
        "request": extracted(REQUEST),
        "upstream": extracted(UPSTREAM),
        "status": "NULL",
        "host": "NULL",
        "file": text_literal(file_name),
        "line_number": "line_number",
        "line": "line",
    }
    if mask:
        known |= {name: masked_sql(known[name]) for name in ("message", "request", "upstream", "line")}
    known["line"] = f"left({known['line']}, {LINE_CHARS})"
    columns = (f"CAST({known[name]} AS {sql_type})" for name, sql_type in PROXY_ERRORS.columns)
    kept = table.filter(f"time_s IS NOT NULL AND (level IN {COMPLAINTS} OR {about_a_request} OR {about_a_signal})")
    kept.order("line_number").project(", ".join(columns)).insert_into(PROXY_ERRORS.name)
