"""Prepares failures: each with the proxy's line about it and what can be read off its own columns."""

from badgateway.causes.conditions import common_sql, host_sql, listed, place_sql
from badgateway.causes.large_tables import REASON, LargeTables, Numbers
from badgateway.causes.line_pairs import pair_lines
from badgateway.model.evidence import Reason
from badgateway.model.log_kind import LogKind, Proxy
from badgateway.model.outcome import Outcome
from badgateway.model.raw_words import OWN_TRIAL
from badgateway.servers.registry import server_logs

_SAME_VIEW = 0.6
"""Of so many failures in a file is the client known to the error log: then it would know that of the others, too."""
# Once and by themselves: a window over all rows, and each look into all lines, take long where there are millions.
_COMMON_CLIENTS = """
CREATE OR REPLACE TEMP TABLE common_clients AS
SELECT DISTINCT client FROM proxy_lines
SEMI JOIN (SELECT client FROM failures UNION SELECT forwarded_for FROM failures) USING (client)
"""
# Which of the two the error log has is the server's own setting.
_CLIENT = "CASE WHEN forwarded_for IN (FROM common_clients) THEN forwarded_for ELSE client END"
_FILES_OF_SAME_VIEW = f"""
CREATE OR REPLACE TEMP TABLE files_of_same_view AS
SELECT coalesce(file, '') AS file
FROM (SELECT file, {_CLIENT} AS client FROM failures) WHERE client IS NOT NULL
GROUP BY ALL HAVING avg(coalesce(client IN (FROM common_clients), false)::INTEGER) >= {_SAME_VIEW}
"""  # noqa: S608 # constants of this module
_ROWS = f"""
SELECT {{id}} AS id, * EXCLUDE (file, line_number),
    floor(time_s)::BIGINT AS second, seen_status AS status,
    method || ' ' || uri AS request, coalesce(host, '') AS on_host,
    CASE WHEN in_both OR coalesce(file, '') IN (FROM files_of_same_view) THEN client
        WHEN client IS NOT NULL THEN '?' END AS client_key,
    {common_sql("asked", "(SELECT DISTINCT asked FROM proxy_lines)")} AS asked_key,
    balanced AND upstream_status IS NULL AS lb_made,
    coalesce(outcome <> '{Outcome.TRUNCATED}', true) AND seen_status < 499 AND upstream_tries > 1 AS retried,
    coalesce(NOT balanced AND seen_status >= 500 AND (upstream_header_s IS NOT NULL OR app_status >= 500), false)
        AS header_came,
    -- Where nothing tells whether a header came: proxies make these three, and hardly any other.
    header_came OR coalesce(seen_status BETWEEN 500 AND 599 AND seen_status NOT IN (502, 503, 504)
        AND proxy_reason IS NULL
        AND CASE WHEN balanced THEN upstream_status IS NOT NULL ELSE NOT has_upstream_times END, false) AS app_answered
FROM (SELECT *, coalesce(client IN (FROM common_clients), false) AS in_both FROM (
    SELECT * EXCLUDE (status, upstream_status, line, request_id, body_bytes, asked_host, client, forwarded_for),
        status AS client_status,
        {_CLIENT} AS client,
        {host_sql("asked_host")} AS asked,
        CASE WHEN outcome IN {listed((Outcome.CLIENT_CLOSED, Outcome.CLIENT_TIMEOUT))} THEN 499
            ELSE coalesce(status, 0) END AS seen_status,
        CASE WHEN upstream_status NOT IN ('', '-', '0') THEN upstream_status END AS upstream_status,
        coalesce(proxy IN {listed((Proxy.ALB, Proxy.CLASSIC_ELB))}, false) AS balanced
    FROM failures WHERE {{piece}}))
"""  # noqa: S608 # words of the evidence
"""What the failures' own rows say. The id is in the order in which the requests ended."""
_TO_ORDER = "row_number() OVER (ORDER BY time_s, file, line_number, failure_id)"
_NUMBERS = """
SELECT coalesce(min(file) = max(file) AND count(time_s) = count(*) AND bool_and(follows), false),
    coalesce(min(failure_id), 0), coalesce(max(failure_id), 0), count(*)
FROM (
    SELECT *, id_before IS NULL
        OR failure_id > id_before AND (time_s > before_s OR time_s = before_s AND line_number > line_before) AS follows
    FROM (SELECT failure_id, time_s, file, line_number, lag(failure_id) OVER () AS id_before,
        lag(time_s) OVER () AS before_s, lag(line_number) OVER () AS line_before FROM failures))
"""
"""Whether the failures are in order as they are, and of their ids the first, the last and how many."""

