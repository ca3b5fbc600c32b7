"""What logs tell beside the failures in them: a proxy that did not start, workers that ended and no request knows."""

import duckdb

from badgateway import numbers
from badgateway.causes.conditions import listed
from badgateway.model.error_log import Severity
from badgateway.model.evidence import ServerEvent as Event

_End = tuple[str, int, str, int]
"""An event, how often it was, and where it was first: file and line."""
_ENDS = (
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

_NOT_STARTED = f"""
SELECT file, line_number, line FROM proxy_errors WHERE level = '{Severity.EMERG}' AND request IS NULL
ORDER BY file, line_number LIMIT 1
"""  # noqa: S608 # words of the evidence

_TOO_LARGE = """
SELECT count(*), arg_min(file, (file, line_number)), arg_min(line_number, (file, line_number)) FROM proxy_errors
WHERE message LIKE 'client intended to send too large body%'
"""

_UNKNOWN_TO_REQUESTS = f"""
SELECT event, count(*), any_value(file ORDER BY file, line_number), min(line_number) FROM server_events
WHERE event IN {listed(_ENDS)} AND uri IS NULL AND NOT EXISTS (FROM prepared_failures)
GROUP BY event ORDER BY count(*) DESC, event
"""  # noqa: S608 # words of the evidence


def remarks(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """Return sentences about what no failed request tells of, after a diagnosis; empty when there is nothing."""
    return (*_not_started(connection), *_too_large(connection), *_ends(connection))


def remarks_by_subject(connection: duckdb.DuckDBPyConnection, *, has_failed: bool) -> dict[str, str]:
    """Return the same one by one, by what each is about: its sentence changes while more comes, and that does not.

    Args:
        connection: After a diagnosis.
        has_failed: Whether requests are known to have failed that the connection has forgotten.
    """
    ends = [] if has_failed else _found_ends(connection)
    not_started = [("nginx", sentence) for sentence in _not_started(connection)]
    too_large = [("size", sentence) for sentence in _too_large(connection)]
    return dict([*not_started, *too_large]) | {end[0]: _sentence([end]) for end in ends}


def _not_started(connection: duckdb.DuckDBPyConnection) -> list[str]:
    return [
        f"nginx did not start, or kept its old configuration: {file}:{line_number}  {line}"
        for file, line_number, line in connection.execute(_NOT_STARTED).fetchall()
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


def _found_ends(connection: duckdb.DuckDBPyConnection) -> list[_End]:
    return connection.execute(_UNKNOWN_TO_REQUESTS).fetchall()


def _sentence(found: list[_End]) -> str:
    told = ", ".join(f"{event} ({numbers.count(count)}, first {file}:{first})" for event, count, file, first in found)
    return (
        f"No failed request is known, but a server tells of trouble: {told}. Who waited for it has no line in these "
        "logs: give the proxy's access and error logs of that time."
    )
