"""Prepares deaths: how each worker ended, and which failures were in it."""

from enum import StrEnum

import duckdb

from badgateway.causes.conditions import BODY_CUT, ENDED_EARLY, GRANIAN, GUNICORN, UVICORN, listed
from badgateway.causes.pairing import pair, start_pairs
from badgateway.model.evidence import ServerEvent as Event


class Death(StrEnum):
    """How a worker ended, or how a request was lost with one."""

    HARAKIRI = "harakiri"
    COLLATERAL = "collateral"
    """Under harakiri, for another request."""
    EVIL = "evil"
    KILLED_WHILE_LEAVING = "killed while leaving"
    GRACEFUL = "graceful"
    """It was to leave, and was cut off."""
    BLOCKED_IN_C = "blocked in C"
    IDLE = "idle"
    TIMEOUT = "timeout"
    CRASH = "crash"
    KILL = "kill"
    LOST = "lost"
    """The server does not know of what."""
    UNCLEAR = "unclear"
    """Several ended that near, in different ways."""


_ENDS = (
    Event.HARAKIRI,
    Event.EVIL_RELOAD,
    Event.KILLED_WHILE_LEAVING,
    Event.WORKER_TIMEOUT,
    Event.GRACEFUL_TIMEOUT,
    Event.WORKER_KILLED,
    Event.WORKER_CRASHED,
    Event.WORKER_LOST,
)
_NOTED = (
    *_ENDS,
    Event.SERVER_STARTED,
    Event.WORKER_BOOTED,
    Event.WORKER_RECYCLED,
    Event.WORKER_EXITED,
    Event.SHUTDOWN,
)
"""The others only tell of which worker something is."""
_ASKED_TO_LEAVE = (Event.WORKER_RECYCLED, Event.SHUTDOWN)

# The lines that name the requests of a worker under harakiri follow the line that names its pid.
# Granian looks twice whether a worker has ended, and may see it alive when it has just gone. Its patience is a whole
# second at least: what it kills sooner had left by itself.
_WORKER_SIGNS = f"""
CREATE OR REPLACE TEMP TABLE worker_signs AS
SELECT * EXCLUDE (kind, pid, low_s, high_s, asked_s),
    CASE WHEN kind = '{Event.KILLED_WHILE_LEAVING}' AND server = '{GRANIAN}'
            AND NOT coalesce(low_s - asked_s >= 1, false)
        THEN '{Event.WORKER_EXITED}' ELSE kind END AS kind,
    coalesce(pid, CASE WHEN kind = '{Event.HARAKIRI}' THEN leader.pid END) AS pid,
    coalesce(low_s, CASE WHEN kind = '{Event.HARAKIRI}' THEN leader.low_s END) AS low_s,
    coalesce(high_s, CASE WHEN kind = '{Event.HARAKIRI}' THEN leader.high_s END) AS high_s
FROM (
    SELECT *, last_value(CASE WHEN kind = '{Event.HARAKIRI}' AND pid IS NOT NULL
        THEN {{'pid': pid, 'low_s': low_s, 'high_s': high_s}} END IGNORE NULLS) OVER (
        PARTITION BY file, instance ORDER BY line_number ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS leader,
        last_value(CASE WHEN kind IN {listed(_ASKED_TO_LEAVE)} THEN low_s END IGNORE NULLS) OVER (
        PARTITION BY file, instance ORDER BY line_number ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS asked_s
    FROM events
    WHERE kind IN {listed(_NOTED)})
"""  # noqa: S608 # words of the evidence

