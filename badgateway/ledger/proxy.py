"""Reads nginx's access log, one JSON object per request it answered or gave up."""

import json
from pathlib import Path

import duckdb

from badgateway.ledger.checks import Rule, check, load, require_whole_lines
from badgateway.ledger.text_file import as_utf8

TABLE = "proxy"

PROBE_PREFIX = "health-"
"""Request ids of the kit's own readiness probes start so; they are no load and are left out."""

_RAW = "proxy_raw"
_TYPES = {
    "time_s": "DOUBLE",
    "request_id": "VARCHAR",
    "connection": "BIGINT",
    "connection_requests": "BIGINT",
    "method": "VARCHAR",
    "uri": "VARCHAR",
    "status": "INTEGER",
    "body_bytes": "BIGINT",
    "request_time_s": "DOUBLE",
    "upstream_addr": "VARCHAR",
    "upstream_status": "VARCHAR",
    "upstream_connect_time_s": "VARCHAR",
    "upstream_header_time_s": "VARCHAR",
    "upstream_response_time_s": "VARCHAR",
    "upstream_bytes_received": "VARCHAR",
    "upstream_content_length": "VARCHAR",
}
_NUMBERS_OF_TRIES = {
    "upstream_status": "INTEGER",
    "upstream_connect_time_s": "DOUBLE",
    "upstream_header_time_s": "DOUBLE",
    "upstream_response_time_s": "DOUBLE",
}


def _tries(column: str) -> str:
    # nginx puts ', ' between the servers it tried, ' : ' between groups of servers after an internal redirect.
    return rf"regexp_split_to_array({column}, ', | : ')"


def _last_try(column: str) -> str:
    return f"nullif(nullif({_tries(column)}[-1], '-'), '')"


_RULES = (
    *(Rule(broken=f"{column} IS NULL", problem=f"lacks the key {column}") for column in _TYPES),
    Rule(broken="request_id = ''", problem="has an empty request_id"),
    *(
        Rule(
            broken=f"{_last_try(column)} IS NOT NULL AND TRY_CAST({_last_try(column)} AS {sql_type}) IS NULL",
            problem=f"has no number in {column}",
        )
        for column, sql_type in _NUMBERS_OF_TRIES.items()
    ),
)

_COLUMNS = (
    "request_id",
    "time_s AS proxy_time_s",
    "connection",
    "method AS proxy_method",
    "uri AS proxy_uri",
    "status AS proxy_status",
    "body_bytes AS proxy_body_bytes",
    "request_time_s AS proxy_request_s",
    f"{_last_try('upstream_addr')} AS upstream_addr",
    f"CAST({_last_try('upstream_status')} AS INTEGER) AS upstream_status",
    f"CASE WHEN upstream_addr IN ('', '-') THEN 0 ELSE len({_tries('upstream_addr')}) END AS upstream_tries",
    f"CAST({_last_try('upstream_connect_time_s')} AS DOUBLE) AS upstream_connect_s",
    f"CAST({_last_try('upstream_header_time_s')} AS DOUBLE) AS upstream_header_s",
    f"CAST({_last_try('upstream_response_time_s')} AS DOUBLE) AS upstream_response_s",
)


def load_proxy(connection: duckdb.DuckDBPyConnection, path: Path) -> frozenset[int]:
    """Load the log into the connection's table `proxy`, without the readiness probes.

    A value that nginx gives once per try is that of the last try, NULL where nginx writes '-'.

    Returns:
        nginx's numbers of the connections that carried readiness probes and nothing else.

    Raises:
        RawDataError: The file is missing, cut, or has a line that is not the kit's log format.
    """
    require_whole_lines(path)
    load(path, lambda: _load_raw(connection, path), where=lambda words: _first_bad_line(path) or words)
    raw = connection.table(_RAW)
    check(path, raw, _RULES)
    raw.filter(f"NOT starts_with(request_id, '{PROBE_PREFIX}')").project(", ".join(_COLUMNS)).create(TABLE)
    probe_connections = _probe_connections(raw)
    connection.execute(f"DROP TABLE {_RAW}")
    return probe_connections


def _load_raw(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    # nginx passes on what is beyond ASCII as it came.
    with as_utf8(path, backslash="\\\\") as file:
        connection.read_json(str(file), columns=_TYPES, format="newline_delimited", records="true").create(_RAW)


def _first_bad_line(path: Path) -> str | None:
    # DuckDB counts the line of malformed JSON one too high, so the line is looked up, on this path only.
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                json.loads(line)
            except ValueError as error:
                return f"line {number} is not JSON: {error}"
    return None


def _probe_connections(raw: duckdb.DuckDBPyRelation) -> frozenset[int]:
    per_connection = raw.aggregate(f"connection, bool_and(starts_with(request_id, '{PROBE_PREFIX}')) AS only_probes")
    return frozenset(number for (number,) in per_connection.filter("only_probes").project("connection").fetchall())
