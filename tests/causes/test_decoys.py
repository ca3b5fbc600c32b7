"""Decoys: evidence of a cause, and the same evidence with one thing changed, by which it is of something else.

Each family of the catalogue has some. A decoy that would be overlooked anyway proves nothing, so each is planted twice:
first as it is when it tells the truth, and then the cause has to be found.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pytest

from badgateway.causes import BY_ID, CAUSES, diagnose
from badgateway.logs.database_logs import database_logs
from badgateway.model.evidence import Phase, Reason, ServerEvent
from badgateway.model.log_kind import LogKind, Proxy
from tests.causes.evidence import HOURS_APART_S, NOON, Evidence
from tests.causes.samples import (
    answered,
    apache,
    behind,
    connect_timeout,
    dying,
    killed_in_container,
    own,
    queue_full,
    refused,
    service,
    throttled,
)

EVENT = ServerEvent
NEVER_PROVEN = "not told by these logs"
HERE, ELSEWHERE = "unix:/run/web.sock", "http://127.0.0.1:9000"
OURS, THEIRS = "web1", "web2"
HOUR_S = 3600.0
TOLD_BY_THE_REQUEST_ITSELF = {"haproxy-not-connected", "client-gave-up", "alb-no-targets", "alb-idle-timeout"}
"""Causes of a decoy's truth that the access log tells by itself, whatever other logs say."""


def listening(at: str) -> Evidence:
    return Evidence().event(EVENT.LISTENING, at=-60, uri=at)


def at_address(event: ServerEvent, failed: Callable[[Evidence], Evidence], **given) -> tuple[Evidence, Evidence]:
    """A server's line in the second of a failure: of the one that the request was sent to, and of another one."""
    truth, decoy = (failed(listening(at).event(event, **given)) for at in (HERE, ELSEWHERE))
    return truth, decoy


def on_host(event: ServerEvent, failed: Callable[..., Evidence], **given) -> tuple[Evidence, Evidence]:
    """A server's line in the second of a failure: of the same machine, and of another one."""
    truth, decoy = (failed(Evidence().event(event, host=host, **given), host=OURS) for host in (OURS, THEIRS))
    return truth, decoy


def of_process(event: ServerEvent, failed: Callable[..., Evidence], **given) -> tuple[Evidence, Evidence]:
    """A server's line in the second of a failure: of the process that had the request, and of another one."""
    truth, decoy = (failed(Evidence().event(event, pid=pid, **given), app_pid=71) for pid in (71, 72))
    return truth, decoy


def closed(evidence: Evidence, **given) -> Evidence:
    return evidence.closed(**({"at": 0.4, "duration_s": 0.4} | given))


def later_refused(evidence: Evidence, **given) -> Evidence:
    (told,) = evidence.rows["server_events"]
    return refused(evidence.event(EVENT.UNIT_STARTED, at=700, uri="web.service", host=told["host"]), at=2.5, **given)


def started(evidence: Evidence, **given) -> Evidence:
    return closed(evidence, app_started_s=NOON - 0.1, **given)


def cut(evidence: Evidence, **given) -> Evidence:
    return evidence.cut(at=0.4, **given)


def failed_500(evidence: Evidence, **given) -> Evidence:
    return evidence.failure(500, at=0.4, duration_s=0.3, upstream_header_s=0.3, **given)


def slow(evidence: Evidence, **given) -> Evidence:
    return evidence.slow(at=1.0, **given)


def one_request(message: str, status: int, **line) -> tuple[Evidence, Evidence]:
    """A line of nginx about a failed request, and about another request of the same second."""
    truth = Evidence().combined(status).proxy_line(message, **line)
    return truth, Evidence().combined(status).proxy_line(message, of=None, request="GET /other/ HTTP/1.1", **line)


def one_host(message: str, status: int, **line) -> tuple[Evidence, Evidence]:
    """A line of nginx about a failed request, and about the same request of the same second on another machine."""
    truth, decoy = (
        Evidence().combined(status, host=OURS).proxy_line(message, host=host, **line) for host in (OURS, THEIRS)
    )
    return truth, decoy


def told_by_database(event: ServerEvent) -> Evidence:
    """A line of a database's own log: it knows no request."""
    (kind, *_) = database_logs()
    return Evidence().event(event, server=kind, file="database.log")


def killed_by_kernel(pid: int) -> Evidence:
    evidence = dying(EVENT.WORKER_KILLED, server="gunicorn", signal=9)
    return evidence.event(EVENT.OUT_OF_MEMORY, at=10, server="kernel", pid=pid, uri="gunicorn", file="kern.log")