# A pid comes back: after a restart, in a container at once, and in each of its copies. One worker is what one server
# notes of a pid between two starts, with no gap of ten minutes. A server's start is of no pid, and ends them all.
_WORKER_LIVES = f"""
CREATE OR REPLACE TEMP TABLE worker_lives AS
WITH ordered AS (
    SELECT *, last_value(low_s IGNORE NULLS) OVER (
        PARTITION BY file, instance ORDER BY line_number ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS order_s
    FROM worker_signs),
booted AS (
    SELECT *, count(*) FILTER (kind = '{Event.SERVER_STARTED}') OVER (
        PARTITION BY instance ORDER BY order_s, file, line_number ROWS UNBOUNDED PRECEDING) AS boot
    FROM ordered),
told AS (
    SELECT *, last_value(high_s IGNORE NULLS) OVER (
        PARTITION BY instance, server, boot, pid ORDER BY order_s, file, line_number
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before_s
    FROM booted WHERE pid IS NOT NULL)
SELECT *, boot * 1000000 +
    sum(CASE WHEN kind = '{Event.WORKER_BOOTED}' OR abs(low_s - before_s) > 600 THEN 1 ELSE 0 END) OVER (
    PARTITION BY instance, server, boot, pid ORDER BY order_s, file, line_number ROWS UNBOUNDED PRECEDING) AS life
FROM told
"""  # noqa: S608 # words of the evidence

_DEATHS = f"""
CREATE OR REPLACE TEMP TABLE deaths AS
SELECT row_number() OVER (ORDER BY first_event) AS death_id, *,
    CASE
        WHEN harakiri THEN '{Death.HARAKIRI}'
        WHEN evil THEN '{Death.EVIL}'
        WHEN killed_while_leaving THEN '{Death.KILLED_WHILE_LEAVING}'
        -- Events of one file are in the order of writing, those of two are not.
        WHEN graceful OR (left_event < timeout_event AND (left_file = timeout_file OR left_s < timeout_s))
            THEN '{Death.GRACEFUL}'
        -- It could say what it was doing, so it was not in C, even if it was killed before it was gone.
        WHEN idle THEN '{Death.IDLE}'
        WHEN timeout_event IS NOT NULL AND killed_event > timeout_event AND NOT spoke THEN '{Death.BLOCKED_IN_C}'
        WHEN timeout_event IS NOT NULL THEN '{Death.TIMEOUT}'
        WHEN crash_event IS NOT NULL THEN '{Death.CRASH}'
        WHEN lost THEN '{Death.LOST}'
        ELSE '{Death.KILL}' END AS kind,
    coalesce(timeout_event, first_event) AS event_id
FROM (
    SELECT instance, server, pid, life,
        min(event_id) FILTER (NOT leaving) AS first_event,
        -- Times that other lines lent say less than one of its own.
        floor(coalesce(min(low_s) FILTER (NOT leaving AND NOT is_borrowed), min(low_s) FILTER (NOT leaving)))::BIGINT
            AS first_s,
        floor(coalesce(max(high_s) FILTER (NOT leaving AND NOT is_borrowed), max(high_s) FILTER (NOT leaving)))::BIGINT
            AS last_s,
        bool_or(kind = '{Event.WORKER_TIMEOUT}' AND path = '(no URI read)') AS idle,
        bool_or(kind = '{Event.WORKER_EXITED}' OR (kind = '{Event.WORKER_TIMEOUT}' AND path IS NOT NULL)) AS spoke,
        bool_or(kind = '{Event.HARAKIRI}') AS harakiri, bool_or(kind = '{Event.EVIL_RELOAD}') AS evil,
        bool_or(kind = '{Event.KILLED_WHILE_LEAVING}') AS killed_while_leaving,
        bool_or(kind = '{Event.GRACEFUL_TIMEOUT}') AS graceful, bool_and(is_borrowed) AS is_borrowed,
        bool_or(kind = '{Event.WORKER_LOST}') AS lost,
        min(event_id) FILTER (kind = '{Event.WORKER_TIMEOUT}') AS timeout_event,
        arg_min(file, event_id) FILTER (kind = '{Event.WORKER_TIMEOUT}') AS timeout_file,
        arg_min(low_s, event_id) FILTER (kind = '{Event.WORKER_TIMEOUT}') AS timeout_s,
        max(event_id) FILTER (kind = '{Event.WORKER_KILLED}' AND coalesce(signal, 9) = 9) AS killed_event,
        -- Illegal instruction, abort, bus error, bad arithmetic, segmentation fault: nobody sent these.
        min(event_id) FILTER (kind = '{Event.WORKER_CRASHED}'
            OR (kind = '{Event.WORKER_KILLED}' AND signal IN (4, 6, 7, 8, 11)))
            AS crash_event,
        min(event_id) FILTER (leaving) AS left_event, arg_min(file, event_id) FILTER (leaving) AS left_file,
        arg_min(low_s, event_id) FILTER (leaving) AS left_s
    FROM (
        -- Gunicorn asks workers to leave by a signal, and says so as if it had killed them.
        SELECT *, kind IN {listed((Event.WORKER_RECYCLED, Event.WORKER_EXITED, Event.SHUTDOWN))}
            OR (kind = '{Event.WORKER_KILLED}' AND server = '{GUNICORN}' AND coalesce(signal, 9) IN (1, 2, 3, 15))
            -- uvicorn says of each worker in the end that it died.
            OR (kind = '{Event.WORKER_LOST}' AND bool_or(kind IN {listed((Event.WORKER_RECYCLED, Event.WORKER_EXITED))})
                OVER (PARTITION BY instance, server, pid, life ORDER BY event_id)) AS leaving
        FROM worker_lives WHERE kind NOT IN {listed((Event.WORKER_BOOTED, Event.SERVER_STARTED))})
    GROUP BY instance, server, pid, life)
WHERE first_event IS NOT NULL
"""  # noqa: S608 # words of the evidence

