"""Reads nginx's access log, one JSON object per request it answered or gave up."""

import json
from pathlib import Path

import duckdb

from badgateway.ledger.checks import Rule, broken, demand_none_broken, load, require_whole_lines
from badgateway.ledger.text_file import as_utf8
from badgateway.model.raw import OWN_REQUESTS

TABLE = "proxy"
LINES = "proxy_lines"
"""The table behind it, which has the readiness probes too."""


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


# nginx puts ', ' between the servers it tried, ' : ' between groups of servers after an internal redirect. Hardly any
# request has several, and to split every text takes longer than to read the file.
_SEPARATOR = "', | : '"


def _has_several(column: str) -> str:
    return f"contains({column}, ', ') OR contains({column}, ' : ')"


def _last_try(column: str) -> str:
    last = f"CASE WHEN {_has_several(column)} THEN regexp_split_to_array({column}, {_SEPARATOR})[-1] ELSE {column} END"
    return f"nullif(nullif({last}, '-'), '')"


# Made once, and not in each place where it is asked for: to plan them all takes longer than to read a small file.
_LAST_TRIES = ", ".join(f"{_last_try(column)} AS last_{column}" for column in ("upstream_addr", *_NUMBERS_OF_TRIES))
_NUMBERS = ", ".join(
    f"TRY_CAST(last_{column} AS {sql_type}) AS number_{column}" for column, sql_type in _NUMBERS_OF_TRIES.items()
)

_RULES = (
    *(Rule(broken=f"{column} IS NULL", problem=f"lacks the key {column}") for column in _TYPES),
    Rule(broken="request_id = ''", problem="has an empty request_id"),
    *(
        Rule(
            broken=f"last_{column} IS NOT NULL AND number_{column} IS NULL",
            problem=f"has no number in {column}",
        )
        for column in _NUMBERS_OF_TRIES
    ),
)

_TRIES = (
    f"CASE WHEN upstream_addr IN ('', '-') THEN 0 WHEN {_has_several('upstream_addr')} "
    f"THEN len(regexp_split_to_array(upstream_addr, {_SEPARATOR})) ELSE 1 END"
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
    "last_upstream_addr AS upstream_addr",
    "number_upstream_status AS upstream_status",
    f"{_TRIES} AS upstream_tries",
    "number_upstream_connect_time_s AS upstream_connect_s",
    "number_upstream_header_time_s AS upstream_header_s",
    "number_upstream_response_time_s AS upstream_response_s",
    "true AS has_own_id",
)
_IS_PROBE = f"starts_with(request_id, '{OWN_REQUESTS}')"

# The row's place in the file; to count rows while they are read would keep DuckDB from reading with all its threads.
_VIEW = f"""
CREATE VIEW {TABLE} AS SELECT *, CASE WHEN has_own_id THEN rowid + 1 END AS proxy_line_number
FROM {LINES} WHERE NOT {_IS_PROBE}
"""  # noqa: S608 # constants of the kit
_ONLY_PROBES = f"""
SELECT connection FROM {LINES} WHERE {_IS_PROBE} EXCEPT SELECT connection FROM {TABLE}
"""  # noqa: S608 # constants of the kit


def load_proxy(connection: duckdb.DuckDBPyConnection, path: Path) -> frozenset[int]:
    """Load the log into the connection's view `proxy`, without the readiness probes.

    A value that nginx gives once per try is that of the last try, NULL where nginx writes '-'. `proxy_line_number` is
    the line of the file, from 1; NULL where the client's id is not in it.

    Returns:
        nginx's numbers of the connections that carried readiness probes and nothing else.

    Raises:
        RawDataError: The file is missing, cut, or has a line that is not the kit's log format.
    """
    require_whole_lines(path)
    load(path, lambda: _load_lines(connection, path), where=lambda words: _first_bad_line(path) or words)
    demand_none_broken(path, connection, LINES, _RULES)
    connection.execute(_VIEW)
    return frozenset(number for (number,) in connection.execute(_ONLY_PROBES).fetchall())


def _load_lines(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    # nginx passes on what is beyond ASCII as it came.
    with as_utf8(path, backslash="\\\\") as file:
        keys = ", ".join(f"{key}: '{sql_type}'" for key, sql_type in _TYPES.items())
        read = f"read_json($file, columns = {{{keys}}}, format = 'newline_delimited', records = 'true')"
        columns = f"{', '.join(_COLUMNS)}, {broken(_RULES)}"
        tries = f"SELECT *, {_NUMBERS} FROM (SELECT *, {_LAST_TRIES} FROM {read})"  # noqa: S608 # constants
        made = f"CREATE TABLE {LINES} AS SELECT {columns} FROM ({tries})"  # noqa: S608 # constants of this module
        connection.execute(made, {"file": str(file)})


def _first_bad_line(path: Path) -> str | None:
    # DuckDB counts the line of malformed JSON one too high, so the line is looked up, on this path only.
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                json.loads(line)
            except ValueError as error:
                return f"line {number} is not JSON: {error}"
    return None
