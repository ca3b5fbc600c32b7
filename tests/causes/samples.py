"""For each cause the evidence that a real case of it leaves, by the cause's id."""

from collections.abc import Callable
from functools import partial
from typing import Any

from badgateway.causes import Way
from badgateway.model.evidence import Phase, Reason, ServerEvent
from badgateway.model.log_kind import PROXY_OF, LogKind, Proxy
from tests.causes.evidence import CLOSED, CONNECT_TIMED_OUT, NOON, Evidence

QUEUE_FULL = (
    "connect() to unix:/run/web.sock failed (11: Resource temporarily unavailable) while connecting to upstream"
)
REFUSED = "connect() failed (111: Connection refused) while connecting to upstream"
RESET = "recv() failed (104: Connection reset by peer) while reading response header from upstream"


def queue_full(evidence: Evidence, *, at: float = 0.0) -> Evidence:
    return evidence.failed(
        QUEUE_FULL, at=at, errno=11, phase=Phase.CONNECTING, upstream_connect_s=None, duration_s=0.001
    )


def refused(evidence: Evidence, *, at: float = 0.0, **given: Any) -> Evidence:
    return evidence.failed(REFUSED, at=at, errno=111, phase=Phase.CONNECTING, upstream_connect_s=None, **given)


def no_connect(message: str, errno: int | None = None, **given: Any) -> Evidence:
    return Evidence().failed(message, errno=errno, phase=Phase.CONNECTING, upstream_connect_s=None, **given)


def connect_timeout(evidence: Evidence, *, addr: str = "10.0.0.7:8000", at: float = 0.0) -> Evidence:
    return evidence.failed(
        CONNECT_TIMED_OUT,
        status=504,
        at=at,
        errno=110,
        phase=Phase.CONNECTING,
        upstream=f"http://{addr}/members/",
        upstream_connect_s=None,
        upstream_addr=addr,
        duration_s=3.0,
    )


def dying(*events: ServerEvent, server: str = "uwsgi", **given: Any) -> Evidence:
    """A closed connection, and what the server noted about a worker at that time."""
    evidence = Evidence().closed(at=10.4)
    for event in events:
        evidence.event(event, at=10, server=server, pid=71, **given)
    return evidence


def silence() -> Evidence:
    """Requests that found a full queue, minutes after the last one that succeeded."""
    evidence = Evidence().volume(str(LogKind.NGINX_JSON), 200, 9)
    for number in range(5):
        evidence.failed(
            QUEUE_FULL,
            at=150.0 + number,
            errno=11,
            phase=Phase.CONNECTING,
            upstream_connect_s=None,
            duration_s=0.001,
            uri=f"/{number}/",
        )
    return evidence


def recycled() -> Evidence:
    evidence = Evidence()
    for worker in (1, 2):
        evidence.event(ServerEvent.WORKER_READY, at=0, server="uwsgi", pid=70 + worker, worker=worker)
    for worker in (1, 2):
        evidence.event(ServerEvent.WORKER_RECYCLED, at=60, server="uwsgi", pid=70 + worker)
    for worker in (1, 2):
        evidence.event(ServerEvent.WORKER_READY, at=63, server="uwsgi", pid=80 + worker, worker=worker)
    return queue_full(evidence, at=61.5)


def after(*events: ServerEvent, at: float = 2.0) -> Evidence:
    """Nobody listens any more, for half an hour, and what Granian noted before, in its order."""
    evidence = Evidence()
    for event in events:
        evidence.event(event, server="granian", pid=71 if event is ServerEvent.WORKER_LOST else None)
    return refused(evidence.event(ServerEvent.LISTENING, at=1800, server="granian"), at=at)


def service(*events: ServerEvent, **given: Any) -> Evidence:
    """What systemd says of a service, a second after the other; in the end somebody starts it by hand."""
    evidence = Evidence()
    told = {"server": str(LogKind.SYSTEMD), "uri": "web.service", "file": "journal"} | given
    for at, event in enumerate(events):
        evidence.event(event, at=at, **told)
    return evidence.event(ServerEvent.UNIT_STARTED, at=700, **told)