# The request that was in the worker for longest had the deadline; the others only shared its process.
_BLAMED = f"""
CREATE OR REPLACE TEMP TABLE blamed AS
SELECT row_number() OVER (ORDER BY d.death_id, s.request_started_s, s.event_id) AS id,
    d.death_id, s.event_id, s.path, s.request_started_s,
    -- A log without times still has the request's start; the first failure of that path after it is what it tells of.
    coalesce(CASE WHEN NOT d.is_borrowed THEN d.last_s END, (SELECT min(v.second) FROM lost_requests v
        WHERE v.path = s.path AND v.second BETWEEN s.request_started_s AND s.request_started_s + 900),
        d.last_s) AS second,
    row_number() OVER (PARTITION BY d.death_id ORDER BY s.request_started_s NULLS LAST, s.event_id) = 1 AS culprit
FROM worker_lives s
JOIN deaths d USING (instance, server, pid, life)
WHERE s.kind = '{Event.HARAKIRI}' AND s.path IS NOT NULL
"""  # noqa: S608 # words of the evidence

_BLAMED_AT_SITES = """
CREATE OR REPLACE TEMP TABLE blamed_at_sites AS
SELECT n.id, n.path, n.second, s.site FROM blamed n JOIN deaths d USING (death_id) JOIN serving s USING (instance)
"""

_RETRIED, _UNTOLD = "c.retried AND NOT c.lb_made", "c.reason IS NULL AND c.status = 502 AND NOT c.app_answered"
_IS_LOST = f"{ENDED_EARLY} OR ({_RETRIED}) OR ({_UNTOLD})"
_LOST_REQUESTS = f"""
CREATE OR REPLACE TEMP TABLE lost_requests AS
SELECT row_number() OVER (ORDER BY c.start_s, c.failure_id) AS id, c.failure_id, c.path, c.app_pid, c.app_started_s,
    c.start_s, c.site,
    -- Of a request that was retried, the try that failed.
    CASE WHEN retried THEN coalesce(m.second, c.second) ELSE c.second END AS second
FROM prepared_failures c LEFT JOIN proxy_lines m ON m.id = c.proxy_line_id
WHERE {_IS_LOST}
"""  # noqa: S608 # a constant of this module

