"""The accept queue: requests that no worker could take in, because the queue before them was full."""

from dataclasses import replace

from badgateway import numbers
from badgateway.causes.conditions import CONNECTION_CLOSED, NOBODY_LISTENED, SYN_AGAIN, SYN_AGAIN_S, because
from badgateway.causes.lost_packets import BEFORE_SERVER, may_be
from badgateway.causes.rule import QUEUE_FULL_EVENTS, Proof, Rule, Way, during, inside
from badgateway.causes.spans import Span
from badgateway.model.diagnosis import Cause, Remedy
from badgateway.model.evidence import Reason
from badgateway.model.knob import Knob
from badgateway.model.raw_words import SampleSeries, ServerSeries

FAMILY = "accept queue"

LISTEN = Remedy(
    text="Give the queue room for a burst: 1024 is safe. uWSGI's default is 100 and it refuses to start when the value "
    "is above net.core.somaxconn; Gunicorn's is 2048 and the kernel silently caps it at net.core.somaxconn.",
    knobs=(Knob.ACCEPT_QUEUE,),
)
SOMAXCONN = Remedy(
    text="Raise the kernel's limit before the server's (4096 since Linux 5.4, 128 before; a container has its own).",
    settings={"sysctl": "net.core.somaxconn = 4096"},
)
MORE_AT_ONCE = Remedy(
    text="Serve more requests at a time, or faster: a queue only bridges bursts. Workers needed = requests per second "
    "x seconds per request. Where no request succeeds meanwhile, the workers hang: let none hang for ever.",
    knobs=(Knob.AT_A_TIME, Knob.TIME_LIMIT),
)

LISTEN_QUEUE_FULL = Cause(
    id="listen-queue-full",
    title="The accept queue of the unix socket was full",
    family=FAMILY,
    statuses=(502,),
    explanation="All workers were busy and the queue of connections that wait for one was full. On a unix socket the "
    "kernel then refuses at once, and nginx answers 502 within a millisecond. The application never sees the request.",
    evidence="nginx: `connect() to unix:... failed (11: Resource temporarily unavailable) while connecting to "
    "upstream`. Neither uWSGI nor Gunicorn writes a line about it.",
    remedies=(MORE_AT_ONCE, SOMAXCONN, LISTEN),
    confused_with="Not a crash, and not a timeout. uWSGI's stats show listen_queue 0 and listen_queue_errors 0 for "
    "unix sockets whatever happens; look at `ss -xl` (Recv-Q is the queue, Send-Q its limit).",
)

TCP_ACCEPT_QUEUE_FULL = Cause(
    id="tcp-accept-queue-full",
    title="The accept queue of the TCP port was full",
    family=FAMILY,
    statuses=(504,),
    explanation="All workers were busy and the queue of connections that wait for one was full. On TCP the kernel "
    f"drops the handshake and the client tries again {SYN_AGAIN}, so the same fault that is an instant "
    "502 on a unix socket is seconds of waiting here, and then 504.",
    evidence="nginx: `upstream timed out (110: Connection timed out) while connecting to upstream` for an address on "
    "this machine, or beside uWSGI's `*** uWSGI listen queue of socket ... full !!! ***`, a growing "
    "TcpExtListenOverflows or a full accept queue; or a read timeout whose $upstream_connect_time was "
    f"{numbers.listed(SYN_AGAIN_S, 'or')} s.",
    remedies=(MORE_AT_ONCE, SOMAXCONN, LISTEN),
    confused_with="Not a slow network: on one machine no packet is lost. `nstat -az TcpExtListenOverflows` counts the "
    "drops.",
)

QUEUED_TOO_LONG = Cause(
    id="queued-too-long",
    title="The request waited for a worker until the proxy gave up",
    family=FAMILY,
    statuses=(504,),
    explanation="The kernel accepts a connection into the queue, so for nginx the request was under way. But no worker "
    "took it from there for most of the read timeout: a queue that is long enough for no 502 is still a wait.",
    evidence="nginx: `upstream timed out (110: Connection timed out) while reading response header from upstream`, or "
    "a 504 with $upstream_connect_time but no $upstream_header_time; and in the request journal this request never "
    "started, or started when more than half of the wait was over.",
    remedies=(
        MORE_AT_ONCE,
        Remedy(
            text="Find what keeps the workers: a slow page, one that waits for the network without a time limit, or, "
            "under gevent, whatever stops the event loop.",
            settings={"badgateway": "request journal, the longest durations of that time"},
        ),
        Remedy(
            text="Hold no more in the queue than the workers serve within the read timeout: beyond that a quick 502 "
            "is kinder than a slow 504.",
            knobs=(Knob.ACCEPT_QUEUE,),
        ),
    ),
    confused_with="The URL that failed is not to blame, and no longer queue or timeout helps: who waits is gone "
    "before it is served.",
)