def of_a_limit() -> Evidence:
    evidence = dying(EVENT.WORKER_KILLED, server="gunicorn", signal=9)
    line = "kernel: Memory cgroup out of memory: Killed process 71 (gunicorn)"
    return evidence.event(EVENT.OUT_OF_MEMORY, at=10, server="kernel", pid=71, uri="gunicorn", file="k.log", line=line)


def killed_beside(name: str) -> Evidence:
    """A worker that its server killed itself, in the second in which the kernel killed something for memory."""
    evidence = dying(ServerEvent[name], EVENT.WORKER_KILLED, server="gunicorn", signal=9)
    return evidence.event(EVENT.CONTAINER_KILL, at=10, server="", file="probe samples")


def raced(status: int) -> Evidence:
    line = "'500 Internal Server Error' caused by: http: server closed idle connection"
    evidence = behind(LogKind.TRAEFIK, 500, None)
    return evidence.proxy_line(line, proxy=Proxy.TRAEFIK, request=None, status=status)


def not_answered(kind: LogKind, reason: Reason) -> Evidence:
    return behind(kind, 503, reason)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decoy:
    """Evidence of a cause, and evidence that is not of it."""

    cause: str
    differs: str
    truth: Evidence
    decoy: Evidence

    def __str__(self) -> str:
        return f"{self.cause}, {self.differs}"


def decoy(cause: str, differs: str, planted: tuple[Evidence, Evidence]) -> Decoy:
    return Decoy(cause=cause, differs=differs, truth=planted[0], decoy=planted[1])


PROXY_LINE: dict[str, Any] = {"level": "crit", "phase": Phase.OTHER}
NO_SPACE = 'pwrite() "/var/b/1" failed (28: No space left on device)'
TOO_BIG = "upstream sent too big header while reading response header from upstream"
FORBIDDEN = "connect() to unix:/s failed (13: Permission denied) while connecting to upstream"
LIMITING = 'limiting requests, excess: 5.0 by zone "one"'