# What nginx did last, where no line tells but the times it logged do: '-' means that it did not get so far.
_REASON = f"""
CASE
    WHEN f.status IN (499, 460) THEN '{Reason.CLIENT_GONE}'
    WHEN m.reason IS NOT NULL THEN m.reason
    WHEN f.proxy_reason IS NOT NULL THEN f.proxy_reason
    WHEN f.lb_made OR f.app_answered OR f.retried THEN NULL
    WHEN f.outcome = '{Outcome.TRUNCATED}' THEN '{Reason.CUT_UNSEEN}'
    WHEN NOT coalesce(f.has_upstream_times, false) OR f.balanced THEN NULL
    WHEN f.upstream_status IS NULL AND f.upstream_addr IS NULL THEN NULL
    WHEN f.status = 502 AND f.upstream_connect_s IS NULL AND f.upstream_addr IS NOT NULL
        AND NOT regexp_matches(f.upstream_addr, '(unix:|:[0-9]+)[^,]*$') THEN '{Reason.NONE_LIVE}'
    WHEN f.status = 502 AND f.upstream_connect_s IS NULL THEN '{Reason.UNCONNECTED}'
    WHEN f.status = 502 THEN '{Reason.LOST}'
    WHEN f.status = 504 AND f.upstream_connect_s IS NULL THEN '{Reason.CONNECT_TIMEOUT}'
    WHEN f.status = 504 THEN '{Reason.READ_TIMEOUT}'
END
"""

_ADDRESSES = f"""
CREATE OR REPLACE TEMP TABLE addresses AS
SELECT upstream, {place_sql("upstream")} AS place FROM (
    SELECT '' AS upstream UNION SELECT upstream_addr FROM failure_rows WHERE upstream_addr IS NOT NULL
    UNION SELECT upstream FROM proxy_lines WHERE upstream IS NOT NULL)
"""  # noqa: S608 # a constant of this module
"""A million failures have a few addresses, and to look into one takes long."""

# The site is the same for all requests that the same servers may have got.
_LOCATED = """
SELECT *, coalesce(place, '') || chr(31) || coalesce(host, '') AS site
FROM (SELECT r.*, a.place FROM ("""

_PREPARED = f"""
{_LOCATED}
SELECT f.failure_id, coalesce(m.proxy, f.proxy) AS proxy, coalesce(f.host, m.host) AS host, f.status,
    coalesce(f.client_status, 0) AS client_status, f.outcome,
    -- Apache's access log has when the request came.
    CASE WHEN m.proxy = '{Proxy.APACHE}' THEN greatest(f.time_s, m.time_s) ELSE f.time_s END AS time_s,
    CASE WHEN m.proxy = '{Proxy.APACHE}' THEN greatest(f.second, m.second) ELSE f.second END AS second,
    coalesce(f.time_s - coalesce(f.duration_s, f.upstream_response_s), f.app_started_s, f.time_s) AS start_s,
    coalesce(f.duration_s, f.upstream_response_s) AS duration_s,
    split_part(f.uri, '?', 1) AS path,
    f.balanced, f.lb_made, f.retried, f.app_answered AND m.id IS NULL AS app_answered,
    coalesce(f.has_upstream_times, false) AS has_upstream_times,
    f.connection, coalesce(f.upstream_addr, m.upstream, '') AS upstream, f.upstream_connect_s,
    f.app_pid, f.app_started_s, f.app_pid IS NOT NULL OR f.app_started_s IS NOT NULL AS in_app,
    f.app_started_s IS NOT NULL AND f.app_ended_s IS NULL AS died_in_app,
    coalesce(f.app_ended_s < f.time_s, false) AS app_done,
    -- A server takes connections from its queue, and runs their requests, after the proxy has left them.
    coalesce(2 * (f.app_started_s - (f.time_s - f.duration_s)) >= f.duration_s,
        f.app_pid IS NULL AND f.app_started_s IS NULL) AS queued,
    CAST({_REASON} AS {REASON}) AS reason,
    m.id AS proxy_line_id, false AS derived,
    f.id IN (FROM ambiguous_failures) AS ambiguous
FROM (FROM failure_rows WHERE {{piece}}) f
LEFT JOIN failure_lines p ON p.left_id = f.id
LEFT JOIN proxy_lines m ON m.id = p.right_id) r LEFT JOIN addresses a USING (upstream))
"""  # noqa: S608 # constants of this module

