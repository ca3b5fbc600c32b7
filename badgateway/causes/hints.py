"""What to log or to give in addition, to learn more about what these logs left open."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import duckdb

from badgateway.causes.conditions import listed
from badgateway.model.diagnosis import SERVER_LOG
from badgateway.model.evidence import Reason
from badgateway.model.evidence import ServerEvent as Event
from badgateway.model.log_kind import LogKind, Proxy
from badgateway.servers.registry import server_names, servers


@dataclass(frozen=True, slots=True, kw_only=True)
class _Hint:
    sentence: str
    of: str = ""
    """SQL condition over prepared_failures `c`: it is said where one holds it; empty: whatever failures there are."""
    there: tuple[str, ...] = ()
    """What SQL finds behind FROM: there is some of each."""
    not_there: tuple[str, ...] = ()
    """Likewise: there is none."""
    without_journal: bool = False
    """Whether it is said only where the starts of requests were not kept."""
    asks_for: tuple[str, ...] = ()
    """The kinds of logs that it asks for, as a remedy does; it is not said when one of them was given."""


# The server puts a time before its own lines: those that have none are not its own.
_UNTIMED = f"""
SELECT DISTINCT server, file IN (SELECT file FROM server_events WHERE time_s IS NOT NULL)
FROM events WHERE (low_s IS NULL OR is_borrowed) AND kind NOT IN {listed((Event.SERVER_STARTED, Event.LISTENING))}
"""  # noqa: S608 # words of the evidence
"""Of which servers there are lines without a time, and whether others in the same file have one."""

_NGINX = f"coalesce(c.proxy = '{Proxy.NGINX}', true)"
"""Or who it was is not known."""

_LINES_OF_SERVERS = f"server_events WHERE server IN {listed(server_names().values())}"

_HINTS = (
    _Hint(
        sentence="No access log and no error log of nginx was given, so nothing tells which requests failed: give "
        "at least one.",
        not_there=("volume", "prepared_failures", "proxy_errors"),
        asks_for=(LogKind.NGINX_COMBINED, LogKind.NGINX_JSON, LogKind.OWN_FORMAT, LogKind.NGINX_ERROR),
    ),
    _Hint(
        sentence="Without an access log each line of nginx's error log was counted as one failed request; requests "
        "that nginx tried again with success are among them. Give the access log too.",
        of=f"derived AND status <> 200 AND {_NGINX}",
    ),
    _Hint(
        sentence="Give nginx's error log of the same time: it tells the causes of 502 and 504 apart, the access "
        "log does not.",
        of=f"status IN (502, 503, 504) AND NOT balanced AND NOT app_answered AND {_NGINX}",
        not_there=("proxy_errors",),
        asks_for=(LogKind.NGINX_ERROR, LogKind.APACHE_ERROR),
    ),
    _Hint(
        sentence="The access log has no times of the upstream. Add to nginx's log_format: $msec $connection "
        "$upstream_addr $upstream_status $upstream_connect_time $upstream_header_time $upstream_response_time "
        "$request_time.",
        of=f"NOT has_upstream_times AND NOT balanced AND NOT derived AND {_NGINX}",
    ),
    _Hint(
        sentence="Add $connection to nginx's log_format: it is the number behind the * in the error log, and joins "
        "the two for certain; here they were joined by request and second.",
        of=f"connection IS NULL AND proxy_line_id IS NOT NULL AND {_NGINX}",
    ),
    _Hint(
        sentence="Set the level of nginx's error_log to info: only then it says why a request became a 499.",
        of="status = 499 AND NOT derived",
        not_there=(f"proxy_lines WHERE reason = '{Reason.CLIENT_GONE}'",),
    ),
    _Hint(
        sentence="Give the application server's log of the same time: it tells why connections "
        "were closed and answers did not come.",
        of="status IN (200, 502, 504) AND NOT app_answered",
        not_there=(_LINES_OF_SERVERS,),
        asks_for=(SERVER_LOG,),
    ),
)

_DIED_UNSEEN = (
    "decided WHERE cause_id IN ('502-connection-closed', 'body-cut-unexplained', '504-queued-or-slow', "
    "'504-no-answer-in-time', '502-one-of-several-worker-deaths')"
)
"""Failures that may be of a worker which nobody saw dying."""

_LATER_HINTS = (
    _Hint(
        sentence="Log when each request starts in the application, with its process id: requests that died with "
        "their worker leave no other trace.",
        there=(_DIED_UNSEEN, _LINES_OF_SERVERS),
        without_journal=True,
    ),
    _Hint(
        sentence="Give the logs of the load balancer's targets too: its own log cannot tell why they failed.",
        of="balanced AND status <> 460",
        not_there=("prepared_failures WHERE NOT balanced",),
    ),
    _Hint(
        sentence="Send Django's errors to a log (LOGGING with a handler for django.request): with DEBUG off it "
        "prints none.",
        there=("decided WHERE cause_id = 'application-answered-5xx'",),
    ),
)


def hints(
    connection: duckdb.DuckDBPyConnection, *, journal: bool, given: frozenset[str] = frozenset()
) -> tuple[str, ...]:
    """Return sentences that tell what would have said more, in order of use; empty when nothing is missing.

    Args:
        connection: With the prepared tables.
        journal: Whether the starts of requests were kept.
        given: The kinds of the logs that were read, with SERVER_LOG for any server's.
    """
    asked = [
        hint
        for hint in (*_HINTS, *_LATER_HINTS)
        if given.isdisjoint(hint.asks_for) and not (journal and hint.without_journal)
    ]
    said = _said(connection, asked)
    return (
        *(hint.sentence for hint in said if hint in _HINTS),
        *_about_times(connection),
        *(hint.sentence for hint in said if hint in _LATER_HINTS),
    )


def _said(connection: duckdb.DuckDBPyConnection, asked: Sequence[_Hint]) -> list[_Hint]:
    """Return the hints that hold."""
    conditions = ", ".join(f"bool_or({hint.of})" if hint.of else "true" for hint in asked)
    (row,) = connection.execute(f"SELECT {conditions}, count(*) FROM prepared_failures c").fetchall()  # noqa: S608 # constants
    hold = [hint for hint, holds in zip(asked, row[:-1], strict=True) if holds]
    # One by one: a statement that asks for all at once takes several times as long to be planned.
    some_of = dict.fromkeys(found for hint in hold for found in (*hint.there, *hint.not_there))
    is_there = {found: connection.execute(f"SELECT EXISTS (FROM {found})").fetchall() == [(True,)] for found in some_of}
    return [
        hint
        for hint in hold
        if all(is_there[found] for found in hint.there) and not any(is_there[found] for found in hint.not_there)
    ]


def _about_times(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    untimed = set(connection.execute(_UNTIMED).fetchall())
    for server in servers():
        if server.log is not None and (server.name, False) in untimed:
            yield (
                f"Lines of {server.label}'s log have no time, so they could not be put beside failures. "
                f"{server.log.with_times}"
            )
    if any(is_timed_elsewhere for _, is_timed_elsewhere in untimed):
        yield (
            "What the application printed has no time, so it could not be put beside failures. Give the handlers in "
            "Django's LOGGING a formatter with {asctime}."
        )
