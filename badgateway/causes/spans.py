"""Prepares spans of time in which a server could not take requests: no worker was there, or it was reloading."""

import duckdb

# What Gunicorn notes is the fork; the application is imported after it, and nothing tells when that ends.
# "worker 2 buried", of uWSGI's own end, has no pid: taken for a life of its own, it would be one worker more all along.
_STEPS = """
CREATE OR REPLACE TEMP TABLE steps AS
WITH workers AS (
    SELECT *, kind = 'worker ready' AS ready, kind IN ('worker ready', 'worker booted') AS up, pid AS life
    FROM marks
    WHERE kind IN ('worker ready', 'worker booted', 'worker recycled', 'worker exited', 'worker killed',
        'worker crashed', 'worker lost')),
sources AS (
    SELECT instance, bool_or(ready) AS tells_ready, max(worker) AS workers, count(*) FILTER (low_s IS NULL) AS untimed
    FROM workers GROUP BY instance)
SELECT instance, life, up, min(mark_id) AS mark_id, any_value(workers) AS workers,
    any_value(tells_ready) AS tells_ready, min(low_s) AS time_s, bool_or(kind = 'worker recycled') AS recycled
FROM workers JOIN sources USING (instance)
WHERE untimed = 0 AND life IS NOT NULL AND (NOT up OR ready = tells_ready)
GROUP BY instance, life, up
"""

_COUNTS = """
CREATE OR REPLACE TEMP TABLE counts AS
WITH strangers AS (
    SELECT instance, count(*) AS known
    FROM (SELECT instance, life FROM steps WHERE NOT up EXCEPT SELECT instance, life FROM steps WHERE up)
    GROUP BY instance),
running AS (
    SELECT s.*, coalesce(known, 0) AS known,
        coalesce(known, 0) + sum(CASE WHEN up THEN 1 ELSE -1 END) OVER (
            PARTITION BY instance ORDER BY time_s, mark_id ROWS UNBOUNDED PRECEDING) AS alive
    FROM steps s LEFT JOIN strangers USING (instance))
SELECT *, alive + greatest(workers - greatest(known, max(alive) OVER (PARTITION BY instance)), 0) AS accepting
FROM running
"""
"""Workers that leave in a log but never came were there before it; so were those whose numbers are higher."""

_SPANS = """
CREATE OR REPLACE TEMP TABLE spans AS
WITH lulls AS (
    SELECT 'recycled together' AS kind, time_s AS start_s,
        lead(time_s) OVER in_order + CASE WHEN tells_ready THEN 0 ELSE 5 END AS end_s,
        mark_id, up, accepting, recycled
    FROM counts WINDOW in_order AS (PARTITION BY instance ORDER BY time_s, mark_id)),
reloads AS (
    SELECT CASE r.kind WHEN 'reload' THEN 'reload' ELSE 'shutdown' END AS kind, r.low_s AS start_s,
        coalesce(
            (SELECT min(u.low_s) + 1 FROM timed_marks u WHERE u.kind = 'worker ready' AND u.instance = r.instance
                AND u.low_s BETWEEN r.low_s AND r.low_s + 60),
            (SELECT min(u.low_s) + 5 FROM timed_marks u WHERE u.kind = 'worker booted' AND u.instance = r.instance
                AND u.low_s BETWEEN r.low_s AND r.low_s + 60),
            r.high_s + 10) AS end_s,
        r.mark_id
    FROM timed_marks r WHERE r.kind IN ('reload', 'shutdown'))
SELECT kind, start_s, coalesce(end_s, start_s + 60) AS end_s, mark_id FROM lulls
WHERE NOT up AND accepting <= 0 AND recycled
UNION ALL FROM reloads
UNION ALL
-- A stop is a restart when the server came back.
SELECT 'restart', low_s, back_s + 1, mark_id
FROM (SELECT *, (SELECT min(u.low_s) FROM timed_marks u WHERE u.instance = n.instance AND u.mark_id > n.mark_id
    AND u.kind IN ('server started', 'listening', 'worker ready', 'worker booted')) AS back_s
    FROM timed_marks n WHERE kind = 'shutdown')
WHERE back_s <= low_s + 600
UNION ALL
-- A server that gave up loading is not there until it listens again.
SELECT 'not loaded', low_s, coalesce((SELECT min(u.low_s) FROM timed_marks u WHERE u.kind = 'listening'
    AND u.instance = n.instance AND u.mark_id > n.mark_id), low_s + 86400), mark_id
FROM timed_marks n WHERE kind = 'application not loaded'
UNION ALL
SELECT kind, low_s, coalesce((SELECT min(u.low_s) FROM timed_marks u WHERE u.kind = 'listening'
    AND u.instance = n.instance AND u.mark_id > n.mark_id), low_s + 86400), mark_id
FROM (
    SELECT *, CASE WHEN event = 'crash loop' THEN 'crash loop' ELSE 'ended with a worker' END AS kind
    FROM (
        SELECT * EXCLUDE (kind), kind AS event,
            lead(kind) OVER (PARTITION BY instance ORDER BY mark_id) AS follows
        FROM timed_marks
        WHERE kind IN ('crash loop', 'worker lost', 'worker booted', 'shutdown', 'server started')
            -- Another server than this one goes on.
            AND server = 'granian')
    WHERE event = 'crash loop' OR (event = 'worker lost' AND follows = 'shutdown')) n
UNION ALL
SELECT 'respawn throttled', low_s, high_s + coalesce(value, 2) + 2, mark_id FROM timed_marks
WHERE kind = 'respawn throttled'
"""

