"""Prepares events: what servers and probes noted, each with the time, or the span of time, that it can be of."""

import duckdb

from badgateway.causes.conditions import place_sql
from badgateway.databases.registry import databases
from badgateway.model.evidence import ServerEvent as Event
from badgateway.model.log_kind import LogKind
from badgateway.model.raw_words import PROBES, SampleSeries
from badgateway.servers.registry import server_names

_SERVERS = tuple(server_names().values())
_BESIDE_LINES = 5
_BESIDE_S = 60
_BETWEEN_S = 10

_DATED = """
CREATE OR REPLACE TEMP TABLE dated AS
SELECT file, line_number, time_s FROM dated_lines
UNION ALL
SELECT file, line_number, time_s FROM server_events SEMI JOIN dated_lines USING (file) WHERE time_s IS NOT NULL
"""
"""Lines with a time, of whatever program, in files that several programs wrote or in which only some lines have one."""

_EVENTS = f"""
CREATE OR REPLACE TEMP TABLE events AS
WITH bounded AS (
    SELECT *,
        last_value(time_s IGNORE NULLS) OVER (
            PARTITION BY file, instance ORDER BY line_number
            ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS before_s,
        first_value(time_s IGNORE NULLS) OVER (
            PARTITION BY file, instance ORDER BY line_number
            ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS after_s
    FROM server_events),
noted AS (
    SELECT
        -- An HTTP method read as a uwsgi header: its second and third letter are taken for the size.
        CASE WHEN event = '{Event.BLOCK_SIZE_EXCEEDED}'
                AND value IN (21573, 21327, 21589, 16709, 21584, 19525, 21569)
            THEN '{Event.PROTOCOL_MISMATCH}' ELSE event END AS kind,
        -- Not all lines of a log have their time from the same clock.
        CASE WHEN time_s IS NOT NULL THEN time_s
            WHEN after_s - before_s BETWEEN -1 AND 10 THEN least(before_s, after_s) END AS low_s,
        CASE WHEN time_s IS NOT NULL THEN time_s
            WHEN after_s - before_s BETWEEN -1 AND 10 THEN greatest(before_s, after_s) END AS high_s,
        server, pid, worker, split_part(uri, '?', 1) AS path, request_started_s, signal, value,
        coalesce(instance, file) AS instance, host, file, line_number, line
    FROM bounded
    UNION ALL
    SELECT kind, time_s, time_s, NULL, NULL, NULL, NULL, NULL, NULL, value, '{PROBES}', NULL, '{PROBES}',
        row_number() OVER (ORDER BY time_s, series, value),
        format('{{}} = {{:g}} at {{:.1f}} s since the epoch', series, value, time_s)
    FROM (
        SELECT *, CASE
            WHEN series = '{SampleSeries.ACCEPT_QUEUE}' AND limit_value > 0 AND value >= limit_value
                THEN '{Event.ACCEPT_QUEUE_FULL}'
            WHEN series = '{SampleSeries.LISTEN_OVERFLOWS}'
                AND value > lag(value) OVER (PARTITION BY series ORDER BY time_s, value)
                THEN '{Event.LISTEN_OVERFLOW}' END AS kind
        FROM samples)
    WHERE kind IS NOT NULL)
,
neighbours AS (
    SELECT u.file, u.line_number, b.time_s AS before_s, a.time_s AS after_s,
        u.line_number - b.line_number AS lines_before, a.line_number - u.line_number AS lines_after
    FROM (SELECT DISTINCT file, line_number FROM noted WHERE low_s IS NULL) u
    ASOF LEFT JOIN dated b ON b.file = u.file AND b.line_number <= u.line_number
    ASOF LEFT JOIN dated a ON a.file = u.file AND a.line_number >= u.line_number),
beside AS (
    SELECT file, line_number,
        CASE WHEN lines_before <= {_BESIDE_LINES} AND lines_after <= {_BESIDE_LINES} THEN
                CASE WHEN abs(after_s - before_s) <= {_BESIDE_S} THEN [before_s, after_s]
                    WHEN lines_before < lines_after THEN [before_s] ELSE [after_s] END
            WHEN abs(after_s - before_s) <= {_BETWEEN_S} THEN [before_s, after_s]
            WHEN lines_before <= {_BESIDE_LINES} THEN [before_s]
            WHEN lines_after <= {_BESIDE_LINES} THEN [after_s] END AS seconds
    FROM neighbours)
SELECT row_number() OVER (ORDER BY file, line_number, kind, pid, low_s, path) AS event_id,
    * EXCLUDE (seconds) REPLACE (
        coalesce(low_s, list_min(seconds)) AS low_s, coalesce(high_s, list_max(seconds)) AS high_s),
    low_s IS NULL AND seconds IS NOT NULL AS is_borrowed,
    -- A line that names a request and its start needs no time of its own.
    is_borrowed AND request_started_s IS NULL AND kind <> '{Event.LISTENING}'
        -- What logs by itself may be another program than the one that answered.
        OR server = '{LogKind.APPLICATION}' AND path IS NULL AS is_weak
FROM noted LEFT JOIN beside USING (file, line_number)
"""  # noqa: S608 # words of the evidence
"""A line without a time gets the span between its timed neighbours, if that is short enough to mean something.

Where the server's own lines give none, those of other programs beside it lend theirs, which proves nothing.
"""