WORKERS_RECYCLED_TOGETHER = Cause(
    id="workers-recycled-together",
    title="All workers were being recycled at the same time",
    family=FAMILY,
    statuses=(502, 504),
    explanation="Workers are replaced after a number of requests. With the same number for all and an even load they "
    "reach it together; until one of the new ones has imported the application nobody takes requests, and the accept "
    "queue overflows.",
    evidence="The connection failed or timed out while the server's log shows no worker between the last "
    "`Autorestarting worker after current request.` (Gunicorn) or `The work of process P is done. Seeya!` (uWSGI) "
    "and the next worker that was ready. Gunicorn's log has no line for that: the request journal has, `worker-ready`.",
    remedies=(
        Remedy(
            text="Spread the restarts. A jitter of half of max_requests and more keeps workers apart (default 0).",
            knobs=(Knob.MAX_REQUESTS_SPREAD,),
        ),
        Remedy(
            text="Import the application once, before the fork, so that a new worker is ready at once.",
            knobs=(Knob.PRELOAD,),
        ),
        Remedy(text="Recycle more rarely, or not at all.", knobs=(Knob.MAX_REQUESTS,)),
        SOMAXCONN,
        LISTEN,
    ),
    confused_with="Looks like overload that comes and goes; the load is even, and the gaps follow the count of "
    "requests.",
)

RESPAWN_THROTTLED = Cause(
    id="respawn-throttled",
    title="uWSGI paused before it replaced its workers",
    family=FAMILY,
    servers=("uwsgi",),
    statuses=(502, 504),
    explanation="Two workers died within a second, and uWSGI took that for a fork bomb: it waited before it started "
    "new ones. Meanwhile nobody took requests.",
    evidence="uWSGI: `worker respawning too fast !!! i have to sleep a bit (2 seconds)...`, and a connection that "
    "failed or timed out within that pause.",
    remedies=(
        Remedy(text="Find out why the workers die: that is the fault, this is its echo."),
        Remedy(text="Shorten the pause (default 2 s; 0 turns it off).", knobs=(Knob.RESPAWN_PAUSE,)),
    ),
)

RELOAD_GAP = Cause(
    id="reload-gap",
    title="The server was being reloaded",
    family=FAMILY,
    statuses=(502, 504),
    explanation="The old workers were told to go before the new ones had imported the application. Requests of that "
    "moment met a full queue, a closed socket, or were dropped in it.",
    evidence="Gunicorn: `Hang up: Master`; uWSGI: `...gracefully killing workers...`; and a failure between that and "
    "the first new worker that was ready.",
    remedies=(
        Remedy(
            text="Replace workers one at a time: touch a file that uWSGI watches. It lost no request in our lab.",
            knobs=(Knob.CHAIN_RELOAD,),
        ),
        Remedy(
            text="Start a second master beside the old one (kill -USR2, then -TERM for the old). A HUP without preload "
            "has this gap; with preload it has none, but does not load new code.",
            knobs=(Knob.SECOND_MASTER,),
        ),
        Remedy(text="Take the server out of the load balancer while it reloads."),
    ),
)

RESTART_GAP = Cause(
    id="restart-gap",
    title="The server was being stopped, or stopped and started again",
    family=FAMILY,
    statuses=(502, 504),
    explanation="A stop closes the socket: until the next server listens, requests are refused, and those that waited "
    "or ran are cut off.",
    evidence="Gunicorn: `Handling signal: term`; uWSGI: `SIGINT/SIGTERM received`; and a failure between that and the "
    "next start: refused, no such socket, or closed.",
    remedies=(
        Remedy(
            text="Reload instead: Gunicorn and uWSGI keep the socket open, and requests wait in it. With this line in "
            "the unit: `systemctl reload`. (With preload_app in Gunicorn only a restart loads new code.)",
            settings={"systemd": "ExecReload=/bin/kill -s HUP $MAINPID"},
        ),
        Remedy(
            text="Or let systemd hold the socket while the service restarts: requests wait until the new server "
            "takes it over.",
            settings={"systemd, site.socket": "ListenStream=/run/site.sock", "site.service": "Requires=site.socket"},
        ),
        Remedy(
            text="In containers have the new one ready before the old one ends, and let that one finish.",
            settings={"Kubernetes": "readinessProbe, maxUnavailable: 0, preStop: sleep 5"},
        ),
        Remedy(
            text="Nobody restarted it? See who did: `systemctl status`, or `kubectl describe pod`: a liveness probe "
            "that waits in the same queue as the requests ends a busy server.",
        ),
    ),
    confused_with="The server is not down for good, and no longer queue helps: nobody listens.",
)

