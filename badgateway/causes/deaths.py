"""Prepares deaths: how each worker ended, and which cases were in it."""

import duckdb

from badgateway.causes.pairing import pair, start_pairs


def place_sql(address: str) -> str:
    """Return SQL for what identifies an address on both sides: the path of a socket, or the number of a port."""
    # A container or a wildcard has other names for its machine than the proxy has.
    return (
        f"CASE WHEN contains({address}, 'unix:') THEN nullif(regexp_extract({address}, 'unix:/*(/[^: ]+)', 1), '') "
        f"WHEN {address} LIKE '/%' THEN {address} "
        f"ELSE nullif(regexp_extract({address}, '^(?:[a-z]+://)?[^/]*:([0-9]+)', 1), '') END"
    )


def of_its_server(instance: str, place: str) -> str:
    """Return the SQL condition that a server may be the one at a place: where both addresses are told, the same.

    Args:
        instance: Expression for the server, as in the table places; NULL is a note of no server in particular.
        place: Expression for where a request was sent, as `place_sql` gives it; NULL is not known.
    """
    return (
        f"({instance} IS NULL OR {place} IS NULL OR {instance} NOT IN (SELECT instance FROM places) "  # noqa: S608
        f"OR ({instance}, {place}) IN (SELECT (instance, place) FROM places))"
    )


# The lines that name the requests of a worker under harakiri follow the line that names its pid.
_NOTES = """
CREATE OR REPLACE TEMP TABLE notes AS
SELECT * EXCLUDE (pid, low_s, high_s), coalesce(pid, CASE WHEN kind = 'harakiri' THEN leader.pid END) AS pid,
    coalesce(low_s, CASE WHEN kind = 'harakiri' THEN leader.low_s END) AS low_s,
    coalesce(high_s, CASE WHEN kind = 'harakiri' THEN leader.high_s END) AS high_s
FROM (
    SELECT *, last_value(CASE WHEN kind = 'harakiri' AND pid IS NOT NULL
        THEN {'pid': pid, 'low_s': low_s, 'high_s': high_s} END IGNORE NULLS) OVER (
        PARTITION BY file, instance ORDER BY line_number ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS leader
    FROM marks
    WHERE kind IN ('server started', 'worker booted', 'harakiri', 'evil reload', 'mercy expired', 'worker timeout',
        'graceful timeout', 'worker killed', 'worker crashed', 'worker lost', 'worker recycled', 'worker exited',
        'shutdown'))
"""

# A pid comes back: after a restart, in a container at once, and in each of its copies. One worker is what one server
# notes of a pid between two starts, with no gap of ten minutes. A server's start is of no pid, and ends them all.
_SITTINGS = """
CREATE OR REPLACE TEMP TABLE sittings AS
WITH ordered AS (
    SELECT *, last_value(low_s IGNORE NULLS) OVER (
        PARTITION BY file, instance ORDER BY line_number ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS order_s
    FROM notes),
booted AS (
    SELECT *, count(*) FILTER (kind = 'server started') OVER (
        PARTITION BY instance ORDER BY order_s, file, line_number ROWS UNBOUNDED PRECEDING) AS boot
    FROM ordered),
told AS (
    SELECT *, last_value(high_s IGNORE NULLS) OVER (
        PARTITION BY instance, server, boot, pid ORDER BY order_s, file, line_number
        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before_s
    FROM booted WHERE pid IS NOT NULL)
SELECT *, boot * 1000000 + sum(CASE WHEN kind = 'worker booted' OR abs(low_s - before_s) > 600 THEN 1 ELSE 0 END) OVER (
    PARTITION BY instance, server, boot, pid ORDER BY order_s, file, line_number ROWS UNBOUNDED PRECEDING) AS sitting
FROM told
"""