DECOYS = (
    # Accept queue.
    decoy("reload-gap", "another address", at_address(EVENT.RELOAD, queue_full)),
    decoy(
        "reload-gap",
        "another machine",
        on_host(EVENT.RELOAD, lambda evidence, **given: refused(evidence, at=0.5, **given)),
    ),
    decoy(
        "reload-gap",
        "another time: it was over long before the connection was closed",
        (
            Evidence().event(EVENT.RELOAD).event(EVENT.WORKER_READY, at=2, pid=9).closed(at=2.4, duration_s=3.0),
            Evidence().event(EVENT.RELOAD).event(EVENT.WORKER_READY, at=2, pid=9).closed(at=60.4, duration_s=61.0),
        ),
    ),
    decoy("restart-gap", "another address", at_address(EVENT.SHUTDOWN, closed)),
    decoy("restart-gap", "another machine", on_host(EVENT.SHUTDOWN, closed)),
    decoy("respawn-throttled", "another address", at_address(EVENT.RESPAWN_THROTTLED, queue_full, value=2)),
    decoy(
        "tcp-accept-queue-full",
        "another address",
        (
            connect_timeout(listening("10.0.0.7:8000").event(EVENT.LISTEN_QUEUE_FULL, at=-1)),
            connect_timeout(listening(ELSEWHERE).event(EVENT.LISTEN_QUEUE_FULL, at=-1)),
        ),
    ),
    # Connections.
    decoy("application-not-loaded", "another address", at_address(EVENT.APPLICATION_NOT_LOADED, refused)),
    decoy("application-not-loaded", "another machine", on_host(EVENT.APPLICATION_NOT_LOADED, refused)),
    decoy("socket-error-in-worker", "another address", at_address(EVENT.SOCKET_ERROR, closed)),
    decoy("socket-forbidden", "another request", one_request(FORBIDDEN, 502, errno=13, phase=Phase.CONNECTING)),
    # Worker deaths.
    decoy("worker-killed", "another address", at_address(EVENT.WORKER_KILLED, closed, pid=71, signal=9)),
    decoy("worker-killed", "another machine", on_host(EVENT.WORKER_KILLED, closed, pid=71, signal=9)),
    decoy("worker-killed", "another process", of_process(EVENT.WORKER_KILLED, started, signal=9)),
    decoy("worker-crashed", "another address", at_address(EVENT.WORKER_CRASHED, closed, pid=71)),
    decoy("harakiri", "another machine", on_host(EVENT.HARAKIRI, closed, server="uwsgi", pid=71)),
    decoy("memory-reload", "another process", of_process(EVENT.EVIL_RELOAD, started)),
    decoy("out-of-memory", "another process", (killed_by_kernel(71), killed_by_kernel(4711))),
    # Containers.
    decoy("container-memory-limit", "another process", (killed_in_container(), killed_in_container(chosen=4711))),
    decoy(
        "container-memory-limit",
        "another time: a SIGKILL by hand, long before the kernel's",
        (killed_in_container(chosen=None), killed_in_container(chosen=None, at=60)),
    ),
    decoy(
        "container-memory-limit",
        "more died by signal 9 than the kernel has killed, and nobody says which it was",
        (killed_in_container(chosen=None), killed_in_container(72, chosen=None)),
    ),
    decoy("container-memory-limit", "harakiri in that second", (killed_in_container(), killed_beside("HARAKIRI"))),
    decoy("container-memory-limit", "the arbiter's own", (killed_in_container(), killed_beside("WORKER_TIMEOUT"))),
    decoy("container-memory-limit", "mercy ran out", (killed_in_container(), killed_beside("KILLED_WHILE_LEAVING"))),
    decoy(
        "cpu-quota-throttled",
        "too short: most of the wait went by otherwise",
        (
            throttled(Evidence().slow(at=10), seconds=(7, 8)),
            throttled(Evidence().slow(at=10, duration_s=9.0), seconds=(7, 8)),
        ),
    ),
    decoy(
        "cpu-quota-throttled",
        "another time",
        (
            throttled(Evidence().slow(at=10), seconds=(7, 8)),
            throttled(Evidence().slow(at=10), seconds=(20, 21)),
        ),
    ),
    decoy("container-memory-limit", "a machine without memory", (of_a_limit(), killed_by_kernel(71))),
    decoy("server-ended", "another machine", on_host(EVENT.UNIT_ENDED, later_refused, uri="web.service")),
    decoy(
        "server-ended",
        "another time: it had been started again, and had loaded",
        (
            refused(service(EVENT.UNIT_ENDED, EVENT.UNIT_STARTED), at=8.0),
            refused(service(EVENT.UNIT_ENDED, EVENT.UNIT_STARTED), at=60.0),
        ),
    ),
    decoy(
        "server-ended",
        "it had been told to stop",
        (
            refused(service(EVENT.UNIT_STARTED, EVENT.UNIT_ENDED), at=8.0),
            refused(service(EVENT.UNIT_STOPPING, EVENT.UNIT_ENDED), at=8.0),
        ),
    ),
    decoy(
        "restart-gap",
        "stopped for good, says systemd",
        (
            refused(service(EVENT.UNIT_STOPPING, EVENT.UNIT_STARTED), at=3.0),
            refused(service(EVENT.UNIT_STOPPING), at=3.0),
        ),
    ),
    decoy("server-given-up", "another machine", on_host(EVENT.UNIT_GAVE_UP, later_refused, uri="web.service")),
    decoy(
        "out-of-memory",
        "another time: a service that ran out of memory long before",
        (closed(service(EVENT.UNIT_OUT_OF_MEMORY)), closed(service(EVENT.UNIT_OUT_OF_MEMORY), at=60.4)),
    ),
    # Worker time limits.
    decoy("gunicorn-timeout-502", "another process", of_process(EVENT.WORKER_TIMEOUT, started)),
    decoy("gunicorn-timeout-502", "another machine", on_host(EVENT.WORKER_TIMEOUT, closed, pid=71)),
    decoy("timeout-cut-the-body", "another address", at_address(EVENT.WORKER_TIMEOUT, cut, pid=71)),
    # Proxy timeouts.
    decoy("uwsgi-write-timeout", "another address", at_address(EVENT.WRITE_TIMEOUT, cut, server="uwsgi")),
    decoy("uwsgi-write-timeout", "another machine", on_host(EVENT.WRITE_TIMEOUT, cut, server="uwsgi")),
    decoy(
        "504-queued-or-slow",
        "another address",
        at_address(EVENT.LISTEN_QUEUE_FULL, lambda it: slow(it, upstream_connect_s=None)),
    ),
    # Event loop.
    decoy("async-cores-exhausted", "another address", at_address(EVENT.ASYNC_QUEUE_FULL, slow)),
    decoy("async-cores-exhausted", "another machine", on_host(EVENT.ASYNC_QUEUE_FULL, slow)),
    decoy(
        "event-loop-blocked",
        "another process",
        of_process(
            EVENT.LOOP_BLOCKED,
            lambda evidence, **given: slow(evidence, app_started_s=NOON - 1.9, app_ended_s=NOON + 2, **given),
            server=None,
            time_s=NOON + 0.9,
            value=2.5,
        ),
    ),
    # Sizes and protocols.
    decoy("request-header-too-big", "another address", at_address(EVENT.BLOCK_SIZE_EXCEEDED, closed, value=5411)),
    decoy("request-header-too-big", "another machine", on_host(EVENT.BLOCK_SIZE_EXCEEDED, closed, value=5411)),
    decoy("protocol-mismatch", "another address", at_address(EVENT.BLOCK_SIZE_EXCEEDED, closed, value=21573)),
    decoy("response-header-too-big", "another request", one_request(TOO_BIG, 502)),
    # The proxy itself.
    decoy("proxy-disk-full", "another request", one_request(NO_SPACE, 500, errno=28, **PROXY_LINE)),
    decoy("proxy-disk-full", "another machine", one_host(NO_SPACE, 500, errno=28, **PROXY_LINE)),
    decoy(
        "proxy-disk-full",
        "an answer of the application's own",
        (own(NO_SPACE, errno=28), answered(at=0.0).proxy_line(NO_SPACE, errno=28, **PROXY_LINE)),
    ),
    # Other proxies.
    decoy("idle-connection-reused", "another status", (raced(500), raced(502))),
    decoy(
        "mod-wsgi-no-answer",
        "another status",
        (
            apache(504, "Timeout when reading response headers from daemon process 'a'"),
            Evidence()
            .combined(503)
            .proxy_line(
                "Timeout when reading response headers from daemon process 'a'",
                proxy=Proxy.APACHE,
                request=None,
                status=504,
            ),
        ),
    ),
    decoy(
        "haproxy-not-connected",
        "another proxy, whose line says who refused",
        (
            not_answered(LogKind.HAPROXY, Reason.REFUSED_OR_NO_ROUTE),
            behind(LogKind.CADDY, 502, None).proxy_line(
                "dial tcp: connect: connection refused", proxy=Proxy.CADDY, status=502
            ),
        ),
    ),
    # Database.
    decoy("db-connection-lost", "another address", at_address(EVENT.DB_CONNECTION_LOST, failed_500)),
    decoy("db-connection-lost", "another machine", on_host(EVENT.DB_CONNECTION_LOST, failed_500, uri="/members/")),
    decoy("db-connections-exhausted", "another process", of_process(EVENT.DB_TOO_MANY_CONNECTIONS, failed_500)),
    decoy("db-unreachable", "another address", at_address(EVENT.DB_UNREACHABLE, failed_500)),
    decoy("db-unreachable", "another machine", on_host(EVENT.DB_UNREACHABLE, failed_500)),
    decoy("application-out-of-ports", "another machine", on_host(EVENT.NO_LOCAL_PORT, failed_500, uri="/members/")),
    decoy("application-out-of-ports", "another address", at_address(EVENT.NO_LOCAL_PORT, failed_500)),
    decoy("db-file-locked", "another machine", on_host(EVENT.DB_LOCKED, failed_500, uri="/members/")),
    decoy("db-lock-wait", "another process", of_process(EVENT.DB_LOCK_WAIT, failed_500)),
    decoy("service-unreachable", "another machine", on_host(EVENT.SERVICE_UNREACHABLE, failed_500, uri="/members/")),
    decoy(
        "db-connections-exhausted",
        "the application says that it was something else",
        (
            failed_500(told_by_database(EVENT.DB_TOO_MANY_CONNECTIONS)),
            failed_500(told_by_database(EVENT.DB_TOO_MANY_CONNECTIONS).event(EVENT.HANDLED_EXCEPTION, uri="/members/")),
        ),
    ),
    decoy(
        "db-unreachable",
        "the database's own line, and another one of the application",
        (
            failed_500(told_by_database(EVENT.DB_UNREACHABLE)),
            failed_500(told_by_database(EVENT.DB_UNREACHABLE).event(EVENT.DB_LOCK_WAIT, uri="/members/")),
        ),
    ),
    decoy("late-monkey-patch", "another address", at_address(EVENT.LATE_MONKEY_PATCH, closed)),
    # Application.
    decoy(
        "exception-outside-django",
        "another address",
        at_address(EVENT.APPLICATION_EXCEPTION, failed_500, uri="/members/"),
    ),
    decoy("exception-outside-django", "another machine", on_host(EVENT.EMPTY_500, closed, uri="/members/")),
    decoy("exception-outside-django", "another process", of_process(EVENT.APPLICATION_EXCEPTION, failed_500)),
    # Client.
    decoy("rate-limited", "another request", one_request(LIMITING, 503, phase=Phase.OTHER)),
    decoy("rate-limited", "another machine", one_host(LIMITING, 503, phase=Phase.OTHER)),
    decoy(
        "client-gave-up",
        "a status of the server's own in the second of another one's end",
        (Evidence().failure(499), closed(Evidence()).proxy_line("client prematurely closed connection", of=None)),
    ),
    # Load balancer.
    decoy(
        "alb-no-targets",
        "an answer of the target's own",
        (Evidence().balanced(503), Evidence().balanced(503, upstream_status="503")),
    ),
    decoy(
        "alb-idle-timeout",
        "an answer of the target's own",
        (Evidence().balanced(504, duration_s=60.0), Evidence().balanced(504, duration_s=60.0, upstream_status="504")),
    ),
    decoy(
        "alb-idle-timeout",
        "too early",
        (Evidence().balanced(504, duration_s=60.0), Evidence().balanced(504, duration_s=10.2)),
    ),
)