_WORKER_ENDS = """
CREATE OR REPLACE TEMP TABLE worker_ends AS
SELECT d.*, blamed IS NOT NULL AS blamed
FROM deaths d LEFT JOIN (SELECT DISTINCT death_id, true AS blamed FROM blamed) USING (death_id)
"""

_POSSIBLE_DEATHS = """
CREATE OR REPLACE TEMP TABLE possible_deaths AS
WITH moments AS (
    SELECT instance, kind, event_id, second, greatest(first_s - second, second - last_s, 0) AS distance_s
    FROM (SELECT *, unnest(range(first_s - 1, last_s + 2)) AS second FROM worker_ends WHERE NOT blamed)),
wanted AS (SELECT DISTINCT second, site FROM lost_requests WHERE app_pid IS NULL)
SELECT w.second, w.site, m.kind, m.event_id, m.distance_s
FROM wanted w JOIN serving s USING (site) JOIN moments m USING (second, instance)
"""

_LIKELY_DEATHS = f"""
CREATE OR REPLACE TEMP TABLE likely_deaths AS
WITH by_name AS (
    SELECT v.failure_id, CASE WHEN n.culprit THEN '{Death.HARAKIRI}' ELSE '{Death.COLLATERAL}' END AS kind, n.event_id
    FROM blamed_lost p JOIN lost_requests v ON v.id = p.left_id JOIN blamed n ON n.id = p.right_id
    -- What may be of several sites is of one.
    QUALIFY row_number() OVER (PARTITION BY n.id ORDER BY v.id) = 1),
by_pid AS (
    SELECT v.failure_id, coalesce(n.event_id, d.event_id) AS event_id,
        CASE WHEN n.culprit THEN '{Death.HARAKIRI}' WHEN d.blamed THEN '{Death.COLLATERAL}' ELSE d.kind END AS kind
    FROM lost_requests v JOIN serving s USING (site)
    JOIN worker_ends d ON d.instance = s.instance AND d.pid = v.app_pid AND d.last_s >= v.start_s - 2
        AND d.first_s <= v.second + 5
    -- The worker may be at its next request already, of the same path perhaps, when it is killed for the one before.
    LEFT JOIN blamed n ON n.death_id = d.death_id AND n.path = v.path
        AND coalesce(abs(n.request_started_s - floor(v.app_started_s)) <= 2, true)
    QUALIFY row_number() OVER (PARTITION BY v.failure_id ORDER BY d.event_id,
        abs(n.request_started_s - floor(v.app_started_s)) NULLS LAST, n.event_id) = 1),
by_time AS (
    SELECT second, site, CASE WHEN count(DISTINCT kind) = 1 THEN any_value(kind) ELSE '{Death.UNCLEAR}' END AS kind,
        min(event_id) AS event_id
    FROM (FROM possible_deaths QUALIFY rank() OVER (PARTITION BY second, site ORDER BY distance_s) = 1)
    GROUP BY second, site)
SELECT v.failure_id, coalesce(n.kind, i.kind, t.kind) AS kind, coalesce(n.event_id, i.event_id, t.event_id) AS event_id,
    coalesce(n.event_id, i.event_id) IS NOT NULL AS sure, v.second, v.site
FROM lost_requests v
LEFT JOIN by_name n USING (failure_id)
LEFT JOIN by_pid i USING (failure_id)
-- Where the journal knows the process, another one's death says nothing.
LEFT JOIN by_time t ON t.second = v.second AND t.site = v.site AND v.app_pid IS NULL
WHERE coalesce(n.kind, i.kind, t.kind) IS NOT NULL
"""  # noqa: S608 # words of the evidence

