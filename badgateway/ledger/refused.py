"""Finds the client's row of each request that nginx refused before it had read the request's id."""

from collections.abc import Sequence

import duckdb

from badgateway.ledger.proxy import LINES
from badgateway.model.raw_words import ClientError

_CLOCKS_S = 0.01
"""nginx's clock stands still for a moment, and the client's begins before the connection."""

# A request line or a header too large, or one that is no HTTP. nginx gives it an id of its own.
_REFUSED = """
SELECT request_id, proxy_time_s, proxy_status FROM proxy ANTI JOIN client USING (request_id)
WHERE proxy_status BETWEEN 400 AND 499 AND upstream_tries = 0 AND regexp_full_match(request_id, '[0-9a-f]{32}')
ORDER BY proxy_time_s, connection
"""
# nginx closes the connection behind its answer, unread bytes and all: that may take the answer with it.
_WITHOUT_PROXY = f"""
SELECT request_id, start_s, end_s, status FROM client ANTI JOIN proxy USING (request_id)
WHERE status BETWEEN 400 AND 499 OR error = '{ClientError.DISCONNECTED}' ORDER BY end_s, request_id
"""  # noqa: S608 # a word of the client's rows

_NAME = f"UPDATE {LINES} SET request_id = ?, has_own_id = false WHERE request_id = ?"  # noqa: S608 # a constant

Refused = tuple[str, float, int]
Sent = tuple[str, float, float, int]


def name_refused(connection: duckdb.DuckDBPyConnection) -> None:
    """Give each such line of `proxy` the id of the row of `client` that it is about.

    That row has no line of its own, the same status (or no answer), and was under way when nginx refused. What has no
    such row keeps its id, and the books do not balance.
    """
    refused = connection.execute(_REFUSED).fetchall()
    pairs = pair(refused, connection.execute(_WITHOUT_PROXY).fetchall()) if refused else []
    if pairs:
        connection.executemany(_NAME, pairs)


def pair(refused: Sequence[Refused], sent: Sequence[Sent]) -> list[tuple[str, str]]:
    """Return the client's and the proxy's id of each pair.

    Args:
        refused: Id, time and status of each line, in the order of time.
        sent: Id, start, end and status (0: no answer) of each row, in the order of their ends.
    """
    left = dict.fromkeys(sent)
    pairs: list[tuple[str, str]] = []
    for answered in (True, False):
        done = {proxy_id for _, proxy_id in pairs}
        for proxy_id, time_s, status in refused:
            wanted = status if answered else 0
            fitting = (row for row in left if row[3] == wanted and _is_under_way(row, time_s))
            row = None if proxy_id in done else next(fitting, None)
            if row is not None:
                del left[row]
                pairs.append((row[0], proxy_id))
    return pairs


def _is_under_way(row: Sent, time_s: float) -> bool:
    _, start_s, end_s, _ = row
    return start_s - _CLOCKS_S <= time_s <= end_s + _CLOCKS_S
