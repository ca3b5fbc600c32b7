"""Finds the zone of logs that have local times without one, from what two logs tell of the same requests."""

from dataclasses import dataclass

import duckdb

from badgateway.model.error_log import WITHOUT_VERSION, Severity
from badgateway.model.evidence import Phase, ServerEvent
from badgateway.model.log_kind import LogKind, Proxy

_STEP_S = 900
_FURTHEST_S = 14 * 3600

_ACCESS_LOGS = "source IN ({})".format(
    ", ".join(f"'{kind}'" for kind in (LogKind.NGINX_COMBINED, LogKind.NGINX_JSON, LogKind.OWN_FORMAT))
)
"""The formats that nginx and Apache write."""
_MAY_BE_NGINX = f"{_ACCESS_LOGS} AND coalesce(proxy = '{Proxy.NGINX}', TRUE)"

# A zone is a multiple of a quarter of an hour; the same request in the same second of both logs speaks for one.
_MEETINGS = f"""
WITH access AS (
    SELECT method || ' ' || uri AS request, unnest([floor(time_s), floor(time_s) - 1]) AS second
    FROM failures WHERE {_MAY_BE_NGINX} AND time_s IS NOT NULL),
errors AS (
    SELECT DISTINCT {WITHOUT_VERSION} AS request, floor(time_s) AS second
    FROM proxy_errors WHERE time_s IS NOT NULL AND request IS NOT NULL
    LIMIT 2000),
met AS (
    SELECT e.second - a.second AS offset_s, e.request, e.second FROM errors e JOIN access a USING (request)
    WHERE abs(e.second - a.second) <= {_FURTHEST_S} + 1)
SELECT CAST(round(offset_s / {_STEP_S}) * {_STEP_S} AS BIGINT) AS offset_s,
    count(DISTINCT (request, second)) AS meetings
FROM met WHERE abs(offset_s - round(offset_s / {_STEP_S}) * {_STEP_S}) <= 1
GROUP BY ALL ORDER BY meetings DESC, offset_s
"""  # noqa: S608 # constants of this module

_FELT_AT_THE_PROXY = (
    ServerEvent.WORKER_KILLED,
    ServerEvent.WORKER_CRASHED,
    ServerEvent.WORKER_TIMEOUT,
    ServerEvent.HARAKIRI,
    ServerEvent.OUT_OF_MEMORY,
    ServerEvent.GRACEFUL_TIMEOUT,
    ServerEvent.KILLED_WHILE_LEAVING,
    ServerEvent.APPLICATION_EXCEPTION,
)

# What HAProxy could not get is in the logs behind it: the same request, or the end of a worker.
_BEHIND_HAPROXY = f"""
WITH lost AS (
    SELECT failure_id, method || ' ' || uri AS request, floor(time_s) AS second FROM failures
    WHERE source = '{LogKind.HAPROXY}' AND status >= 500 AND time_s IS NOT NULL LIMIT 2000),
behind AS (
    SELECT method || ' ' || uri AS request, floor(time_s) AS second FROM failures
    WHERE source <> '{LogKind.HAPROXY}' AND time_s IS NOT NULL
    UNION ALL
    SELECT NULL, floor(time_s) FROM server_events
    WHERE time_s IS NOT NULL AND event IN ({", ".join(f"'{event}'" for event in _FELT_AT_THE_PROXY)})),
met AS (
    SELECT lost.second - behind.second AS offset_s, failure_id FROM lost JOIN behind
    ON abs(lost.second - behind.second) <= {_FURTHEST_S} + 1 AND coalesce(lost.request = behind.request, true))
SELECT CAST(round(offset_s / {_STEP_S}) * {_STEP_S} AS BIGINT) AS offset_s, count(DISTINCT failure_id) AS meetings
FROM met WHERE abs(offset_s - round(offset_s / {_STEP_S}) * {_STEP_S}) <= 1
GROUP BY ALL ORDER BY meetings DESC, offset_s
"""  # noqa: S608 # constants of this module