_TIMED = "CREATE OR REPLACE TEMP TABLE timed_events AS FROM events WHERE low_s IS NOT NULL"

_NEARBY = """
CREATE OR REPLACE TEMP TABLE nearby AS
SELECT kind, instance, second, path, pid, of_database, min(distance_s) AS distance_s,
    arg_min(event_id, (distance_s, event_id)) AS event_id
FROM (
    SELECT kind, instance, coalesce(server IN (SELECT unnest(?)), false) AS of_database,
        coalesce(path, '') AS path, CASE WHEN path IS NULL THEN pid END AS pid, event_id, second,
        greatest(floor(low_s)::BIGINT - second, second - floor(high_s)::BIGINT, 0) AS distance_s
    FROM (SELECT *, unnest(range(floor(low_s)::BIGINT - 1, floor(high_s)::BIGINT + 2)) AS second FROM timed_events))
GROUP BY kind, instance, second, path, pid, of_database
"""
"""Per kind, server, second, path and process the nearest event, so that rules join by equality."""


_PLACES = f"""
CREATE OR REPLACE TEMP TABLE places AS
SELECT DISTINCT instance, place
FROM (SELECT instance, {place_sql("path")} AS place FROM events WHERE kind = '{Event.LISTENING}')
WHERE place IS NOT NULL
"""  # noqa: S608 # constants of this module
"""Where servers say that they listen."""

_SERVING = """
CREATE OR REPLACE TEMP TABLE serving AS
SELECT c.site, i.instance
FROM (SELECT DISTINCT site, place, host FROM prepared_failures) c
JOIN (SELECT DISTINCT instance, host FROM events) i ON coalesce(c.host = i.host, true)
WHERE c.place IS NULL OR i.instance NOT IN (SELECT instance FROM places)
    OR (i.instance, c.place) IN (SELECT (instance, place) FROM places)
"""
"""A server of another machine, or one that says that it listens elsewhere, has no part in a failure."""

# What stands before a line names a container, or a pod and its container: without numbers and hashes, a service.
_OF_BACKGROUND = "celery|beat|flower|cron|scheduler|rq|huey|dramatiq|workers?|tasks?|jobs?|queues?|consumers?"
_BYSTANDERS = rf"""
CREATE OR REPLACE TEMP TABLE bystanders AS
WITH named AS (
    SELECT instance, regexp_replace(regexp_extract(instance, ' \(([^()]*)\)$', 1),
        '[-_./\[][0-9a-z]*[0-9][0-9a-z]*\]?', '', 'g') AS service
    FROM (SELECT DISTINCT instance FROM events WHERE server IN ({", ".join(f"'{name}'" for name in _SERVERS)})))
SELECT instance FROM named
WHERE service <> '' AND instance NOT IN (SELECT instance FROM places)
    AND (regexp_matches(service, '(?i)(^|[^a-z])({_OF_BACKGROUND})([^a-z]|$)')
        OR (SELECT count(DISTINCT regexp_extract(service, '[^/ ]*$')) FROM named) > 1)
"""  # noqa: S608 # constants of this module
"""Servers that may have other work than the proxy's requests: only a line that names the request proves anything."""


# To plan what finds nothing takes longer than all else that a small log of a proxy needs.
_NO_EVENTS = """
CREATE OR REPLACE TEMP TABLE events (event_id BIGINT, kind VARCHAR, low_s DOUBLE, high_s DOUBLE, server VARCHAR,
    pid INTEGER, worker INTEGER, path VARCHAR, request_started_s DOUBLE, signal INTEGER, value DOUBLE,
    instance VARCHAR, host VARCHAR, file VARCHAR, line_number BIGINT, line VARCHAR, is_borrowed BOOLEAN,
    is_weak BOOLEAN);
CREATE OR REPLACE TEMP TABLE timed_events AS FROM events;
CREATE OR REPLACE TEMP TABLE places (instance VARCHAR, place VARCHAR);
CREATE OR REPLACE TEMP TABLE nearby (kind VARCHAR, instance VARCHAR, second BIGINT, path VARCHAR, pid INTEGER,
    of_database BOOLEAN, distance_s BIGINT, event_id BIGINT)
"""
_NONE_SERVING = """
CREATE OR REPLACE TEMP TABLE serving (site VARCHAR, instance VARCHAR);
CREATE OR REPLACE TEMP TABLE bystanders (instance VARCHAR)
"""


def prepare_events(connection: duckdb.DuckDBPyConnection, *, has_events: bool) -> None:
    """Make the tables events, timed_events, places and nearby from server_events and samples, if these have any."""
    if not has_events:
        connection.execute(_NO_EVENTS)
        return
    for statement in (_DATED, _EVENTS, _TIMED, _PLACES):
        connection.execute(statement)
    connection.execute(_NEARBY, [[one.log_kind for one in databases()]])


def prepare_serving(connection: duckdb.DuckDBPyConnection, *, has_events: bool) -> None:
    """Make the tables serving and bystanders: which server may be the one that a failed request was sent to."""
    if not has_events:
        connection.execute(_NONE_SERVING)
        return
    connection.execute(_SERVING)
    connection.execute(_BYSTANDERS)
