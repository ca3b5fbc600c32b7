"""Prepares spans of time in which a server could not take requests: no worker was there, or it was reloading."""

from dataclasses import dataclass
from enum import StrEnum

import duckdb

from badgateway.causes.conditions import GRANIAN, GUNICORN, because, listed
from badgateway.causes.unit_spans import UNIT_EVENTS, UNIT_SPANS
from badgateway.model.evidence import Reason
from badgateway.model.evidence import ServerEvent as Event


class Span(StrEnum):
    """Why a server took no requests for a time."""

    RECYCLED_TOGETHER = "recycled together"
    RELOAD = "reload"
    SHUTDOWN = "shutdown"
    RESTART = "restart"
    """From a stop until the server came back."""
    NOT_LOADED = "not loaded"
    RESPAWN_THROTTLED = "respawn throttled"
    CRASH_LOOP = "crash loop"
    """The server gave up; until it listened again."""
    ENDED_WITH_A_WORKER = "ended with a worker"
    BOOT_LOOP = "boot loop"
    """Workers came one after the other, and nothing tells of their ends."""


_COMING = (Event.WORKER_READY, Event.WORKER_BOOTED)
_GOING = (
    Event.WORKER_RECYCLED,
    Event.WORKER_EXITED,
    Event.WORKER_KILLED,
    Event.WORKER_CRASHED,
    Event.WORKER_LOST,
)
_AT_AN_END = (Event.CRASH_LOOP, Event.WORKER_LOST, Event.WORKER_BOOTED, Event.SHUTDOWN, Event.SERVER_STARTED)

# What Gunicorn notes is the fork; the application is imported after it, and nothing tells when that ends.
# "worker 2 buried", of uWSGI's own end, has no pid: taken for a life of its own, it would be one worker more all along.
_STEPS = f"""
CREATE OR REPLACE TEMP TABLE steps AS
WITH workers AS (
    SELECT *, kind = '{Event.WORKER_READY}' AS ready, kind IN {listed(_COMING)} AS up, pid AS life
    FROM events
    WHERE kind IN {listed((*_COMING, *_GOING))}),
sources AS (
    SELECT instance, bool_or(ready) AS tells_ready, max(worker) AS workers,
        count(*) FILTER (low_s IS NULL OR is_borrowed) AS untimed
    FROM workers GROUP BY instance),
grouped AS (
    SELECT instance, life, up, min(event_id) AS event_id, any_value(workers) AS workers,
        any_value(tells_ready) AS tells_ready, min(low_s) AS time_s,
        bool_or(kind = '{Event.WORKER_RECYCLED}')
            -- Granian also says of a worker that was lost that it stops it.
            AND NOT bool_or(kind = '{Event.WORKER_LOST}' AND server = '{GRANIAN}') AS recycled
    FROM workers JOIN sources USING (instance)
    WHERE untimed = 0 AND life IS NOT NULL AND (NOT up OR ready = tells_ready)
    GROUP BY instance, life, up)
-- An end in whole seconds that lies before the same worker's precise beginning came after it, in that second.
SELECT * EXCLUDE (born_s) REPLACE (
    CASE WHEN NOT up AND born_s > time_s AND born_s < time_s + 1 THEN born_s + 0.001 ELSE time_s END AS time_s)
FROM (SELECT *, max(time_s) FILTER (up) OVER (PARTITION BY instance, life) AS born_s FROM grouped)
"""  # noqa: S608 # words of the evidence

_COUNTS = """
CREATE OR REPLACE TEMP TABLE counts AS
WITH never_seen_starting AS (
    SELECT instance, count(*) AS known
    FROM (SELECT instance, life FROM steps WHERE NOT up EXCEPT SELECT instance, life FROM steps WHERE up)
    GROUP BY instance),
running AS (
    SELECT s.*, coalesce(known, 0) AS known,
        coalesce(known, 0) + sum(CASE WHEN up THEN 1 ELSE -1 END) OVER (
            PARTITION BY instance ORDER BY time_s, event_id ROWS UNBOUNDED PRECEDING) AS alive
    FROM steps s LEFT JOIN never_seen_starting USING (instance))
SELECT *, alive + greatest(workers - greatest(known, max(alive) OVER (PARTITION BY instance)), 0) AS accepting
FROM running
"""
"""Workers that leave in a log but never came were there before it; so were those whose numbers are higher."""