# The loop's probe can tell of a standstill only when it is over, which is after the proxy gave up.
_BLOCKED = """
CREATE OR REPLACE TEMP TABLE blocked AS
WITH standstills AS (
    SELECT mark_id, low_s - value AS start_s, low_s AS end_s, pid, request_started_s
    FROM timed_marks WHERE kind = 'loop blocked'),
shared AS (
    SELECT c.failure_id, b.mark_id, least(c.time_s, b.end_s) - greatest(c.start_s, b.start_s) AS shared_s,
        coalesce(b.pid = c.app_pid AND b.request_started_s = c.app_started_s, false) AS own
    FROM cases c JOIN standstills b ON b.end_s > c.start_s AND b.start_s < c.time_s
        -- A request that never started waited for any worker.
        AND coalesce(b.pid = c.app_pid, true)
    WHERE c.reason = 'read timeout')
SELECT failure_id, arg_max(mark_id, (shared_s, mark_id)) AS mark_id, sum(shared_s) AS blocked_s,
    2 * coalesce(sum(shared_s) FILTER (own), 0) >= sum(shared_s) AS own
FROM shared GROUP BY failure_id
"""

# A mark stands for the second that begins with it.
_SATURATED = """
CREATE OR REPLACE TEMP TABLE saturated AS
SELECT c.failure_id, arg_max(m.mark_id, (m.value, m.mark_id)) AS mark_id,
    sum(least(c.time_s, m.low_s + 1) - greatest(c.start_s, m.low_s)) AS saturated_s
FROM cases c JOIN timed_marks m ON m.low_s < c.time_s AND m.low_s + 1 > c.start_s
WHERE c.reason = 'read timeout' AND m.kind = 'database saturated' GROUP BY c.failure_id
"""


# A server without a limit runs on with what the proxy or the client has given up.
_ABANDONED = """
CREATE OR REPLACE TEMP TABLE abandoned AS
SELECT c.failure_id, sum(least(c.time_s, a.app_ended_s) - greatest(c.start_s, a.time_s)) AS abandoned_s
FROM cases c JOIN claims a ON a.app_ended_s > greatest(c.start_s, a.time_s) AND a.time_s < c.time_s
    AND a.failure_id <> c.failure_id
WHERE c.reason = 'read timeout' AND c.queued AND a.seen_status IN (499, 504)
GROUP BY c.failure_id
"""


def prepare_spans(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables spans, from marks; blocked, saturated and abandoned: how long something held a case up.

    That is the event loop, the database, or work for nobody. A log in which a worker's coming or going has no time
    gives no lulls: a count with a hole proves nothing.
    """
    for statement in (_STEPS, _COUNTS, _SPANS, _BLOCKED, _SATURATED, _ABANDONED):
        connection.execute(statement)