_RETRIED = """
UPDATE prepared_failures SET proxy_line_id = found.id
FROM (
    SELECT f.failure_id, m.id, m.time_s, coalesce(f.duration_s, f.upstream_response_s, 0) AS wait_s, f.time_s AS end_s
    FROM (SELECT *, time_s + 1 AS until_s, coalesce(connection, -1) AS known FROM failure_rows WHERE retried) f
    ASOF JOIN (
        SELECT *, connection AS known FROM proxy_lines WHERE connection IS NOT NULL AND status IN (502, 504)
        UNION ALL SELECT *, -1 FROM proxy_lines WHERE status IN (502, 504)) m
    ON m.known = f.known AND m.host IS NOT DISTINCT FROM f.host AND m.request = f.request
        AND coalesce(m.client_key = f.client_key, true) AND coalesce(m.asked_key = f.asked_key, true)
        AND f.until_s >= m.time_s) found
WHERE prepared_failures.failure_id = found.failure_id AND found.time_s >= floor(found.end_s - found.wait_s) - 1
"""

_ANY = """
SELECT bool_or('?' IN (client_key, asked_key)), bool_or(retried), bool_or(app_answered),
    (SELECT coalesce(max(id), 0) FROM proxy_lines)
FROM failure_rows
"""

_DERIVED = f"""
INSERT INTO prepared_failures
{_LOCATED}
SELECT (SELECT coalesce(max(failure_id), 0) FROM failures) + m.id,
    m.proxy, m.host, m.status, m.status, CASE m.status WHEN 200 THEN '{Outcome.TRUNCATED}' END,
    m.time_s, m.second, m.time_s, NULL,
    split_part(split_part(m.request, ' ', 2), '?', 1),
    false, false, false, false, false, m.connection, coalesce(m.upstream, '') AS upstream,
    NULL, NULL, NULL, false, false, false, true, m.reason, m.id, true, false
FROM proxy_lines m
ANTI JOIN (SELECT right_id AS id FROM failure_lines) USING (id)
WHERE {{piece}} AND {{untold}} AND m.status <> 0
    AND (m.status = 200 OR {{without_access_log}})
    AND NOT EXISTS (SELECT 1 FROM volume WHERE source = '{OWN_TRIAL}')
    AND NOT EXISTS (SELECT 1 FROM failures WHERE source = '{OWN_TRIAL}')) r LEFT JOIN addresses a USING (upstream))
"""  # noqa: S608 # constants of this module

_HAS_ACCESS_LOG = """
SELECT EXISTS (FROM (SELECT source FROM failures UNION ALL SELECT source FROM volume) WHERE source NOT IN ?)
"""
"""One of a proxy: what never reached a server is in no log of the server's."""

_NOT_ANSWERED = """NOT EXISTS (
    FROM (SELECT *, second + unnest([-1, 0, 1]) AS near FROM failure_rows WHERE app_answered) f
    WHERE f.request = m.request AND f.near = m.second
        AND coalesce(f.connection = m.connection, f.client_key = m.client_key, true))"""