_LOOP_S = 15

# A worker of before may have become ready in the very second of the reload.
_NOT_BEFORE = "NOT (u.file = r.file AND u.line_number < r.line_number)"

_TABLE = """
CREATE OR REPLACE TEMP TABLE spans (kind VARCHAR, instance VARCHAR, start_s DOUBLE, end_s DOUBLE, event_id BIGINT)
"""
_RECYCLED = f"""
INSERT INTO spans
SELECT '{Span.RECYCLED_TOGETHER}', instance, start_s, coalesce(end_s, start_s + 60), event_id
FROM (SELECT *, time_s AS start_s, lead(time_s) OVER (PARTITION BY instance ORDER BY time_s, event_id)
    + CASE WHEN tells_ready THEN 0 ELSE 5 END AS end_s FROM counts)
WHERE NOT up AND accepting <= 0 AND recycled
"""  # noqa: S608 # words of the evidence
_RELOADS = f"""
INSERT INTO spans
SELECT CASE r.kind WHEN '{Event.RELOAD}' THEN '{Span.RELOAD}' ELSE '{Span.SHUTDOWN}' END, r.instance, r.low_s,
    coalesce(
        (SELECT min(u.low_s) + 1 FROM timed_events u
            WHERE u.kind = '{Event.WORKER_READY}' AND u.instance = r.instance AND {_NOT_BEFORE}
            AND u.low_s BETWEEN r.low_s AND r.low_s + 60),
        (SELECT min(u.low_s) + 5 FROM timed_events u
            WHERE u.kind = '{Event.WORKER_BOOTED}' AND u.instance = r.instance AND {_NOT_BEFORE}
            AND u.low_s BETWEEN r.low_s AND r.low_s + 60),
        r.high_s + 10),
    r.event_id
FROM timed_events r WHERE r.kind IN {listed((Event.RELOAD, Event.SHUTDOWN))}
"""  # noqa: S608 # words of the evidence

# A stop is a restart when the server came back.
_RESTARTS = f"""
INSERT INTO spans
SELECT '{Span.RESTART}', instance, low_s, back_s + 1, event_id
FROM (SELECT *, (SELECT min(u.low_s) FROM timed_events u WHERE u.instance = n.instance AND u.event_id > n.event_id
    AND u.kind IN {listed((Event.SERVER_STARTED, Event.LISTENING, *_COMING))}) AS back_s
    FROM timed_events n WHERE kind = '{Event.SHUTDOWN}')
WHERE back_s <= low_s + 600
"""  # noqa: S608 # words of the evidence

# A server that gave up is not there until it listens again.
_UNTIL_IT_LISTENS = f"""coalesce((SELECT min(u.low_s) FROM timed_events u
    WHERE u.kind = '{Event.LISTENING}' AND u.instance = n.instance AND u.event_id > n.event_id), low_s + 86400)"""  # noqa: S608 # words of the evidence
_NOT_LOADED = f"""
INSERT INTO spans
SELECT '{Span.NOT_LOADED}', instance, low_s, {_UNTIL_IT_LISTENS}, event_id
FROM timed_events n WHERE kind = '{Event.APPLICATION_NOT_LOADED}'
"""  # noqa: S608 # words of the evidence
_ENDED = f"""
INSERT INTO spans
SELECT kind, instance, low_s, {_UNTIL_IT_LISTENS}, event_id
FROM (
    SELECT *, CASE event WHEN '{Event.CRASH_LOOP}' THEN '{Span.CRASH_LOOP}'
        ELSE '{Span.ENDED_WITH_A_WORKER}' END AS kind
    FROM (
        SELECT * EXCLUDE (kind), kind AS event,
            lead(kind) OVER (PARTITION BY instance ORDER BY event_id) AS follows
        FROM timed_events
        WHERE kind IN {listed(_AT_AN_END)}
            -- Another server than this one goes on.
            AND server = '{GRANIAN}')
    WHERE event = '{Event.CRASH_LOOP}' OR (event = '{Event.WORKER_LOST}' AND follows = '{Event.SHUTDOWN}')) n
"""  # noqa: S608 # words of the evidence