def crowded(*, behind: int) -> Evidence:
    """A request that waited for a worker, and others before it that had been given up and ran on."""
    evidence = Evidence().event(ServerEvent.LISTENING, at=-60, server="granian", uri="http://unix:/run/web.sock")
    for number in range(behind):
        evidence.failure(
            499, at=-3.0 + number / 10, uri="/report/", app_pid=71, app_started_s=NOON - 6, app_ended_s=NOON - 0.5
        )
    return evidence.slow(app_pid=71, app_started_s=NOON - 0.5, app_ended_s=NOON + 1)


def harakiri(*paths: str) -> Evidence:
    """One worker under harakiri; its lines name all it had in it, the longest running first."""
    evidence = Evidence().event(ServerEvent.HARAKIRI, at=10, server="uwsgi", pid=71, worker=2)
    for number, path in enumerate(paths):
        evidence.event(
            ServerEvent.HARAKIRI, at=10, server="uwsgi", uri=path, request_started_s=1_795_262_405.0 + number
        )
    return evidence.event(ServerEvent.WORKER_KILLED, at=11, server="uwsgi", pid=71, worker=2, signal=9)


def answered(status: int = 500, *, at: float = 10.2, duration_s: float = 0.2) -> Evidence:
    return Evidence().failure(status, at=at, upstream_header_s=duration_s, duration_s=duration_s)


def told_by_the_application(event: ServerEvent) -> Evidence:
    return answered().event(event, at=10, uri="/members/")


def own(message: str, status: int = 500, *, errno: int | None = None) -> Evidence:
    """What nginx itself could not do for a request of its stock access log, at the level for its own files."""
    evidence = Evidence().combined(status)
    return evidence.proxy_line(message, level="crit", errno=errno, phase=Phase.OTHER)


def mid_stream() -> Evidence:
    message = "upstream timed out (110: Connection timed out) while reading upstream"
    return Evidence().failed(message, status=200, errno=110, phase=Phase.READING_BODY, outcome="TRUNCATED")


def retried() -> Evidence:
    evidence = Evidence().failure(
        200, at=12.0, upstream_status="502, 200", upstream_tries=2, upstream_header_s=8.0, duration_s=12.0
    )
    return evidence.proxy_line(CLOSED, at=4.2).event(ServerEvent.WORKER_KILLED, at=4, pid=71, signal=9)


def unattached(message: str, status: int, **line: Any) -> Evidence:
    return Evidence().failed(message, status=status, upstream_connect_s=None, upstream_addr=None, **line)


def behind(kind: LogKind, status: int, reason: str | None) -> Evidence:
    """A failure in the access log of another proxy than nginx, which says the reason itself."""
    return Evidence().combined(
        status, source=str(kind), proxy=PROXY_OF[kind], proxy_reason=reason, has_upstream_times=True
    )


def apache(status: int, message: str) -> Evidence:
    """Apache's access log knows the request, its error log only what mod_wsgi met."""
    return (
        Evidence()
        .combined(status)
        .proxy_line(message, proxy=Proxy.APACHE, request=None, status=status, phase=Phase.OTHER)
    )


def boots(*, seconds: tuple[int, ...] = (7, 8, 10, 12)) -> Evidence:
    """Workers that start one after the other, of whose ends nothing is told."""
    evidence = Evidence().event(ServerEvent.SERVER_STARTED, at=6).closed(at=10.4)
    for number, at in enumerate(seconds):
        evidence.event(ServerEvent.WORKER_BOOTED, at=at, pid=80 + number)
    return evidence


def saturated(evidence: Evidence, *, seconds: tuple[int, ...]) -> Evidence:
    """The database used nearly all CPU in the seconds that begin then."""
    for at in seconds:
        evidence.event(ServerEvent.DATABASE_SATURATED, at=at, server="database", value=1.9, limit_value=2.0)
    return evidence


def throttled(evidence: Evidence, *, seconds: tuple[int, ...]) -> Evidence:
    """The container's quota was used up in the seconds that begin then."""
    for at in seconds:
        evidence.event(ServerEvent.CPU_THROTTLED, at=at, server="", value=10, limit_value=10, file="probe samples")
    return evidence


def killed_in_container(*pids: int, chosen: int | None = 71, at: float = 10) -> Evidence:
    """A worker that was killed, others that were, and one that the kernel says it chose for the container's limit."""
    evidence = dying(ServerEvent.WORKER_KILLED, server="gunicorn", signal=9)
    for pid in pids:
        evidence.event(ServerEvent.WORKER_KILLED, at=10, pid=pid, signal=9)
    return evidence.event(ServerEvent.CONTAINER_KILL, at=at, server="", pid=chosen, file="probe samples")