"""What was cut of an answer that is a failure anyhow is no second one."""


_AMBIGUOUS = """
CREATE OR REPLACE TEMP TABLE ambiguous_failures AS
SELECT c.id
FROM failure_lines p
JOIN unnamed_proxy_lines u ON u.id = p.right_id
JOIN failure_rows c ON c.id = p.left_id
JOIN failure_rows other ON other.status = c.status AND other.second = c.second AND coalesce(other.host = c.host, true)
GROUP BY c.id HAVING count(*) > 1
"""
"""A line that names no request may be of any failure with that status in that second."""

_NONE_AMBIGUOUS = "CREATE OR REPLACE TEMP TABLE ambiguous_failures (id BIGINT)"

# An access log may have addresses without their end, for nobody is to be known by them.
_SHORTENED = r"""
regexp_matches(c.client, '(\.0|:)$') AND starts_with(m.client, regexp_replace(c.client, '((\.0)+|:+)$', ''))
"""
_STRANGERS = f"""
INSERT INTO ambiguous_failures
SELECT c.id FROM failure_lines p JOIN failure_rows c ON c.id = p.left_id JOIN proxy_lines m ON m.id = p.right_id
WHERE '?' IN (c.client_key, c.asked_key) AND (m.client <> c.client AND NOT ({_SHORTENED}) OR m.asked <> c.asked)
"""  # noqa: S608 # constants of this module
"""A line that has another client, or host, than its failure: one log may have a balancer's address, or it is another's.
"""


def prepare_failures(tables: LargeTables) -> None:
    """Make the table prepared_failures: one row per failure, with the proxy's line about it where there is one.

    Failures are joined to error lines of their host, by connection where both logs have it, by request line and time
    otherwise, one line to one failure. Lines that no failure claims become failures themselves in two situations: when
    there is no access log of a proxy (then each line is one failed request), and when they tell of a body that was cut,
    which the access log holds as a good 200. The kit's own ledger knows all its failures; nothing is added to it.
    """
    connection = tables.connection
    connection.execute(_COMMON_CLIENTS)
    connection.execute(_FILES_OF_SAME_VIEW)
    numbers = _make_rows(tables)
    pairs = pair_lines(connection)
    ((any_stranger, any_retried, any_answered, last_line),) = connection.execute(_ANY).fetchall()
    ambiguous = _AMBIGUOUS if pairs.unnamed and pairs.paired else _NONE_AMBIGUOUS
    strangers = (_STRANGERS,) if any_stranger and pairs.paired else ()
    for statement in (ambiguous, *strangers, _ADDRESSES):
        connection.execute(statement)
    tables.make("prepared_failures", _PREPARED, by="failure_id", numbers=None if pairs.paired else numbers)
    # It puts all lines in order, which takes long; in most logs nothing was tried again.
    if any_retried:
        connection.execute(_RETRIED)
    if pairs.unpaired:
        untold = _NOT_ANSWERED if any_answered else "true"
        ((has_access_log,),) = connection.execute(_HAS_ACCESS_LOG, [(LogKind.OTHER_SERVER, *server_logs())]).fetchall()
        derived = _DERIVED.replace("{untold}", untold).replace("{without_access_log}", str(not has_access_log))
        tables.fill(derived, by="m.id", numbers=Numbers(first=0, last=last_line, rows=last_line + 1))


def _make_rows(tables: LargeTables) -> Numbers | None:
    """Make the table failure_rows; return the ids of its rows where they are in order, so that a few can be taken."""
    numbers = None
    # To put millions in order takes memory, and those of one log are in order mostly.
    if tables.packs:
        ((are_in_order, first, last, rows),) = tables.connection.execute(_NUMBERS).fetchall()
        numbers = Numbers(first=first, last=last, rows=rows) if are_in_order else None
    named = _ROWS.replace("{id}", "failure_id" if numbers else _TO_ORDER)
    tables.make("failure_rows", named, by="failure_id", numbers=numbers)
    return numbers