_DEATHS = """
CREATE OR REPLACE TEMP TABLE deaths AS
SELECT row_number() OVER (ORDER BY first_mark) AS death_id, *,
    CASE
        WHEN harakiri THEN 'harakiri'
        WHEN evil THEN 'evil'
        WHEN mercy THEN 'mercy'
        -- Marks of one file are in the order of writing, those of two are not.
        WHEN graceful OR (left_mark < timeout_mark AND (left_file = timeout_file OR left_s < timeout_s)) THEN 'graceful'
        WHEN timeout_mark IS NOT NULL AND killed_mark > timeout_mark THEN 'blocked in C'
        WHEN idle THEN 'idle'
        WHEN timeout_mark IS NOT NULL THEN 'timeout'
        WHEN crash_mark IS NOT NULL THEN 'crash'
        WHEN lost THEN 'lost'
        ELSE 'kill' END AS kind,
    coalesce(timeout_mark, first_mark) AS mark_id
FROM (
    SELECT instance, server, pid, sitting,
        min(mark_id) FILTER (NOT leaving) AS first_mark,
        floor(min(low_s) FILTER (NOT leaving))::BIGINT AS first_s,
        floor(max(high_s) FILTER (NOT leaving))::BIGINT AS last_s,
        bool_or(kind = 'worker timeout' AND path = '(no URI read)') AS idle,
        bool_or(kind = 'harakiri') AS harakiri, bool_or(kind = 'evil reload') AS evil,
        bool_or(kind = 'mercy expired') AS mercy, bool_or(kind = 'graceful timeout') AS graceful,
        bool_or(kind = 'worker lost') AS lost,
        min(mark_id) FILTER (kind = 'worker timeout') AS timeout_mark,
        arg_min(file, mark_id) FILTER (kind = 'worker timeout') AS timeout_file,
        arg_min(low_s, mark_id) FILTER (kind = 'worker timeout') AS timeout_s,
        max(mark_id) FILTER (kind = 'worker killed' AND coalesce(signal, 9) = 9) AS killed_mark,
        -- Illegal instruction, abort, bus error, bad arithmetic, segmentation fault: nobody sent these.
        min(mark_id) FILTER (kind = 'worker crashed' OR (kind = 'worker killed' AND signal IN (4, 6, 7, 8, 11)))
            AS crash_mark,
        min(mark_id) FILTER (leaving) AS left_mark, arg_min(file, mark_id) FILTER (leaving) AS left_file,
        arg_min(low_s, mark_id) FILTER (leaving) AS left_s
    FROM (
        -- Gunicorn asks workers to leave by a signal, and says so as if it had killed them.
        SELECT *, kind IN ('worker recycled', 'worker exited', 'shutdown')
            OR (kind = 'worker killed' AND server = 'gunicorn' AND coalesce(signal, 9) IN (1, 2, 3, 15))
            -- uvicorn says of each worker in the end that it died.
            OR (kind = 'worker lost' AND bool_or(kind IN ('worker recycled', 'worker exited')) OVER (
                PARTITION BY instance, server, pid, sitting ORDER BY mark_id)) AS leaving
        FROM sittings WHERE kind NOT IN ('worker booted', 'server started'))
    GROUP BY instance, server, pid, sitting)
WHERE first_mark IS NOT NULL
"""

# The request that was in the worker for longest had the deadline; the others only shared its process.
_NAMED = """
CREATE OR REPLACE TEMP TABLE named AS
SELECT row_number() OVER (ORDER BY d.death_id, s.request_started_s, s.mark_id) AS id,
    d.death_id, s.mark_id, s.path, s.request_started_s,
    -- A log without times still has the request's start; the first failure of that path after it is what it tells of.
    coalesce(d.last_s, (SELECT min(v.second) FROM victims v WHERE v.path = s.path
        AND v.second BETWEEN s.request_started_s AND s.request_started_s + 900)) AS second,
    row_number() OVER (PARTITION BY d.death_id ORDER BY s.request_started_s NULLS LAST, s.mark_id) = 1 AS culprit
FROM sittings s
JOIN deaths d USING (instance, server, pid, sitting)
WHERE s.kind = 'harakiri' AND s.path IS NOT NULL
"""

_VICTIMS = f"""
CREATE OR REPLACE TEMP TABLE victims AS
SELECT row_number() OVER (ORDER BY c.start_s, c.failure_id) AS id, c.failure_id, c.path, c.app_pid, c.app_started_s,
    c.start_s, {place_sql("c.upstream")} AS place,
    -- Of a request that was retried, the try that failed.
    CASE WHEN retried THEN coalesce(m.second, c.second) ELSE c.second END AS second
FROM cases c LEFT JOIN complaints m ON m.id = c.complaint_id
WHERE c.reason IN ('closed', 'lost', 'body cut', 'cut unseen') OR (c.retried AND NOT c.lb_made)
    OR (c.reason IS NULL AND c.status = 502 AND NOT c.app_answered)
"""  # noqa: S608 # a constant of this module

_FATES = """
CREATE OR REPLACE TEMP TABLE fates AS
SELECT d.*, named IS NOT NULL AS named
FROM deaths d LEFT JOIN (SELECT DISTINCT death_id, true AS named FROM named) USING (death_id)
"""

_ADDRESSES = rf"""
CREATE OR REPLACE TEMP TABLE places AS
SELECT DISTINCT instance, place FROM (SELECT instance, {place_sql("path")} AS place FROM marks WHERE kind = 'listening')
WHERE place IS NOT NULL
"""  # noqa: S608 # a constant of this module

_POSSIBLE_DEATHS = f"""
CREATE OR REPLACE TEMP TABLE possible_deaths AS
WITH moments AS (
    SELECT instance, kind, mark_id, second, greatest(first_s - second, second - last_s, 0) AS distance_s
    FROM (SELECT *, unnest(range(first_s - 1, last_s + 2)) AS second FROM fates WHERE NOT named)),
wanted AS (SELECT DISTINCT second, place FROM victims WHERE app_pid IS NULL)
-- A server that says where it listens has no part in what happened at another address.
SELECT w.second, w.place, m.kind, m.mark_id, m.distance_s FROM wanted w JOIN moments m USING (second)
WHERE {of_its_server("m.instance", "w.place")}
"""  # noqa: S608 # constants of this module