# One worker ends one request, unless its server says that it runs several at once. Where more were lost than workers
# died, in one second or in all seconds that share a death, some were lost otherwise, and nothing tells which.
_FAILURE_DEATHS = f"""
CREATE OR REPLACE TEMP TABLE failure_deaths AS
WITH lost AS (
    SELECT event_id, second, site, count(*) AS requests FROM likely_deaths GROUP BY ALL),
within AS (
    SELECT l.event_id, l.second, l.site, l.requests, p.event_id AS death
    FROM lost l JOIN possible_deaths p ON p.second = l.second AND p.site = l.site),
crowded AS (
    SELECT event_id FROM within GROUP BY event_id, second, site HAVING any_value(requests) > count(DISTINCT death)
    UNION
    SELECT event_id FROM (SELECT event_id, sum(requests) AS requests FROM lost GROUP BY event_id)
    JOIN (SELECT event_id, count(DISTINCT death) AS deaths FROM within GROUP BY event_id) USING (event_id)
    WHERE requests > deaths),
-- An exception of that second cuts a body as well.
raised AS (
    SELECT l.failure_id
    FROM likely_deaths l JOIN prepared_failures c USING (failure_id) JOIN events m USING (event_id)
    JOIN nearby e ON e.instance = m.instance AND e.second = l.second AND e.path IN ('', c.path)
    WHERE {BODY_CUT} AND e.kind = '{Event.APPLICATION_EXCEPTION}')
SELECT l.failure_id, l.kind, l.event_id, l.sure,
    NOT l.sure AND (l.event_id IN (FROM crowded)
        AND m.instance NOT IN (SELECT instance FROM events WHERE kind = '{Event.SEVERAL_AT_ONCE}')
        -- These do not say it. Granian takes requests out of the queue before it has a thread for them, so even one
        -- with a single thread loses several; uvicorn has an event loop.
        AND m.server NOT IN ('{GRANIAN}', '{UVICORN}')
        OR l.failure_id IN (FROM raised)
        -- Why a server kills it says before, and that may stand before where its log begins.
        OR (l.kind = '{Death.KILL}'
            AND l.second < (SELECT floor(min(low_s)) FROM events e WHERE e.instance = m.instance))) AS doubtful
FROM likely_deaths l JOIN events m USING (event_id)
"""  # noqa: S608 # words of the evidence

_ANY_LOST = f"EXISTS (FROM prepared_failures c WHERE {_IS_LOST})"
_ANY = f"SELECT EXISTS (FROM events WHERE kind IN {listed(_ENDS)}) AND {_ANY_LOST}"
_COLUMNS = "failure_id BIGINT, kind VARCHAR, event_id BIGINT, sure BOOLEAN, doubtful BOOLEAN"
_NONE = f"CREATE OR REPLACE TEMP TABLE failure_deaths ({_COLUMNS})"


def prepare_deaths(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the table failure_deaths: how the worker of a failed request ended, from events and prepared_failures.

    A failure belongs to the death of the pid that the request journal has; without one, to a death whose harakiri lines
    name its path, or that was noted within a second of it; two different deaths equally near make the kind 'unclear'.
    A failure is doubtful when more were lost at that moment than the workers that died can have had.
    """
    # To plan all of it takes longer than all else that a small log needs.
    if connection.execute(_ANY).fetchall() == [(False,)]:
        connection.execute(_NONE)
        return
    for statement in (_WORKER_SIGNS, _WORKER_LIVES, _DEATHS, _LOST_REQUESTS, _BLAMED, _BLAMED_AT_SITES, _WORKER_ENDS):
        connection.execute(statement)
    start_pairs(connection, "blamed_lost")
    pair(
        connection,
        "blamed_lost",
        left="lost_requests",
        right="blamed_at_sites",
        key=("path", "site"),
        # Where the journal knows the process, names of another one's requests say nothing.
        condition="app_pid IS NULL",
        offsets_s=(0, 1, -1, 2, -2),
    )
    for statement in (_POSSIBLE_DEATHS, _LIKELY_DEATHS, _FAILURE_DEATHS):
        connection.execute(statement)
