"""What logs tell beside the failures in them: a proxy that did not start, workers that ended and no request knows."""

from itertools import compress

import duckdb

from badgateway import numbers
from badgateway.causes.conditions import listed
from badgateway.causes.unit_spans import TROUBLES_OF_UNITS
from badgateway.model.error_log import Severity
from badgateway.model.evidence import Reason
from badgateway.model.evidence import ServerEvent as Event

_End = tuple[str, int, str, int]
"""An event, how often it was, and where it was first: file and line."""
_OF_UNITS = (*TROUBLES_OF_UNITS, Event.UNIT_UNHEALTHY)
_ENDS = (
    *_OF_UNITS,
    Event.WORKER_TIMEOUT,
    Event.WORKER_KILLED,
    Event.WORKER_CRASHED,
    Event.WORKER_LOST,
    Event.HARAKIRI,
    Event.GRACEFUL_TIMEOUT,
    Event.KILLED_WHILE_LEAVING,
    Event.EVIL_RELOAD,
    Event.OUT_OF_MEMORY,
    Event.APPLICATION_NOT_LOADED,
    Event.LISTEN_QUEUE_FULL,
)

_OF_APPLICATIONS = (
    Event.APPLICATION_EXCEPTION,
    Event.HANDLED_EXCEPTION,
    Event.EMPTY_500,
    *(event for event in Event if event.name.startswith("DB_")),
    Event.SERVICE_UNREACHABLE,
    Event.NO_LOCAL_PORT,
    Event.NO_LOCAL_ADDRESS,
    Event.DISK_FULL,
    Event.OUT_OF_FILES,
    Event.MEMORY_ERROR,
    Event.STATIC_FILE_UNKNOWN,
)
"""Where there is an access log, it tells what became of them."""

_IS_TOO_LARGE = "message LIKE 'client intended to send too large body%'"
# A pattern is slow where there are millions of lines, and lines of this level are few.
_MAY_BE = f"""
SELECT count(*) > 0, bool_or(level = '{Severity.EMERG}'), bool_or(level = '{Severity.ALERT}'), bool_or({_IS_TOO_LARGE})
FROM proxy_errors
"""  # noqa: S608 # words of the evidence
_THERE = "SELECT EXISTS (FROM prepared_failures), EXISTS (FROM volume), EXISTS (FROM server_events)"

_NOT_STARTED = f"""
SELECT file, line_number, line FROM proxy_errors WHERE level = '{Severity.EMERG}' AND request IS NULL
ORDER BY file, line_number LIMIT 1
"""  # noqa: S608 # words of the evidence

_TOO_LARGE = f"""
SELECT count(*), arg_min(file, (file, line_number)), arg_min(line_number, (file, line_number)) FROM proxy_errors
WHERE {_IS_TOO_LARGE}
"""  # noqa: S608 # words of the evidence

_CRASHED = f"""
SELECT count(*), arg_min(file, (file, line_number)), arg_min(line_number, (file, line_number)) FROM proxy_errors
WHERE level = '{Severity.ALERT}' AND regexp_matches(message, '^worker process [0-9]+ exited on signal ([46789]|11)\\b')
"""  # noqa: S608 # words of the evidence

# What the client got for it cannot be told from the line; without an upstream it is mostly a file that is not there.
_WITHOUT_A_RULE = f"""
SELECT count(*), arg_min(file, (file, line_number)), arg_min(line_number, (file, line_number))
FROM proxy_errors e JOIN (SELECT row FROM proxy_lines WHERE reason = '{Reason.OTHER}') p ON p.row = e.rowid
WHERE NOT EXISTS (FROM volume) AND e.upstream IS NOT NULL AND NOT {_IS_TOO_LARGE}
"""  # noqa: S608 # words of the evidence

_UNKNOWN_TO_REQUESTS = f"""
SELECT event, count(*), any_value(file ORDER BY file, line_number), min(line_number) FROM server_events
WHERE (event IN {listed(_ENDS)} OR event IN {listed(_OF_APPLICATIONS)} AND NOT EXISTS (FROM volume))
    AND (uri IS NULL OR event <> '{Event.HARAKIRI}') AND NOT EXISTS (FROM prepared_failures)
GROUP BY event ORDER BY count(*) DESC, event
"""  # noqa: S608 # words of the evidence


