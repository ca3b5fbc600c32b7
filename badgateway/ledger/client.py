"""Reads the rows Locust's side wrote, one per request it sent."""

from pathlib import Path

import duckdb

from badgateway.ledger.checks import Rule, broken, demand_none_broken, load, require_header, require_whole_lines
from badgateway.ledger.text_file import as_utf8
from badgateway.model.raw import CLIENT_COLUMNS
from badgateway.model.raw_words import ClientError

TABLE = "client"

ERRORS = tuple(error.value for error in ClientError)
"""All that the column error can hold; empty when the client has nothing to complain of."""
_WITH_HEADER = (ClientError.NONE.value, ClientError.TRUNCATED.value, ClientError.BAD_CONTENT.value)
_WITHOUT_HEADER = (ClientError.CONNECT_ERROR.value, ClientError.DISCONNECTED.value)

_TYPES = {
    "request_id": "VARCHAR",
    "name": "VARCHAR",
    "method": "VARCHAR",
    "intended_start_s": "DOUBLE",
    "start_s": "DOUBLE",
    "first_byte_s": "DOUBLE",
    "end_s": "DOUBLE",
    "status": "INTEGER",
    "body_bytes": "BIGINT",
    "expected_bytes": "BIGINT",
    "error": "VARCHAR",
    "detail": "VARCHAR",
    "accepted": "BOOLEAN",
}
_EARLIER = CLIENT_COLUMNS[: CLIENT_COLUMNS.index("accepted")]
"""The columns of an earlier kit, to which nobody could say that a status from 400 to 499 is right."""
_MAY_BE_EMPTY = ("first_byte_s", "expected_bytes")
_TEXTS = tuple(column for column, sql_type in _TYPES.items() if sql_type == "VARCHAR")
_TIMES = ("intended_start_s", "start_s", "first_byte_s", "end_s")

_RULES = (
    *(
        Rule(broken=f"{column} = ''", problem=f"has an empty {column}")
        for column in _TEXTS
        if column not in {"error", "detail"}
    ),
    *(
        Rule(broken=f"{column} IS NULL", problem=f"has an empty {column}")
        for column in _TYPES
        if column not in _MAY_BE_EMPTY
    ),
    *(Rule(broken=f"NOT isfinite({column})", problem=f"has no time in {column}") for column in _TIMES),
    Rule(broken="start_s < intended_start_s", problem="was sent before it was due"),
    Rule(broken="end_s < start_s", problem="ends before it starts: the machine's clock was set back"),
    Rule(
        broken="first_byte_s NOT BETWEEN start_s AND end_s",
        problem="has its first byte before its start or after its end",
    ),
    Rule(broken=f"error NOT IN {ERRORS}", problem=f"has an unknown error; known are {', '.join(ERRORS[1:])}"),
    Rule(broken="status <> 0 AND status NOT BETWEEN 100 AND 599", problem="has a status that HTTP does not have"),
    Rule(
        broken=f"status = 0 AND error IN {_WITH_HEADER}",
        problem="got no response header, but its error column says that one came",
    ),
    Rule(
        broken=f"status <> 0 AND error IN {_WITHOUT_HEADER}",
        problem="got a response header, but its error column says that none came",
    ),
    Rule(
        broken="accepted AND NOT (error = '' AND status BETWEEN 400 AND 499)",
        problem="is accepted, which only a whole answer with a status from 400 to 499 can be",
    ),
    Rule(broken="body_bytes < 0 OR expected_bytes < 0", problem="has a negative size"),
)


_ROWS = f"""
CREATE TABLE {TABLE} AS SELECT *, {broken(_RULES)} FROM (SELECT {{columns}} FROM read_csv($file, columns = {{types}},
    header = true, auto_detect = false, delim = ',', quote = '"', escape = '"', force_not_null = {list(_TEXTS)}))
"""  # noqa: S608 # constants of this module


def load_client(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Load the file into the connection's table `client`, as written; its rowid is that of the file's rows, from 0.

    Raises:
        RawDataError: The file is missing, cut, has another header, or a row that cannot be believed.
    """
    require_whole_lines(path)
    columns = require_header(path, CLIENT_COLUMNS, _EARLIER)
    load(path, lambda: _load_rows(connection, path, columns), where=str)
    demand_none_broken(path, connection, TABLE, _RULES)


def _load_rows(connection: duckdb.DuckDBPyConnection, path: Path, columns: tuple[str, ...]) -> None:
    types = {column: _TYPES[column] for column in columns}
    rows = _ROWS.format(columns="*" if "accepted" in columns else "*, false AS accepted", types=types)
    with as_utf8(path) as file:
        connection.execute(rows, {"file": str(file)})