_LIKELY_DEATHS = """
CREATE OR REPLACE TEMP TABLE likely_deaths AS
WITH by_name AS (
    SELECT v.failure_id, CASE WHEN n.culprit THEN 'harakiri' ELSE 'collateral' END AS kind, n.mark_id
    FROM named_victims p JOIN victims v ON v.id = p.left_id JOIN named n ON n.id = p.right_id),
by_pid AS (
    SELECT v.failure_id, coalesce(n.mark_id, d.mark_id) AS mark_id,
        CASE WHEN n.culprit THEN 'harakiri' WHEN d.named THEN 'collateral' ELSE d.kind END AS kind
    FROM victims v JOIN fates d ON d.pid = v.app_pid AND d.last_s >= v.start_s - 2 AND d.first_s <= v.second + 5
    -- The worker may be at its next request already, of the same path perhaps, when it is killed for the one before.
    LEFT JOIN named n ON n.death_id = d.death_id AND n.path = v.path
        AND coalesce(abs(n.request_started_s - floor(v.app_started_s)) <= 2, true)
    QUALIFY row_number() OVER (PARTITION BY v.failure_id ORDER BY d.mark_id,
        abs(n.request_started_s - floor(v.app_started_s)) NULLS LAST, n.mark_id) = 1),
by_time AS (
    SELECT second, place, CASE WHEN count(DISTINCT kind) = 1 THEN any_value(kind) ELSE 'unclear' END AS kind,
        min(mark_id) AS mark_id
    FROM (FROM possible_deaths QUALIFY rank() OVER (PARTITION BY second, place ORDER BY distance_s) = 1)
    GROUP BY second, place)
SELECT v.failure_id, coalesce(n.kind, i.kind, t.kind) AS kind, coalesce(n.mark_id, i.mark_id, t.mark_id) AS mark_id,
    coalesce(n.mark_id, i.mark_id) IS NOT NULL AS sure, v.second, v.place
FROM victims v
LEFT JOIN by_name n USING (failure_id)
LEFT JOIN by_pid i USING (failure_id)
-- Where the journal knows the process, another one's death says nothing.
LEFT JOIN by_time t ON t.second = v.second AND t.place IS NOT DISTINCT FROM v.place AND v.app_pid IS NULL
WHERE coalesce(n.kind, i.kind, t.kind) IS NOT NULL
"""

# One worker ends one request, unless its server says that it runs several at once. Where more were lost than workers
# died, in one second or in all seconds that share a death, some were lost otherwise, and nothing tells which.
_CASE_DEATHS = """
CREATE OR REPLACE TEMP TABLE case_deaths AS
WITH lost AS (
    SELECT mark_id, second, place, count(*) AS requests FROM likely_deaths GROUP BY ALL),
within AS (
    SELECT l.mark_id, l.second, l.place, l.requests, p.mark_id AS death
    FROM lost l JOIN possible_deaths p ON p.second = l.second AND p.place IS NOT DISTINCT FROM l.place),
crowded AS (
    SELECT mark_id FROM within GROUP BY mark_id, second, place HAVING any_value(requests) > count(DISTINCT death)
    UNION
    SELECT mark_id FROM (SELECT mark_id, sum(requests) AS requests FROM lost GROUP BY mark_id)
    JOIN (SELECT mark_id, count(DISTINCT death) AS deaths FROM within GROUP BY mark_id) USING (mark_id)
    WHERE requests > deaths)
SELECT l.failure_id, l.kind, l.mark_id, l.sure,
    NOT l.sure AND l.mark_id IN (FROM crowded)
        AND m.instance NOT IN (SELECT instance FROM marks WHERE kind = 'several at once')
        -- These do not say it, and are hardly ever run otherwise.
        AND m.server NOT IN ('granian', 'uvicorn') AS doubtful
FROM likely_deaths l JOIN marks m USING (mark_id)
"""


def prepare_deaths(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the table case_deaths: how the worker of a case ended, from marks and cases.

    A case belongs to the death of the pid that the request journal has; without one, to a death whose harakiri lines
    name its path, or that was noted within a second of it; two different deaths equally near make the kind 'unclear'.
    A case is doubtful when more were lost at that moment than the workers that died can have had.
    """
    for statement in (_NOTES, _SITTINGS, _DEATHS, _VICTIMS, _NAMED, _FATES, _ADDRESSES):
        connection.execute(statement)
    start_pairs(connection, "named_victims")
    # Where the journal knows the process, names of another one's requests say nothing.
    of_unknown = "app_pid IS NULL"
    offsets_s = (0, 1, -1, 2, -2)
    pair(
        connection,
        "named_victims",
        left="victims",
        right="named",
        key=("path",),
        condition=of_unknown,
        offsets_s=offsets_s,
    )
    for statement in (_POSSIBLE_DEATHS, _LIKELY_DEATHS, _CASE_DEATHS):
        connection.execute(statement)
