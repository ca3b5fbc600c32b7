"""Files the tables `volume` and `failures` from a scanned log of requests."""

import duckdb

from badgateway.logs.scanning import FAILED, LINE_CHARS, row_count
from badgateway.model.evidence import FAILURES, PROXY_OF, VOLUME
from badgateway.model.masking import masked_sql
from badgateway.servers.line_format import LineFormat, text_literal

_IS_REQUEST = "status IS NOT NULL AND time_s IS NOT NULL"
_MASKED_COLUMNS = frozenset({"uri", "line"})


def add_volume(table: duckdb.DuckDBPyRelation, line_format: LineFormat) -> None:
    """Count the scanned requests by minute and status."""
    minutes = table.filter(_IS_REQUEST).project("CAST(floor(time_s / 60) AS BIGINT) * 60 AS minute_s, status")
    counted = minutes.aggregate("minute_s, status, count(*) AS requests")
    counted.project(f"'{line_format.kind}', minute_s, status, requests").order("minute_s, status").insert_into(
        VOLUME.name
    )


def add_failures(
    connection: duckdb.DuckDBPyConnection,
    table: duckdb.DuckDBPyRelation,
    line_format: LineFormat,
    *,
    file_name: str,
    mask: bool,
) -> None:
    """Take over the scanned requests that failed or were retried."""
    proxy = line_format.proxy or PROXY_OF.get(line_format.kind)
    known = {
        "failure_id": f"row_number() OVER (ORDER BY line_number) + {row_count(connection.table(FAILURES.name))}",
        "source": f"'{line_format.kind}'",
        "proxy": "NULL" if proxy is None else text_literal(proxy),
        "time_s": "time_s",
        "status": "status",
        "upstream_tries": "NULL",
        "has_upstream_times": "FALSE",
        **line_format.columns,
        "file": text_literal(file_name),
        "line_number": "line_number",
        "line": "line",
    }
    if mask:
        known |= {name: masked_sql(known[name]) for name in _MASKED_COLUMNS}
    known["line"] = f"left({known['line']}, {LINE_CHARS})"
    columns = (f"CAST({known.get(name, 'NULL')} AS {sql_type})" for name, sql_type in FAILURES.columns)
    failed = table.filter(f"{_IS_REQUEST} AND line IS NOT NULL AND ({FAILED} OR {line_format.was_retried})")
    failed.project(", ".join(columns)).insert_into(FAILURES.name)