_TURNED_AWAY = because(Reason.QUEUE_FULL, Reason.REFUSED, Reason.REFUSED_OR_NO_ROUTE, Reason.UNCONNECTED)
_WAITED_TO_CONNECT = because(Reason.CONNECT_TIMEOUT)
_READING = f"{because(Reason.READ_TIMEOUT)} AND c.queued"
# That no start is known means something only where starts are kept.
_WAITED = f"{_READING} AND (c.in_app OR $journal)"
_DROPPED = f"{CONNECTION_CLOSED} AND NOT c.in_app"
# Who waited for a SYN that was sent again. A connect that a time limit cut has no such time, or another reason.
# A try is never early, but for a rounded clock; each comes some 25 ms late, and the answer takes its way.
_TRY_S = "floor(c.upstream_connect_s + 0.01)"
_RETRANSMITTED = f"{_TRY_S} IN {SYN_AGAIN_S} AND c.upstream_connect_s - {_TRY_S} <= 0.12"
_QUEUE_MARKS = during(*QUEUE_FULL_EVENTS)
# Somebody stood in the queue, or all workers were busy, at most looks while the request waited.
_OF_QUEUE, _OF_WORKERS = f"series = '{SampleSeries.ACCEPT_QUEUE}'", f"series LIKE '{ServerSeries.BUSY_WORKERS.of('%')}'"
_NONE_FREE = Proof(
    joins="",
    condition=f"""(
        SELECT count(*) > 0 AND 2 * count(DISTINCT time_s) FILTER (value >= if({_OF_QUEUE}, 1, limit_value))
            >= count(DISTINCT time_s)
        FROM samples WHERE ({_OF_QUEUE} OR {_OF_WORKERS}) AND time_s BETWEEN c.start_s AND c.time_s)""",  # noqa: S608 # words of the evidence
    event="CAST(NULL AS BIGINT)",
)
# A unix socket has neither handshake nor retransmission: what its queue takes is connected at once.
_TCP = "NOT contains(c.upstream, 'unix:')"
_HERE = r"regexp_matches(c.upstream, '(^|//|, )(127\.|\[::1\]|localhost)')"


def _no_worker(where: str, *, share: float = 0.0) -> tuple[Rule, ...]:
    """Return the rules for requests that no worker was there for."""
    return (
        Rule(cause=RESPAWN_THROTTLED, where=where, proof=inside(Span.RESPAWN_THROTTLED, share=share)),
        Rule(cause=RELOAD_GAP, where=where, proof=inside(Span.RELOAD, share=share)),
        Rule(cause=WORKERS_RECYCLED_TOGETHER, where=where, proof=inside(Span.RECYCLED_TOGETHER, share=share)),
    )


CONNECT_RULES = (
    *_no_worker(_TURNED_AWAY),
    *_no_worker(_WAITED_TO_CONNECT, share=0.5),
)
"""For requests that nginx could not hand over, for no worker was there."""

FULL_RULES = (
    Rule(cause=LISTEN_QUEUE_FULL, where=because(Reason.QUEUE_FULL)),
    Rule(cause=TCP_ACCEPT_QUEUE_FULL, where=because(Reason.CONNECT_TIMEOUT), proof=_QUEUE_MARKS),
    may_be(BEFORE_SERVER, Rule(cause=TCP_ACCEPT_QUEUE_FULL, where=because(Reason.CONNECT_TIMEOUT))),
    Rule(cause=TCP_ACCEPT_QUEUE_FULL, where=f"{because(Reason.CONNECT_TIMEOUT)} AND {_HERE}"),
)
"""For requests that nginx could not hand over, for the queue was full."""

GONE_RULES = (
    Rule(cause=RELOAD_GAP, where=NOBODY_LISTENED, proof=inside(Span.RELOAD)),
    Rule(cause=RESTART_GAP, where=NOBODY_LISTENED, proof=inside(Span.RESTART)),
)
"""For requests that found nobody listening."""

DROPPED_RULES = (
    Rule(cause=RELOAD_GAP, where=_DROPPED, proof=inside(Span.RELOAD)),
    Rule(cause=RESTART_GAP, where=_DROPPED, proof=inside(Span.SHUTDOWN)),
)
"""For requests that were closed while they waited in the queue."""

_AGAIN = Rule(cause=TCP_ACCEPT_QUEUE_FULL, where=f"{_READING} AND {_TCP} AND {_RETRANSMITTED}")
_IN_QUEUE = Rule(cause=QUEUED_TOO_LONG, where=_WAITED)

READ_RULES = (
    replace(_AGAIN, proof=_QUEUE_MARKS, over=Way.TO_SERVER),
    may_be(BEFORE_SERVER, _AGAIN),
    _AGAIN,
    # The wait in the queue has to be most of the wait, or the request was slow besides.
    *_no_worker(_READING, share=0.5),
    Rule(cause=TCP_ACCEPT_QUEUE_FULL, where=f"{_WAITED} AND {_TCP}", proof=_QUEUE_MARKS),
    replace(_IN_QUEUE, proof=_NONE_FREE, over=Way.TO_SERVER),
    may_be(BEFORE_SERVER, _IN_QUEUE),
    _IN_QUEUE,
)
"""For requests that nginx handed over to the queue, and that waited there until the proxy gave up."""

CAUSES = (
    LISTEN_QUEUE_FULL,
    TCP_ACCEPT_QUEUE_FULL,
    QUEUED_TOO_LONG,
    WORKERS_RECYCLED_TOGETHER,
    RESPAWN_THROTTLED,
    RELOAD_GAP,
    RESTART_GAP,
)
