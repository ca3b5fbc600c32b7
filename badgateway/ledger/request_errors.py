"""Finds for each failed request the line of nginx's error log that tells of it."""

import duckdb

from badgateway.ledger.error_log import TABLE as ERROR_LINES
from badgateway.ledger.messages import kind_of
from badgateway.model.error_log import FAULTS, KNOWN_CHARACTERS
from badgateway.model.outcome import Outcome
from badgateway.model.raw_words import ClientError

TABLE = "request_errors"

# Lines from [error] up end a try of a request; of [info], those that tell why a client's connection was closed.
_ENDING = f"level IN {FAULTS} OR contains(message, 'client prematurely closed')"

# A header that the application sent is no failure of nginx's, unless the body behind it was cut.
_FAILED = (
    f"outcome <> '{Outcome.OK}' AND NOT (proxy_status >= 500 AND upstream_header_s IS NOT NULL "
    f"AND error <> '{ClientError.TRUNCATED}')"
)

_FAILED_REQUESTS = f"""
CREATE TABLE failed AS SELECT request_id, connection, proxy_time_s,
    left(proxy_method || ' ' || proxy_uri, {KNOWN_CHARACTERS}) AS target,
    CAST(floor(proxy_time_s) AS BIGINT) AS second
FROM {{requests}} WHERE proxy_status IS NOT NULL AND ({_FAILED} OR upstream_tries > 1)
"""  # noqa: S608 # constants of the kit

# A connection carries one request after the other, so the k-th failure of a second belongs to the k-th line of it.
# nginx writes the error before the access line: in the same second or, when it has just turned, in the one before.
_PAIR = f"""
INSERT INTO {TABLE}
SELECT request_id, message, line_number
FROM (
    SELECT *, row_number() OVER (PARTITION BY connection, target, second ORDER BY proxy_time_s) AS turn
    FROM failed ANTI JOIN {TABLE} USING (request_id)) f
JOIN (
    SELECT connection, message, line_number,
        left(regexp_replace(request, ' HTTP/[0-9.]+$', ''), {KNOWN_CHARACTERS}) AS target,
        CAST(time_s AS BIGINT) + $late_s AS second,
        row_number() OVER (PARTITION BY connection, target, second ORDER BY line_number) AS turn
    FROM {ERROR_LINES}
    WHERE ({_ENDING}) AND line_number NOT IN (SELECT line_number FROM {TABLE})) l
USING (connection, target, second, turn)
"""  # noqa: S608 # constants of the kit

_KINDS = f"""
UPDATE {TABLE} SET message = kinds.kind FROM kinds WHERE kinds.message = {TABLE}.message
"""  # noqa: S608 # constants of the kit


def find_request_errors(connection: duckdb.DuckDBPyConnection, requests: str) -> None:
    """Make the table `request_errors`: request_id, message (its kind) and line_number, at most one per failed request.

    Args:
        connection: With the table `error_lines`; gets the table `request_errors`.
        requests: Table with the joined books, outcome, and proxy_method and proxy_uri.
    """
    connection.execute(f"CREATE TABLE {TABLE} (request_id VARCHAR, message VARCHAR, line_number BIGINT)")
    connection.execute(_FAILED_REQUESTS.format(requests=requests))
    ((failed,),) = connection.execute("SELECT count(*) FROM failed").fetchall()
    if failed:
        for late_s in (0, 1):
            connection.execute(_PAIR, {"late_s": late_s})
        _name_kinds(connection)
    connection.execute("DROP TABLE failed")


def _name_kinds(connection: duckdb.DuckDBPyConnection) -> None:
    messages = connection.execute(f"SELECT DISTINCT message FROM {TABLE}").fetchall()  # noqa: S608 # a constant
    connection.execute("CREATE TABLE kinds (message VARCHAR, kind VARCHAR)")
    if messages:
        connection.executemany("INSERT INTO kinds VALUES (?, ?)", [(text, kind_of(text)) for (text,) in messages])
    connection.execute(_KINDS)
    connection.execute("DROP TABLE kinds")
