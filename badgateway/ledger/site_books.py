"""Makes the books of a trial on a site that already runs: the client's rows, and what of them the site's logs have."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from badgateway.ledger.app import load_app
from badgateway.ledger.balance import count_books
from badgateway.ledger.books import Books
from badgateway.ledger.error_log import TABLE as ERROR_LINES
from badgateway.ledger.proxy import LINES
from badgateway.ledger.proxy import TABLE as PROXY
from badgateway.model.raw import JOURNAL
from badgateway.model.site_log import SiteAccount

SITE_LINES = "site_lines"
"""The lines of the load's requests, one for each log that has it: `site_requests` with request_id, and `rank`."""

_RANK = "list_position(CAST($kinds AS VARCHAR[]), source) AS rank"
_BY_ID = f"""
CREATE TABLE {SITE_LINES} AS SELECT mark AS request_id, true AS by_id, {_RANK}, s.* EXCLUDE (mark, request_id)
FROM site_requests s SEMI JOIN client ON s.mark = client.request_id
"""  # noqa: S608 # constants of this module

# Both clocks may just have turned, and nobody knows by how much they are apart where no line bears an id.
_LIKENESS = f"""
INSERT INTO {SITE_LINES} BY NAME
WITH lost AS (
    SELECT request_id, method, status, body_bytes, CAST(floor(end_s) AS BIGINT) AS second
    FROM client ANTI JOIN {SITE_LINES} USING (request_id) WHERE status > 0),
unnamed AS (
    SELECT rowid AS line_id, method, status, body_bytes, CAST(floor(time_s) AS BIGINT) AS second
    FROM site_requests WHERE mark IS NULL AND source = $outermost),
fitting AS (
    SELECT request_id, line_id FROM lost JOIN unnamed USING (method, status, body_bytes)
    WHERE unnamed.second - lost.second IN (-1, 0, 1)),
pairs AS (
    SELECT * FROM fitting
    QUALIFY count(*) OVER (PARTITION BY request_id) = 1 AND count(*) OVER (PARTITION BY line_id) = 1)
SELECT pairs.request_id, false AS by_id, {_RANK}, s.* EXCLUDE (mark, request_id, line_id)
FROM pairs JOIN (SELECT rowid AS line_id, * FROM site_requests) s USING (line_id)
"""  # noqa: S608 # constants of this module

# What stands furthest in front has answered the client; a line of what is behind it tells of the same request.
_PROXY_LINES = f"""
CREATE TABLE {LINES} AS SELECT
    request_id, time_s AS proxy_time_s, connection, method AS proxy_method, uri AS proxy_uri, status AS proxy_status,
    body_bytes AS proxy_body_bytes, duration_s AS proxy_request_s, upstream_addr,
    TRY_CAST(regexp_extract(upstream_status, '([0-9]+)$', 1) AS INTEGER) AS upstream_status, upstream_tries,
    upstream_connect_s, upstream_header_s, upstream_response_s, by_id AS has_own_id, line_number AS proxy_line_number
FROM (SELECT DISTINCT ON (request_id) * FROM {SITE_LINES} ORDER BY request_id, rank, time_s, line_number)
"""  # noqa: S608 # constants of this module

_ERROR_LINES = f"""
CREATE TABLE {ERROR_LINES} AS SELECT line_number, time_s, connection, line, level, message,
    coalesce(request, '') AS request, coalesce(upstream, '') AS upstream FROM site_errors
"""  # noqa: S608 # constants of this module

_CONNECTIONS = f"""
UPDATE {SITE_LINES} SET connection = e.connection
FROM (SELECT mark, max(connection) AS connection FROM site_errors WHERE mark IS NOT NULL GROUP BY mark) e
WHERE {SITE_LINES}.request_id = e.mark AND {SITE_LINES}.connection IS NULL
"""  # noqa: S608 # constants of this module

_COUNTS = f"""
SELECT
    (SELECT count(*) FROM client WHERE status > 0),
    (SELECT count(*) FROM client SEMI JOIN (FROM {SITE_LINES} WHERE by_id) USING (request_id) WHERE status > 0),
    (SELECT count(DISTINCT request_id) FROM {SITE_LINES} WHERE NOT by_id),
    (SELECT count(*) FROM site_requests WHERE source = $outermost)
        - (SELECT count(*) FROM {SITE_LINES} WHERE source = $outermost)
"""  # noqa: S608 # constants of this module

# A line is written when the answer has been sent: not before the client began to ask, and not after it had all of it.
# A log of whole seconds leaves open what of the second had passed; of several logs, the finest tells.
_CLOCK = f"""
SELECT low_s, high_s FROM (
    SELECT max(time_s - end_s) - $slack_s AS low_s,
        min(time_s + resolution_s - coalesce(duration_s, 0) - start_s) + $slack_s AS high_s
    FROM (
        SELECT *, CASE WHEN bool_and(time_s = floor(time_s)) OVER (PARTITION BY file) THEN 1 ELSE 0.001 END
            AS resolution_s
        FROM {SITE_LINES} WHERE by_id)
    JOIN (SELECT request_id, start_s, end_s FROM client WHERE status > 0 AND error = '') USING (request_id)
    GROUP BY file)
WHERE low_s <= high_s ORDER BY high_s - low_s LIMIT 1
"""  # noqa: S608 # constants of this module
SLACK_S = 0.001
"""nginx rounds to milliseconds, and looks at its clock once an event."""


def make_site_books(connection: duckdb.DuckDBPyConnection, raw: Path, kinds: Sequence[str]) -> Books:
    """Make the books of one trial.

    Args:
        connection: With the tables `client`, `site_requests` and `site_errors`: proxy errors with their mark.
        raw: The trial's folder.
        kinds: Of logs that have requests, what stands furthest in front first.
    """
    outermost = _outermost(connection, kinds)
    connection.execute(_BY_ID, {"kinds": list(kinds)})
    connection.execute(_LIKENESS, {"kinds": list(kinds), "outermost": outermost})
    connection.execute(_CONNECTIONS)
    connection.execute(_PROXY_LINES)
    connection.execute(f"CREATE VIEW {PROXY} AS FROM {LINES}")
    connection.execute(_ERROR_LINES)
    has_app = load_app(connection, raw / JOURNAL)
    counts = count_books(connection, has_app=has_app)
    counts.pop("app_twice")
    return Books(
        connection=connection,
        probe_connections=frozenset(),
        has_app=has_app,
        counts=counts,
        app_twice=0,
        has_to_close=False,
    )


def site_account(
    connection: duckdb.DuckDBPyConnection, kinds: Sequence[str], *, cut_short: str, problems: Sequence[str]
) -> SiteAccount:
    """Return how far the logs tell of the load; to be asked when the books are made, and not yet joined."""
    parameters = {"outermost": _outermost(connection, kinds)}
    ((answered, by_id, by_likeness, others),) = connection.execute(_COUNTS, parameters).fetchall()
    clock = connection.execute(_CLOCK, {"slack_s": SLACK_S}).fetchone()
    return SiteAccount(
        answered=answered,
        by_id=by_id,
        by_likeness=by_likeness,
        others=others,
        clock_ahead_s=clock and (clock[0], clock[1]),
        cut_short=cut_short,
        problems=tuple(problems),
    )


def _outermost(connection: duckdb.DuckDBPyConnection, kinds: Sequence[str]) -> str:
    found = {kind for (kind,) in connection.execute("SELECT DISTINCT source FROM site_requests").fetchall()}
    return next((kind for kind in kinds if kind in found), "")