_STATED = rf"""
SELECT zone FROM (SELECT regexp_extract(line, '\[\d\d/\w+/\d{{4}}:\d\d:\d\d:\d\d ([+-]\d{{4}})\]', 1) AS zone
FROM failures WHERE {_ACCESS_LOGS}) WHERE zone <> '' GROUP BY zone ORDER BY count(*) DESC, zone LIMIT 1
"""  # noqa: S608 # a constant of this module

_LATENESS = r"""
SELECT epoch(try_strptime(
        replace(regexp_extract(line, '^\w{3} (\w{3} +\d+ \d\d:\d\d:\d\d \d{4}) - HARAKIRI', 1), '  ', ' '),
        '%b %d %H:%M:%S %Y'))
    - TRY_CAST(regexp_extract(line, ' since (\d{9,10})$', 1) AS DOUBLE) AS late_s
FROM scanned WHERE line LIKE '%HARAKIRI [core%' LIMIT 1000
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Zone:
    """How far ahead of UTC the local times are, and how that is known."""

    utc_offset_s: float
    note: str = ""
    """A sentence for whoever reads the answer; empty when there is nothing to say."""


def zone_of_errors(connection: duckdb.DuckDBPyConnection, likely_offset_s: float = 0.0) -> Zone:
    """Find in which zone nginx's error log is, whose times were taken for UTC, beside its access log.

    Args:
        connection: With both.
        likely_offset_s: What it is taken for where they do not tell.
    """
    # Mostly one of them was not given, and to look at all lines of the other takes long.
    if connection.execute("SELECT EXISTS (FROM proxy_errors) AND EXISTS (FROM failures)").fetchall() == [(False,)]:
        return Zone(utc_offset_s=likely_offset_s)
    meetings = dict(connection.execute(_MEETINGS).fetchall())
    if not meetings:
        return Zone(utc_offset_s=likely_offset_s, note=_nothing_meets(connection))
    stated = stated_s(connection)
    best = max(meetings.values())
    # With equally many meetings the zone that the access log states is likelier than UTC, and both than any other.
    likely = [offset_s for offset_s in (stated, likely_offset_s, 0) if meetings.get(offset_s, 0) == best]
    others = [offset_s for offset_s, count in meetings.items() if count == best]
    if not likely and len(others) > 1:
        return Zone(utc_offset_s=0.0, note=_SEVERAL)
    return _told(
        float((likely or others)[0]), "nginx's error log", "that is where its lines meet those of the access log"
    )


def zone_of_haproxy(connection: duckdb.DuckDBPyConnection, likely_offset_s: float) -> Zone:
    """Find in which zone HAProxy's log is, whose times were taken for UTC, from what the logs behind it tell.

    Args:
        connection: With all of them.
        likely_offset_s: What it is taken for where they do not tell.
    """
    meetings = dict(connection.execute(_BEHIND_HAPROXY).fetchall())
    best = max(meetings.values(), default=0)
    found = [float(offset_s) for offset_s, count in meetings.items() if count == best]
    if likely_offset_s in found or len(found) != 1:
        return Zone(utc_offset_s=likely_offset_s)
    return _told(found[0], "HAProxy's log", "that is where its failures meet what the logs behind it tell of")


def zone_of_server(connection: duckdb.DuckDBPyConnection, name: str, errors_s: float) -> Zone:
    """Find in which zone the uWSGI log in the table `scanned` is: its lines about harakiri have both clocks.

    Args:
        connection: With the table.
        name: Of the log.
        errors_s: The zone of nginx's error log, taken where the log itself does not tell.
    """
    found = [late_s for (late_s,) in connection.execute(_LATENESS).fetchall() if late_s is not None]
    if not found:
        return Zone(utc_offset_s=errors_s)
    # What remains is how long the request ran, which is less than a quarter of an hour, mostly.
    offset_s = float(min(found) // _STEP_S * _STEP_S)
    if abs(offset_s) > _FURTHEST_S:
        return Zone(utc_offset_s=errors_s)
    return _told(offset_s, name, "its lines about harakiri have the time in seconds since the epoch, too")


def move_errors(connection: duckdb.DuckDBPyConnection, utc_offset_s: float) -> None:
    """Have the times of nginx's error log, which were taken for UTC, in UTC."""
    connection.execute("UPDATE proxy_errors SET time_s = time_s - ?", [utc_offset_s])
    of_errors = f"source = '{LogKind.NGINX_ERROR}'"
    connection.execute(f"UPDATE dated_lines SET time_s = time_s - ? WHERE {of_errors}", [utc_offset_s])  # noqa: S608


