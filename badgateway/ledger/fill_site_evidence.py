"""Fills the tables of evidence from a trial on a site that already runs, so that its failures can be diagnosed.

Times of evidence are the site's own; what only the client knows is moved to that clock.
"""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from badgateway.ledger.fill_evidence import fill_volume, quote
from badgateway.ledger.join import FAILED_LINES, Ledger
from badgateway.ledger.site_books import SITE_LINES
from badgateway.model.evidence import DATED_LINES, FAILURES, PROXY_ERRORS, SERVER_EVENTS, TABLES
from badgateway.model.outcome import Outcome
from badgateway.model.raw import CLIENT_ROWS
from badgateway.model.raw_words import OWN_TRIAL, TrialPhase
from badgateway.model.site_log import SiteAccount

BEFORE_S = 120.0
"""What servers said so long before the load may still explain what failed in it."""
_WANTED = f"phase = '{TrialPhase.WINDOW}'"
_FAILED = f"l.{_WANTED} AND (l.outcome <> '{Outcome.OK}' OR coalesce(s.upstream_tries, 1) > 1)"

# The line of what stands straight before the server says most of why.
_INNERMOST = f"""
CREATE TABLE innermost AS SELECT DISTINCT ON (request_id) * FROM {SITE_LINES}
ORDER BY request_id, (rank > $proxies), rank DESC, time_s, line_number
"""  # noqa: S608 # constants of this module
# Of a request that no access log has, a complaint with its id says the rest, in whatever zone that log is.
_COMPLAINTS = """
CREATE TABLE complaints AS
SELECT mark AS request_id, max(time_s) AS time_s, arg_max(proxy, time_s) AS proxy,
    arg_max(connection, time_s) AS connection, split_part(arg_max(request, time_s), ' ', 2) AS uri
FROM site_errors WHERE mark IS NOT NULL AND time_s IS NOT NULL GROUP BY mark
"""
_TIME_S = "coalesce(s.time_s, x.time_s, l.end_s + $ahead_s)"
_FAILURES = f"""
CREATE TABLE failed AS SELECT
    row_number() OVER (ORDER BY {_TIME_S}, l.request_id) AS failure_id,
    '{OWN_TRIAL}' AS source, coalesce(s.proxy, x.proxy) AS proxy, {_TIME_S} AS time_s,
    coalesce(s.duration_s, l.latency_ms / 1000) AS duration_s, coalesce(s.method, l.method) AS method,
    coalesce(s.uri, x.uri) AS uri,
    coalesce(nullif(l.status, 0), s.status) AS status, l.outcome, s.upstream_status, s.upstream_addr,
    s.upstream_connect_s, s.upstream_header_s, s.upstream_response_s, s.upstream_tries,
    coalesce(s.has_upstream_times, false) AS has_upstream_times, coalesce(s.connection, x.connection) AS connection,
    l.request_id,
    coalesce(s.body_bytes, l.body_bytes) AS body_bytes, NULL AS app_pid, NULL AS app_started_s, NULL AS app_ended_s,
    NULL AS app_status, s.proxy_reason, NULL AS client, NULL AS forwarded_for, NULL AS asked_host, NULL AS host,
    coalesce(s.file, '{CLIENT_ROWS}') AS file, coalesce(s.line_number, f.client_line_number) AS line_number,
    coalesce(s.line, c.line) AS line
FROM ledger l LEFT JOIN innermost s USING (request_id) LEFT JOIN complaints x USING (request_id)
LEFT JOIN {FAILED_LINES} f USING (request_id)
LEFT JOIN client_lines c ON s.request_id IS NULL AND c.line_number = f.client_line_number
WHERE {_FAILED}
"""  # noqa: S608 # constants of this module
_CLIENT_LINES = f"""
SELECT client_line_number FROM {FAILED_LINES} ANTI JOIN {SITE_LINES} USING (request_id)
SEMI JOIN (FROM ledger WHERE {_WANTED}) USING (request_id) WHERE client_line_number IS NOT NULL
"""  # noqa: S608 # constants of this module
_SPAN = "SELECT min(start_s) + $ahead_s - $before_s, max(end_s) + $ahead_s + 1 FROM ledger"


def fill_site_evidence(ledger: Ledger, raw: Path, account: SiteAccount, proxies: int) -> None:
    """Make all tables of evidence in the ledger's connection, and fill them for the requests of the window.

    Args:
        ledger: Of books that `make_site_books` made; its connection has `site_errors` and `site_events` besides.
        raw: The trial's folder.
        account: Says how far the clocks are apart.
        proxies: How many kinds of logs are those of proxies; servers' come behind them.
    """
    connection = ledger.connection
    for table in TABLES:
        connection.execute(table.ddl.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS", 1))
    ahead_s = sum(account.clock_ahead_s) / 2 if account.clock_ahead_s else 0.0
    quote(connection, "client_lines", raw / CLIENT_ROWS, _CLIENT_LINES, backslash="\\")
    connection.execute(_INNERMOST, {"proxies": proxies})
    connection.execute(_COMPLAINTS)
    connection.execute(_FAILURES, {"ahead_s": ahead_s})
    _insert(connection, "failed", [name for name, _ in FAILURES.columns], FAILURES.name)
    fill_volume(connection, _WANTED)
    bounds = {"ahead_s": ahead_s, "before_s": BEFORE_S}
    ((first_s, last_s),) = connection.execute(_SPAN, bounds).fetchall()
    during = f"time_s IS NULL OR time_s BETWEEN {first_s!r} AND {last_s!r}"
    for source, table in (
        (f"site_errors WHERE mark IS NOT NULL OR {during}", PROXY_ERRORS),
        (f"site_events WHERE {during}", SERVER_EVENTS),
        (f"site_dated WHERE {during}", DATED_LINES),
    ):
        _insert(connection, source, [name for name, _ in table.columns], table.name)
    connection.execute("DROP TABLE failed; DROP TABLE client_lines; DROP TABLE innermost; DROP TABLE complaints")


def _insert(connection: duckdb.DuckDBPyConnection, source: str, columns: Sequence[str], table: str) -> None:
    names = ", ".join(columns)
    connection.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM {source}")  # noqa: S608 # constants, numbers