def in_another_zone(evidence: Evidence) -> Evidence:
    """Return evidence whose log that tells of the cause is an hour ahead of that which tells of the failure."""
    moved = Evidence()
    others = ("server_events", "samples")
    telling = others if any(evidence.rows[table] for table in others) else ("proxy_errors",)
    for table, rows in evidence.rows.items():
        ahead_s = HOUR_S if table in telling else 0
        moved.rows[table] = [
            row | {name: row[name] + ahead_s for name in ("time_s", "request_started_s") if row.get(name) is not None}
            for row in rows
        ]
    return moved


def found_in_a_pile(pieces: Iterable[Evidence]) -> list[dict[str, str]]:
    """Return the causes of each piece of evidence, with their certainty; all are in one pile, hours apart."""
    pile = Evidence()
    for number, piece in enumerate(pieces):
        pile.put_behind(piece, number)
    connection = pile.database()
    diagnose(connection, requests=100, journal=False)
    found: list[dict[str, str]] = [{} for _ in DECOYS]
    rows = connection.execute(
        "SELECT CAST(floor((time_s + 600 - ?) / ?) AS INTEGER), cause_id, certainty "
        "FROM decided WHERE cause_id IS NOT NULL",
        [NOON, HOURS_APART_S],
    )
    for number, cause_id, certainty in rows.fetchall():
        found[number][cause_id] = certainty
    return found