# Kubernetes' own lists say how long ago something was, and that of the moment at which they were asked for.
_WITHOUT_A_TIME = f"""
SELECT kind, count(*), any_value(file ORDER BY file, line_number), min(line_number) FROM events
WHERE kind IN {listed(_OF_UNITS)} AND low_s IS NULL AND EXISTS (FROM prepared_failures)
GROUP BY kind ORDER BY count(*) DESC, kind
"""  # noqa: S608 # words of the evidence


def remarks(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """Return sentences about what no failed request tells of, after a diagnosis; empty when there is nothing."""
    # Each question takes time to plan, and most logs have an answer to none.
    ((failed, counted, of_servers),) = connection.execute(_THERE).fetchall()
    ((of_proxies, *may_be),) = connection.execute(_MAY_BE).fetchall()
    asked = list(compress((_not_started, _crashed, _too_large), may_be))
    if of_proxies and not counted:
        asked.append(_unknown)
    if of_servers:
        asked.append(_without_a_time if failed else _ends)
    return tuple(sentence for told in asked for sentence in told(connection))


def remarks_by_subject(connection: duckdb.DuckDBPyConnection, *, has_failed: bool) -> dict[str, str]:
    """Return the same one by one, by what each is about: its sentence changes while more comes, and that does not.

    Args:
        connection: After a diagnosis.
        has_failed: Whether requests are known to have failed that the connection has forgotten.
    """
    ends = [] if has_failed else _found_ends(connection)
    not_started = [("nginx", sentence) for sentence in _not_started(connection)]
    crashed = [("crash", sentence) for sentence in _crashed(connection)]
    too_large = [("size", sentence) for sentence in _too_large(connection)]
    return dict([*not_started, *crashed, *too_large]) | {end[0]: _sentence([end]) for end in ends}


def _not_started(connection: duckdb.DuckDBPyConnection) -> list[str]:
    return [
        f"nginx did not start, or kept its old configuration: {file}:{line_number}  {line}"
        for file, line_number, line in connection.execute(_NOT_STARTED).fetchall()
    ]


def _crashed(connection: duckdb.DuckDBPyConnection) -> list[str]:
    return [
        f"A worker of nginx's own ended by a signal ({numbers.plural(count, 'time')}, first {file}:{line_number}): "
        "every request in it was cut off, and none has a line in the access log. Look at its modules, and `dmesg -T`."
        for count, file, line_number in connection.execute(_CRASHED).fetchall()
        if count
    ]


def _unknown(connection: duckdb.DuckDBPyConnection) -> list[str]:
    return [
        f"nginx complains of {numbers.plural(count, 'request')} as no rule knows it, first {file}:{line_number}; "
        "an access log tells whether they failed."
        for count, file, line_number in connection.execute(_WITHOUT_A_RULE).fetchall()
        if count
    ]


def _too_large(connection: duckdb.DuckDBPyConnection) -> list[str]:
    return [
        f"nginx refused {numbers.plural(count, 'request')} for a body that was too large (413, which is no failure "
        f"here), first {file}:{line_number}: client_max_body_size allows more (default 1m)."
        for count, file, line_number in connection.execute(_TOO_LARGE).fetchall()
        if count
    ]


def _ends(connection: duckdb.DuckDBPyConnection) -> list[str]:
    found = _found_ends(connection)
    return [_sentence(found)] if found else []


def _without_a_time(connection: duckdb.DuckDBPyConnection) -> list[str]:
    found = connection.execute(_WITHOUT_A_TIME).fetchall()
    if not found:
        return []
    sentence = (
        f"What supervises the server tells, without a time: {_told(found)}. Whether it explains any of these failures "
        "these logs do not say: compare the times by hand, or give its log with times (kubelet's, or journalctl's)."
    )
    return [sentence]


def _found_ends(connection: duckdb.DuckDBPyConnection) -> list[_End]:
    return connection.execute(_UNKNOWN_TO_REQUESTS).fetchall()


def _sentence(found: list[_End]) -> str:
    return (
        f"No failed request is known, but a server tells of trouble: {_told(found)}. Who waited for it has no line in "
        "these logs: give the proxy's access and error logs of that time."
    )


def _told(found: list[_End]) -> str:
    return ", ".join(f"{event} ({numbers.count(count)}, first {file}:{first})" for event, count, file, first in found)