def move_haproxy(connection: duckdb.DuckDBPyConnection, utc_offset_s: float) -> None:
    """Have the times of HAProxy's log, which were taken for UTC, in UTC."""
    for table, column in (("failures", "time_s"), ("volume", "minute_s"), ("dated_lines", "time_s")):
        connection.execute(
            f"UPDATE {table} SET {column} = {column} - ? WHERE source = ?",  # noqa: S608 # constants
            [utc_offset_s, LogKind.HAPROXY],
        )


def last_request_s(connection: duckdb.DuckDBPyConnection) -> float | None:
    """When the last request or complaint was: what tells the year of times that have none."""
    query = "SELECT max(s) FROM (SELECT max(minute_s) AS s FROM volume UNION ALL SELECT max(time_s) FROM proxy_errors)"
    ((last_s,),) = connection.execute(query).fetchall()
    return None if last_s is None else float(last_s)


def as_offset(utc_offset_s: float) -> str:
    """Such as '+02:00'."""
    minutes = round(abs(utc_offset_s) / 60)
    return f"{'-' if utc_offset_s < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}"


_SEVERAL = (
    "The times of nginx's error log fit those of the access log in several zones, so they were taken for UTC: give "
    "--utc-offset."
)


_ERRORS = f"FROM proxy_errors WHERE request IS NOT NULL AND level IN ('{Severity.ERROR}', '{Severity.CRIT}')"
_SAME_TIMES = f"""
SELECT coalesce(bool_or(true), false), coalesce(bool_or(phase = '{Phase.READING_BODY}'), false)
FROM (SELECT phase, floor(time_s / 60) * 60 AS minute_s {_ERRORS})
SEMI JOIN (FROM volume WHERE {_ACCESS_LOGS}) USING (minute_s)
"""  # noqa: S608 # constants of this module
"""Whether lines of nginx's error log are of minutes of the access log, and whether one of these is about a cut body.

What was cut is a success in the access log, so the line is that failure's.
"""


def _nothing_meets(connection: duckdb.DuckDBPyConnection) -> str:
    query = f"""
        SELECT EXISTS (FROM failures WHERE {_MAY_BE_NGINX} AND status IN (500, 502, 503, 504)) AND EXISTS ({_ERRORS})
    """  # constants of this module
    if connection.execute(query).fetchall() != [(True,)]:
        return ""
    ((of_same_times, tells_of_a_cut),) = connection.execute(_SAME_TIMES).fetchall()
    if tells_of_a_cut:
        return ""
    why = "" if of_same_times else ": they are of different times or sites"
    return f"No line of nginx's error log is about a failed request of the access log, in whatever zone{why}."


def stated_s(connection: duckdb.DuckDBPyConnection) -> int:
    """Seconds ahead of UTC of the zone that the access log states; 0 when it states none."""
    for (zone,) in connection.execute(_STATED).fetchall():
        seconds = int(zone[1:3]) * 3600 + int(zone[3:]) * 60
        return -seconds if zone[0] == "-" else seconds
    return 0


def _told(utc_offset_s: float, log: str, reason: str) -> Zone:
    if not utc_offset_s:
        return Zone(utc_offset_s=0.0)
    return Zone(
        utc_offset_s=utc_offset_s,
        note=f"The times of {log} were taken as UTC{as_offset(utc_offset_s)}: {reason}. --utc-offset overrides it.",
    )