@pytest.fixture(scope="module")
def truths():
    return dict(zip(DECOYS, found_in_a_pile(each.truth for each in DECOYS), strict=True))


@pytest.fixture(scope="module")
def decoys():
    return dict(zip(DECOYS, found_in_a_pile(each.decoy for each in DECOYS), strict=True))


@pytest.fixture(scope="module")
def of_another_zone():
    return dict(zip(DECOYS, found_in_a_pile(in_another_zone(each.truth) for each in DECOYS), strict=True))


@pytest.mark.parametrize("each", DECOYS, ids=str)
def test_the_truth_beside_a_decoy_is_found(each, truths):
    assert each.cause in truths[each]


@pytest.mark.parametrize("each", DECOYS, ids=str)
def test_a_decoy_is_no_cause(each, decoys):
    assert decoys[each]
    assert each.cause not in decoys[each]


def test_every_family_of_the_catalogue_has_a_decoy():
    families = {cause.family for cause in CAUSES} - {NEVER_PROVEN}
    assert families == {BY_ID[each.cause].family for each in DECOYS}


@pytest.mark.parametrize("each", DECOYS, ids=str)
def test_what_a_log_of_another_zone_tells_is_no_cause(each, of_another_zone):
    found = of_another_zone[each]
    if each.cause in found:
        # Without the pile, for a server that an earlier piece is about may be gone for good.
        found, *_ = found_in_a_pile([in_another_zone(each.truth)])
    assert (each.cause in found) == (each.cause in TOLD_BY_THE_REQUEST_ITSELF)


def test_every_family_whose_evidence_is_another_log_has_a_decoy_of_another_zone():
    other_logs = {BY_ID[each.cause].family for each in DECOYS if each.cause not in TOLD_BY_THE_REQUEST_ITSELF}
    assert other_logs == {BY_ID[each.cause].family for each in DECOYS} - {"load balancer"}


@pytest.mark.parametrize("differs", ["another address", "another process", "another machine", "another request"])
def test_decoys_differ_in_all_that_tells_evidence_apart(differs):
    assert any(each.differs == differs for each in DECOYS)