EVENT = ServerEvent
TOLD_BY_APPLICATIONS = {
    "db-file-locked": EVENT.DB_LOCKED,
    "db-lock-wait": EVENT.DB_LOCK_WAIT,
    "db-statement-timeout": EVENT.DB_STATEMENT_CANCELLED,
    "db-login-refused": EVENT.DB_LOGIN_REFUSED,
    "db-schema-differs": EVENT.DB_SCHEMA_DIFFERS,
    "service-unreachable": EVENT.SERVICE_UNREACHABLE,
    "application-out-of-ports": EVENT.NO_LOCAL_PORT,
    "application-disk-full": EVENT.DISK_FULL,
    "application-out-of-files": EVENT.OUT_OF_FILES,
    "application-memory-error": EVENT.MEMORY_ERROR,
    "static-files-not-collected": EVENT.STATIC_FILE_UNKNOWN,
}

SAMPLES: dict[str, Callable[[], Evidence]] = {
    "listen-queue-full": lambda: queue_full(Evidence()),
    "tcp-accept-queue-full": lambda: connect_timeout(Evidence(), addr="127.0.0.1:8000"),
    "queued-too-long": lambda: Evidence().slow(app_pid=71, app_started_s=NOON - 0.5, app_ended_s=NOON + 1),
    "workers-recycled-together": recycled,
    "respawn-throttled": lambda: queue_full(Evidence(), at=1.5).event(EVENT.RESPAWN_THROTTLED, value=2, server="uwsgi"),
    "reload-gap": lambda: queue_full(Evidence(), at=1.5).event(EVENT.RELOAD).event(EVENT.WORKER_BOOTED, at=1, pid=9),
    "restart-gap": lambda: refused(
        Evidence().event(EVENT.SHUTDOWN).event(EVENT.SERVER_STARTED, at=8).event(EVENT.WORKER_BOOTED, at=8, pid=9),
        at=4.0,
    ),
    "no-request-answered": silence,
    "nothing-listening": lambda: refused(Evidence()),
    "server-at-another-address": lambda: refused(
        Evidence().event(EVENT.LISTENING, at=-60, uri="http://0.0.0.0:8000"),
        upstream_addr="172.19.0.4:8000",
        upstream="http://172.19.0.4:8000/",
    ),
    "socket-forbidden": lambda: no_connect("connect() to unix:/s failed (13: Permission denied) while ...", 13),
    "connection-forbidden": lambda: no_connect(
        "connect() to 127.0.0.1:8000 failed (13: Permission denied) while ...", 13, upstream_addr="127.0.0.1:8000"
    ),
    "ephemeral-ports-exhausted": lambda: no_connect("connect() failed (99: Cannot assign requested address) ...", 99),
    "proxy-out-of-connections": lambda: Evidence().failed(
        "1024 worker_connections are not enough while connecting to upstream", status=500, phase=Phase.CONNECTING
    ),
    "no-live-upstreams": lambda: no_connect("no live upstreams while connecting to upstream"),
    "keepalive-race": lambda: Evidence().closed(method="POST").failure(500, at=90, upstream_header_s=1, app_pid=5),
    "proxy-retried": retried,
    "packets-lost-before-server": lambda: Evidence().queued(upstream_connect_s=1.02).losing(Way.TO_SERVER),
    "packets-lost-before-database": lambda: (
        Evidence().slow(app_pid=71, app_started_s=NOON - 2.9, app_ended_s=NOON + 9).losing(Way.TO_DATABASE)
    ),
    "packets-lost-before-proxy": lambda: Evidence().failure(499).losing(Way.TO_PROXY),
    "worker-killed": lambda: dying(EVENT.WORKER_KILLED, signal=9),
    "container-memory-limit": killed_in_container,
    "cpu-quota-throttled": lambda: throttled(Evidence().slow(at=10), seconds=(7, 8)),
    "worker-crashed": lambda: dying(EVENT.WORKER_CRASHED, server="gunicorn", value=1),
    "worker-lost": lambda: dying(EVENT.WORKER_LOST, server="uvicorn"),
    "server-ended-with-a-worker": lambda: after(EVENT.WORKER_LOST, EVENT.SHUTDOWN),
    "worker-crash-loop": lambda: after(EVENT.WORKER_LOST, EVENT.CRASH_LOOP, EVENT.SHUTDOWN),
    "server-ended": lambda: refused(service(EVENT.UNIT_ENDED, signal=9), at=2.0),
    "server-given-up": lambda: refused(service(EVENT.UNIT_ENDED, EVENT.UNIT_GAVE_UP), at=60.0),
    "asgi-connections-exhausted": lambda: (
        answered()
        .event(EVENT.LISTENING, at=-60, server="uvicorn", uri="/run/web.sock")
        .event(EVENT.DB_TOO_MANY_CONNECTIONS, at=10, server="uvicorn", uri="/members/")
    ),
    "header-before-the-exception": lambda: (
        Evidence().cut(at=10.4).event(EVENT.APPLICATION_EXCEPTION, at=10, server="granian", pid=71)
    ),
    "work-for-nobody": lambda: crowded(behind=1),
    "concurrency-limit-exceeded": lambda: answered(503).event(EVENT.REQUEST_REFUSED, at=10, server="uvicorn", pid=71),
    "harakiri": lambda: harakiri("/members/").closed(at=10.9),
    "harakiri-collateral": lambda: harakiri("/export/", "/members/").closed(at=10.9),
    "worker-mercy-expired": lambda: dying(EVENT.KILLED_WHILE_LEAVING, EVENT.WORKER_KILLED, signal=9),
    "memory-reload": lambda: dying(EVENT.EVIL_RELOAD, EVENT.WORKER_KILLED, signal=9),
    "502-one-of-several-worker-deaths": lambda: dying(EVENT.WORKER_KILLED, signal=9).event(
        EVENT.WORKER_CRASHED, at=10, pid=72
    ),
    "worker-died-unseen": lambda: Evidence().closed(app_pid=71, app_started_s=1_795_262_399.0),
    "gunicorn-timeout-500": lambda: answered(duration_s=3.0).event(EVENT.WORKER_TIMEOUT, at=10, pid=71),
    "gunicorn-timeout-blocked-in-c": lambda: dying(
        EVENT.WORKER_TIMEOUT, EVENT.WORKER_KILLED, server="gunicorn", signal=9
    ),
    "gunicorn-timeout-502": lambda: dying(EVENT.WORKER_TIMEOUT, EVENT.WORKER_EXITED, server="gunicorn"),
    "timeout-cut-the-body": lambda: Evidence().cut(at=10.4).event(EVENT.WORKER_TIMEOUT, at=10, pid=71),
    "graceful-timeout-cut": lambda: dying(EVENT.GRACEFUL_TIMEOUT, EVENT.WORKER_KILLED, server="gunicorn"),
    "slow-request": lambda: Evidence().slow(app_pid=71, app_started_s=NOON - 2.9, app_ended_s=NOON + 9),
    "504-no-answer-in-time": lambda: Evidence().slow(),
    "stalled-mid-body": mid_stream,
    "504-queued-or-slow": lambda: Evidence().slow(upstream_connect_s=None).event(EVENT.LISTEN_QUEUE_FULL, at=-1),
    "event-loop-blocked": lambda: Evidence().slow(at=10).blocked(2.0, at=9.5),
    "blocks-the-event-loop": lambda: (
        Evidence()
        .slow(at=10, app_pid=71, app_started_s=NOON + 7.1, app_ended_s=NOON + 12)
        .blocked(4.8, at=12.05, pid=71, request_started_s=NOON + 7.1)
    ),
    "async-cores-exhausted": lambda: Evidence().slow(at=10).event(EVENT.ASYNC_QUEUE_FULL, at=8, server="uwsgi"),
    "request-header-too-big": lambda: (
        Evidence()
        .failed(RESET, errno=104, duration_s=0.001)
        .event(EVENT.BLOCK_SIZE_EXCEEDED, server="uwsgi", value=5411, limit_value=4096)
    ),
    "protocol-mismatch": lambda: (
        Evidence()
        .failed(RESET, errno=104, duration_s=0.001)
        .event(EVENT.BLOCK_SIZE_EXCEEDED, server="uwsgi", value=21573, limit_value=4096)
    ),
    "response-header-too-big": lambda: Evidence().failed("upstream sent too big header while reading response header"),
    "invalid-response-header": lambda: Evidence().failed('upstream sent invalid header: "a\\x00" while reading ...'),
    "database-saturated": lambda: saturated(Evidence().slow(at=10), seconds=(7, 8)),
    "db-connections-exhausted": lambda: answered().event(EVENT.DB_TOO_MANY_CONNECTIONS, at=10, uri="/members/"),
    "db-connection-shared": lambda: answered().event(EVENT.DB_CONNECTION_SHARED, at=10, uri="/members/"),
    "db-pool-exhausted": lambda: answered().event(EVENT.DB_POOL_EXHAUSTED, at=10),
    **{cause_id: partial(told_by_the_application, event) for cause_id, event in TOLD_BY_APPLICATIONS.items()},
    "db-unreachable": lambda: answered().event(EVENT.DB_UNREACHABLE, at=10),
    "late-monkey-patch": lambda: answered().event(EVENT.LATE_MONKEY_PATCH, at=10),
    "exception-outside-django": lambda: Evidence().closed(at=10.4).event(EVENT.EMPTY_500, at=10, uri="/members/"),
    "application-answered-5xx": answered,
    "client-gave-up": lambda: Evidence().failure(499),
    "rate-limited": lambda: unattached('limiting requests, excess: 5.0 by zone "one"', 503, phase=Phase.OTHER),
    "wrong-content": lambda: Evidence().failure(404, outcome="BAD_CONTENT", upstream_header_s=0.1),
    "proxy-disk-full": lambda: own('pwrite() "/var/b/1" failed (28: No space left on device)', errno=28),
    "proxy-temp-forbidden": lambda: own('open() "/var/b/1" failed (13: Permission denied)', errno=13),
    "redirection-cycle": lambda: own('rewrite or internal redirection cycle while internally redirecting to "/a"'),
    "auth-request-failed": lambda: own("auth request unexpected status: 502 while sending to client"),
    "invalid-response-body": lambda: Evidence().failed(
        "upstream sent invalid chunked response while reading upstream", status=200, phase=Phase.READING_BODY
    ),
    "upstream-tls-failed": lambda: own("SSL_do_handshake() failed (SSL: e) while SSL handshaking to upstream", 502),
    "upstream-name-unresolved": lambda: own("api.internal could not be resolved (3: Host not found)", 502, errno=3),
    "connect-reset": lambda: no_connect("connect() failed (104: Connection reset by peer) while connecting", 104),
    "upstream-rejected-request": lambda: Evidence().failed("upstream rejected request with error 2 while reading ..."),
    "nginx-error-without-a-rule": lambda: own("something that no rule knows", 502),
    "db-connection-lost": lambda: answered().event(EVENT.DB_CONNECTION_LOST, at=10, uri="/members/"),
    "application-not-loaded": lambda: refused(Evidence().event(EVENT.APPLICATION_NOT_LOADED), at=2.0),
    "worker-held-by-idle-connection": lambda: dying(EVENT.WORKER_TIMEOUT, EVENT.WORKER_EXITED, uri="(no URI read)"),
    "out-of-memory": lambda: dying(EVENT.WORKER_KILLED, server="gunicorn", signal=9).event(
        EVENT.OUT_OF_MEMORY, at=10, server="kernel", pid=71, uri="gunicorn", file="kern.log"
    ),
    "worker-replaced-silently": lambda: Evidence().closed(at=10.4).event(EVENT.WORKER_BOOTED, at=10, pid=72),
    "worker-boot-loop": boots,
    "uwsgi-write-timeout": lambda: Evidence().cut(at=10.4).event(EVENT.WRITE_TIMEOUT, at=10, server="uwsgi"),
    "socket-error-in-worker": lambda: Evidence().closed(at=10.4).event(EVENT.SOCKET_ERROR, at=10, pid=71),
    "closed-while-sending": lambda: Evidence().failed(
        "writev() failed (32: Broken pipe) while sending request to upstream", errno=32, phase=Phase.SENDING
    ),
    "closed-at-once": lambda: Evidence().closed(duration_s=0.001),
    "worker-recycled-meanwhile": lambda: (
        Evidence().failed(RESET, at=10.4, errno=104).event(EVENT.WORKER_RECYCLED, at=10, pid=71)
    ),
    "uwsgi-router-gave-up": lambda: (
        Evidence().closed(upstream_addr="127.0.0.1:8080").event(EVENT.LISTEN_QUEUE_FULL, at=None, server="uwsgi")
    ),
    "heroku-h12": lambda: behind(LogKind.HEROKU, 503, Reason.HEROKU_TIMEOUT),
    "heroku-dyno-not-running": lambda: behind(LogKind.HEROKU, 503, Reason.HEROKU_NOT_RUNNING),
    "heroku-h18": lambda: behind(LogKind.HEROKU, 503, Reason.BODY_CUT),
    "heroku-router-error": lambda: behind(LogKind.HEROKU, 503, Reason.HEROKU_OTHER),
    "haproxy-queue-timeout": lambda: behind(LogKind.HAPROXY, 503, Reason.QUEUE_TIMEOUT),
    "haproxy-not-connected": lambda: behind(LogKind.HAPROXY, 503, Reason.REFUSED_OR_NO_ROUTE),
    "haproxy-no-server": lambda: behind(LogKind.HAPROXY, 503, Reason.NO_SERVER),
    "haproxy-out-of-resources": lambda: behind(LogKind.HAPROXY, 503, Reason.NO_RESOURCES),
    "haproxy-refused-answer": lambda: behind(LogKind.HAPROXY, 502, Reason.REFUSED_ANSWER),
    "mod-wsgi-no-answer": lambda: apache(504, "Timeout when reading response headers from daemon process 'a'"),
    "mod-wsgi-backlog": lambda: apache(503, "mod_wsgi (pid=2): Unable to connect to WSGI daemon process 'a'"),
    "mod-wsgi-daemon-died": lambda: apache(500, "Truncated or oversized response headers received from daemon process"),
    "idle-connection-reused": lambda: behind(LogKind.TRAEFIK, 500, None).proxy_line(
        "'500 Internal Server Error' caused by: http: server closed idle connection",
        proxy=Proxy.TRAEFIK,
        request=None,
        status=500,
    ),
    "closed-behind-the-proxy": lambda: behind(LogKind.HAPROXY, 502, Reason.CLOSED),
    "proxy-5xx-untold": lambda: behind(LogKind.CADDY, 502, None),
    "alb-502-from-target": lambda: Evidence().balanced(502),
    "alb-no-targets": lambda: Evidence().balanced(503),
    "alb-idle-timeout": lambda: Evidence().balanced(504, duration_s=60.0),
    "alb-504-unexplained": lambda: Evidence().balanced(504, duration_s=10.0),
    "classic-elb-502": lambda: Evidence().balanced(502, kind=LogKind.CLASSIC_ELB),
    "classic-elb-503": lambda: Evidence().balanced(503, kind=LogKind.CLASSIC_ELB),
    "classic-elb-504": lambda: Evidence().balanced(504, kind=LogKind.CLASSIC_ELB),
    "load-balancer-error": lambda: Evidence().balanced(500),
    "target-answered-5xx": lambda: Evidence().balanced(502, upstream_status="502"),
    "502-not-connected": lambda: Evidence().failure(502, upstream_connect_s=None),
    "502-answer-lost": lambda: Evidence().failure(502),
    "502-connection-closed": lambda: Evidence().closed(),
    "body-cut-unexplained": lambda: Evidence().cut(),
    "504-connect-timeout": lambda: connect_timeout(Evidence()),
    "502-near-a-worker-death": lambda: Evidence().combined(at=10).event(EVENT.WORKER_KILLED, at=10, pid=7, signal=9),
    "502-unexplained-by-this-log": lambda: Evidence().combined(502),
    "503-unexplained-by-this-log": lambda: Evidence().combined(503),
    "504-unexplained-by-this-log": lambda: Evidence().combined(504),
}

EXPECTED: dict[str, dict[str, int]] = {
    # One alone is no silence.
    "no-request-answered": {"no-request-answered": 5},
    # The journal has to be there for this one to be found, and it is of requests that failed for another reason.
    "keepalive-race": {"keepalive-race": 1, "application-answered-5xx": 1},
    # The request that its client had given up is a failure too.
    "work-for-nobody": {"work-for-nobody": 1, "client-gave-up": 1},
    # A line that loses packets is one of all failures, and so of none of a pile.
    "packets-lost-before-server": {"packets-lost-before-server": 1},
    "packets-lost-before-database": {"packets-lost-before-database": 1},
    "packets-lost-before-proxy": {"packets-lost-before-proxy": 1},
}
"""Where a sample cannot be of one cause alone."""