# All that start together do so within a second or two.
_BOOT_LOOPS = f"""
INSERT INTO spans
SELECT '{Span.BOOT_LOOP}', b.instance, b.low_s, max(u.low_s), b.event_id
FROM timed_events b JOIN timed_events u
    ON u.instance = b.instance AND u.kind = b.kind AND u.low_s BETWEEN b.low_s AND b.low_s + {_LOOP_S}
WHERE b.kind = '{Event.WORKER_BOOTED}' AND b.server = '{GUNICORN}'
    AND NOT EXISTS (FROM timed_events e WHERE e.instance = b.instance AND e.kind IN {
    listed((*_GOING, Event.RELOAD, Event.WORKER_TIMEOUT, Event.GRACEFUL_TIMEOUT))
} AND abs(e.low_s - b.low_s) <= {_LOOP_S})
GROUP BY b.instance, b.low_s, b.event_id
HAVING count(DISTINCT floor(u.low_s)) >= 4 AND count(*) <= 2 * count(DISTINCT floor(u.low_s))
"""  # noqa: S608 # words of the evidence
_THROTTLED = f"""
INSERT INTO spans
SELECT '{Span.RESPAWN_THROTTLED}', instance, low_s, high_s + coalesce(value, 2) + 2, event_id FROM timed_events
WHERE kind = '{Event.RESPAWN_THROTTLED}'
"""  # noqa: S608 # words of the evidence

# The loop's probe can tell of a standstill only when it is over, which is after the proxy gave up.
_BLOCKED = f"""
CREATE OR REPLACE TEMP TABLE blocked AS
WITH loop_stops AS (
    SELECT event_id, low_s - value AS start_s, low_s AS end_s, pid, request_started_s
    FROM timed_events WHERE kind = '{Event.LOOP_BLOCKED}'),
shared AS (
    SELECT c.failure_id, b.event_id, least(c.time_s, b.end_s) - greatest(c.start_s, b.start_s) AS shared_s,
        coalesce(b.pid = c.app_pid AND b.request_started_s = c.app_started_s, false) AS own
    FROM prepared_failures c JOIN loop_stops b ON b.end_s > c.start_s AND b.start_s < c.time_s
        -- A request that never started waited for any worker.
        AND coalesce(b.pid = c.app_pid, true)
    WHERE {because(Reason.READ_TIMEOUT)})
SELECT failure_id, arg_max(event_id, (shared_s, event_id)) AS event_id, sum(shared_s) AS blocked_s,
    2 * coalesce(sum(shared_s) FILTER (own), 0) >= sum(shared_s) AS own
FROM shared GROUP BY failure_id
"""  # noqa: S608 # words of the evidence


def _lacking_cpu(name: str, kind: Event) -> str:
    """Return how long somebody had no CPU left during each failure; an event stands for the second it begins."""
    return f"""
CREATE OR REPLACE TEMP TABLE {name} AS
SELECT c.failure_id, arg_max(m.event_id, (m.value, m.event_id)) AS event_id,
    sum(least(c.time_s, m.low_s + 1) - greatest(c.start_s, m.low_s)) AS {name}_s
FROM prepared_failures c JOIN timed_events m ON m.low_s < c.time_s AND m.low_s + 1 > c.start_s
WHERE {because(Reason.READ_TIMEOUT)} AND m.kind = '{kind}' GROUP BY c.failure_id
"""  # noqa: S608 # words of the evidence


# A server without a limit runs on with what the proxy or the client has given up.
_ABANDONED = f"""
CREATE OR REPLACE TEMP TABLE abandoned AS
SELECT c.failure_id, sum(least(c.time_s, a.app_ended_s) - greatest(c.start_s, a.time_s)) AS abandoned_s
FROM prepared_failures c JOIN failure_rows a ON a.app_ended_s > greatest(c.start_s, a.time_s) AND a.time_s < c.time_s
    AND a.failure_id <> c.failure_id
WHERE {because(Reason.READ_TIMEOUT)} AND c.queued AND a.seen_status IN (499, 504)
GROUP BY c.failure_id
"""  # noqa: S608 # words of the evidence

_NONE_ABANDONED = "CREATE OR REPLACE TEMP TABLE abandoned (failure_id BIGINT, abandoned_s DOUBLE)"
"""Only the request journal tells when the server was done."""

