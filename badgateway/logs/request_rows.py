"""Fills the tables `volume`, `failures` and `dated_lines` from a scanned log."""

import duckdb

from badgateway.logs.scanning import FAILED, KEPT_OF_LINE
from badgateway.model.evidence import DATED_LINES, FAILURES, VOLUME
from badgateway.model.log_kind import PROXY_OF
from badgateway.model.masking import masked_values_sql
from badgateway.servers.line_format import LineFormat, text_literal

_IS_REQUEST = "status IS NOT NULL AND time_s IS NOT NULL"


def add_volume(connection: duckdb.DuckDBPyConnection, rows: str, line_format: LineFormat) -> None:
    """Count the scanned requests by minute and status."""
    connection.execute(f"""
        INSERT INTO {VOLUME.name}
        SELECT '{line_format.kind}', CAST(floor(time_s / 60) AS BIGINT) * 60 AS minute_s, status, count(*)
        FROM {rows} WHERE {_IS_REQUEST} GROUP BY minute_s, status ORDER BY minute_s, status
    """)  # noqa: S608 # constants, and the caller's rows


def add_dated_lines(connection: duckdb.DuckDBPyConnection, rows: str, *, kind: str, file_name: str) -> None:
    """Note where in the file the times stand, for lines beside them that have none."""
    connection.execute(f"""
        INSERT INTO {DATED_LINES.name}
        SELECT {text_literal(kind)}, {text_literal(file_name)}, unnest([min(line_number), max(line_number)]), second
        FROM (SELECT line_number, floor(time_s) AS second FROM {rows} WHERE time_s IS NOT NULL) GROUP BY second
    """)  # noqa: S608 # constants, and the caller's rows


def add_failures(
    connection: duckdb.DuckDBPyConnection,
    rows: str,
    line_format: LineFormat,
    *,
    file_name: str,
    host: str,
    mask: bool,
) -> None:
    """Take over the scanned requests that failed or were retried."""
    wanted = f"{rows} WHERE {_IS_REQUEST} AND line IS NOT NULL AND ({FAILED} OR {line_format.was_retried})"
    # To plan what takes them apart takes longer than to see that there are none.
    if connection.execute(f"SELECT EXISTS (FROM {wanted})").fetchall() == [(False,)]:
        return
    proxy = line_format.proxy or PROXY_OF.get(line_format.kind)
    known = {
        # In the order of the lines, as a number of their own would be, which only one thread could give.
        "failure_id": f"line_number + {_last_id(connection)}",
        "source": f"'{line_format.kind}'",
        "proxy": "NULL" if proxy is None else text_literal(proxy),
        "time_s": "time_s",
        "status": "status",
        "upstream_tries": "NULL",
        "has_upstream_times": "FALSE",
        **line_format.columns,
        "host": f"nullif({text_literal(host)}, '')",
        "file": text_literal(file_name),
        "line_number": "line_number",
        "line": KEPT_OF_LINE,
    }
    columns = (f"CAST({known.get(name, 'NULL')} AS {sql_type}) AS {name}" for name, sql_type in FAILURES.columns)
    masking = f"* REPLACE ({masked_values_sql('uri')} AS uri)" if mask else "*"
    connection.execute(f"""
        INSERT INTO {FAILURES.name} SELECT {masking} FROM (SELECT {", ".join(columns)} FROM {wanted})
    """)  # noqa: S608 # as above


def _last_id(connection: duckdb.DuckDBPyConnection) -> int:
    last_of_all = f"SELECT coalesce(max(failure_id), 0) FROM {FAILURES.name}"  # noqa: S608 # a constant
    ((last,),) = connection.execute(last_of_all).fetchall()
    return int(last)