# The server's own line has the request, and it ran when the proxy gave up; one line is of one failure.
_LEAST_RUN_S = 20
_RAN_ON = f"""
CREATE OR REPLACE TEMP TABLE ran_on AS
SELECT c.failure_id, m.event_id
FROM prepared_failures c JOIN serving s USING (site)
JOIN timed_events m ON m.instance = s.instance AND m.path = c.path AND m.kind = '{Event.REQUEST_TOOK_LONG}'
    AND m.low_s >= c.time_s - 1
    AND CASE WHEN c.duration_s IS NULL THEN c.time_s - (m.low_s - m.value / 1000) >= {_LEAST_RUN_S}
        ELSE abs(c.start_s - (m.low_s - m.value / 1000)) <= 2 END
WHERE {because(Reason.READ_TIMEOUT)}
QUALIFY row_number() OVER (PARTITION BY m.event_id ORDER BY c.time_s, c.failure_id) = 1
    AND row_number() OVER (PARTITION BY c.failure_id ORDER BY m.event_id) = 1
"""  # noqa: S608 # words of the evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Tables that are made of events of some kinds: to plan their statements takes longer than to find none of them."""

    kinds: frozenset[Event]
    statements: tuple[str, ...]
    empty: str = ""
    """Makes them without rows; empty where they are there already."""


_PARTS = (
    # How many accepted is asked of every trial that is diagnosed, whatever ended its workers.
    _Part(kinds=frozenset((*_COMING, *_GOING)), statements=(_STEPS, _COUNTS, _RECYCLED)),
    _Part(kinds=frozenset((Event.RELOAD, Event.SHUTDOWN)), statements=(_RELOADS,)),
    _Part(kinds=frozenset((Event.SHUTDOWN,)), statements=(_RESTARTS,)),
    _Part(kinds=frozenset((Event.APPLICATION_NOT_LOADED,)), statements=(_NOT_LOADED,)),
    _Part(kinds=frozenset((Event.CRASH_LOOP, Event.WORKER_LOST)), statements=(_ENDED,)),
    _Part(kinds=frozenset((Event.WORKER_BOOTED,)), statements=(_BOOT_LOOPS,)),
    _Part(kinds=frozenset((Event.RESPAWN_THROTTLED,)), statements=(_THROTTLED,)),
    _Part(kinds=frozenset(UNIT_EVENTS), statements=(UNIT_SPANS,)),
    _Part(
        kinds=frozenset((Event.LOOP_BLOCKED,)),
        statements=(_BLOCKED,),
        empty="CREATE OR REPLACE TEMP TABLE blocked (failure_id BIGINT, event_id BIGINT, blocked_s DOUBLE, "
        "own BOOLEAN)",
    ),
    _Part(
        kinds=frozenset((Event.DATABASE_SATURATED,)),
        statements=(_lacking_cpu("saturated", Event.DATABASE_SATURATED),),
        empty="CREATE OR REPLACE TEMP TABLE saturated (failure_id BIGINT, event_id BIGINT, saturated_s DOUBLE)",
    ),
    _Part(
        kinds=frozenset((Event.CPU_THROTTLED,)),
        statements=(_lacking_cpu("throttled", Event.CPU_THROTTLED),),
        empty="CREATE OR REPLACE TEMP TABLE throttled (failure_id BIGINT, event_id BIGINT, throttled_s DOUBLE)",
    ),
    _Part(
        kinds=frozenset((Event.REQUEST_TOOK_LONG,)),
        statements=(_RAN_ON,),
        empty="CREATE OR REPLACE TEMP TABLE ran_on (failure_id BIGINT, event_id BIGINT)",
    ),
)


def prepare_spans(connection: duckdb.DuckDBPyConnection, *, journal: bool) -> None:
    """Make the tables spans, from events; blocked, saturated, throttled, abandoned: how long what held failures up.

    That is by the event loop, the database, the container's quota, or work for nobody. ran_on has the failures whose
    server says that it ran them meanwhile. A log in which a worker's coming or going has no time is not counted: a
    count with a hole proves nothing.
    """
    present = {kind for (kind,) in connection.execute("SELECT DISTINCT kind FROM events").fetchall()}
    connection.execute(_TABLE)
    for part in _PARTS:
        for statement in (part.empty,) if part.kinds.isdisjoint(present) else part.statements:
            if statement:
                connection.execute(statement)
    connection.execute(_ABANDONED if journal else _NONE_ABANDONED)
