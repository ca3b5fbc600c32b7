"""Connections that a server closed while its workers lived on."""

from badgateway.causes.conditions import CONNECTION_CLOSED, ENDED_EARLY, GUNICORN, OF_ITS_SERVER, because, behind
from badgateway.causes.rule import Proof, Rule, near
from badgateway.model.diagnosis import Cause, Certainty, Remedy
from badgateway.model.evidence import Phase, Reason, ServerEvent
from badgateway.model.knob import Knob
from badgateway.model.log_kind import Proxy

SOCKET_ERROR = Cause(
    id="socket-error-in-worker",
    title="The worker's connection broke while it read or answered the request",
    family="connections",
    servers=("gunicorn",),
    statuses=(502, 200),
    explanation="Gunicorn could not read the request or write the answer. The worker lives on.",
    evidence="Gunicorn: `Socket error processing request.` within a second of the failure.",
    remedies=(
        Remedy(text="Read the traceback under that line: its last line has the system's reason."),
        Remedy(
            text="Under TLS, end it at the proxy.", knobs=(Knob.WITHOUT_TLS,), settings={"nginx": "proxy_pass http://"}
        ),
    ),
)

SENDING_CUT = Cause(
    id="closed-while-sending",
    title="The server closed while nginx was still sending the request",
    family="connections",
    statuses=(502,),
    explanation="The server answered, or gave up, before it had read the body: an answer such as 401 without a look at "
    "the upload, after which uWSGI closes; a body over a limit of the server; or a worker that died.",
    evidence="nginx: `(32: Broken pipe)` or `(104: Connection reset by peer)` `while sending request to upstream`, and "
    "no death of a worker at that time.",
    remedies=(
        Remedy(
            text="Let the server take the whole body before the application answers.",
            knobs=(Knob.BODY_BUFFER,),
        ),
        Remedy(
            text="Read the body, or refuse it at the proxy.", settings={"nginx": "client_max_body_size, auth_request"}
        ),
        Remedy(text="See whether the server's log has an answer such as 401 or 413 for it."),
    ),
    confused_with="The application may have answered in good order.",
)

ROUTER_GAVE_UP = Cause(
    id="uwsgi-router-gave-up",
    title="uWSGI's own HTTP router closed the connection",
    family="accept queue",
    servers=("uwsgi",),
    statuses=(502,),
    explanation="uWSGI was started with `http`, a router before its workers. When their queue is full, or they hang, "
    "the router closes without an answer, and mostly without a line. A worker that died (worker-killed, "
    "worker-crashed) looks the same.",
    evidence="nginx: `upstream prematurely closed connection`; uWSGI: `uWSGI http bound on`, or lines about a full "
    "listen queue without a time; and no death of a worker at that time.",
    remedies=(
        Remedy(
            text="See what the workers wait for while it happens; let none hang for more than 60 s.",
            knobs=(Knob.TIME_LIMIT, Knob.FORK_HOOKS),
        ),
        Remedy(
            text="Raise the kernel's limit, then the queue (1024), if the workers only need a burst to pass.",
            knobs=(Knob.ACCEPT_QUEUE,),
            settings={"sysctl": "net.core.somaxconn = 4096"},
        ),
        Remedy(
            text="Let nginx speak to the workers, without the router.",
            knobs=(Knob.WITHOUT_ROUTER,),
            settings={"nginx": "uwsgi_pass unix:/run/site.sock"},
        ),
    ),
)

CLOSED_AT_ONCE = Cause(
    id="closed-at-once",
    title="The server closed the connection as soon as the request came",
    family="connections",
    statuses=(502,),
    explanation="Within milliseconds, so nothing ran: an idle connection that nginx reused just as the server closed "
    "it (keepalive-race), a server that keeps none though nginx does, or one that refused to read the request "
    "(request-header-too-big, protocol-mismatch).",
    evidence="nginx: `upstream prematurely closed connection` or `(104: Connection reset by peer)` after less than "
    "50 ms, and no death of a worker at that time.",
    remedies=(
        Remedy(
            text="Let the server keep idle connections longer than the proxy does: 75 s beside the usual 60 s.",
            knobs=(Knob.IDLE_CONNECTIONS,),
        ),
        Remedy(
            text="Or do not reuse connections to it.",
            settings={"nginx": "no keepalive in upstream", "ingress-nginx": "upstream-keepalive-connections = 0"},
        ),
        Remedy(text="See whether only POSTs fail: GETs are tried again."),
    ),
)

RECYCLED = Cause(
    id="worker-recycled-meanwhile",
    title="A worker was being replaced at that moment",
    family="connections",
    servers=("gunicorn", "uwsgi"),
    statuses=(502,),
    explanation="A worker left in that second, for it had served or lived long enough. Gunicorn closes the idle "
    "connections that it kept (keepalive-race), and what it had taken in is reset. uWSGI's max-worker-lifetime does "
    "not always wait for the request that runs.",
    evidence="Gunicorn: `Autorestarting worker after current request.` within a second of nginx's `(104: Connection "
    "reset by peer)`; uWSGI: `worker 8 lifetime reached` within a second of a connection that was closed.",
    remedies=(
        Remedy(
            text="Replace workers by their requests or their memory instead of their age: both wait for the request.",
            settings={"uWSGI": "max-requests, reload-on-rss instead of max-worker-lifetime"},
        ),
        Remedy(text="Recycle more rarely, and not together.", knobs=(Knob.MAX_REQUESTS, Knob.MAX_REQUESTS_SPREAD)),
        Remedy(text="Keep no idle connections to it.", settings={"nginx": "no keepalive in upstream"}),
    ),
)

_SENDING = Proof(
    joins="JOIN proxy_lines p ON p.id = c.proxy_line_id",
    condition=f"p.phase = '{Phase.SENDING}'",
    event="CAST(NULL AS BIGINT)",
)

_RESET = Proof(
    joins=f"{OF_ITS_SERVER} JOIN proxy_lines r ON r.id = c.proxy_line_id "
    "JOIN timed_events p ON p.instance = s.instance "
    f"AND p.kind = '{ServerEvent.WORKER_RECYCLED}' AND p.server = '{GUNICORN}' AND abs(floor(p.low_s) - c.second) <= 1",
    condition="r.errno = 104",
    event="p.event_id",
    kinds=frozenset({ServerEvent.WORKER_RECYCLED}),
)

# The router listens on a port.
_OVER_TCP = f"{because(Reason.CLOSED)} AND {behind(Proxy.NGINX)} AND NOT contains(c.upstream, 'unix:')"
_ROUTER = Proof(
    joins=f"{OF_ITS_SERVER} JOIN events p ON p.instance = s.instance",
    condition=f"(p.kind = '{ServerEvent.LISTEN_QUEUE_FULL}' AND p.low_s IS NULL) "
    f"OR (p.kind = '{ServerEvent.LISTENING}' AND contains(p.line, 'uWSGI http bound on'))",
    event="p.event_id",
    kinds=frozenset({ServerEvent.LISTEN_QUEUE_FULL, ServerEvent.LISTENING}),
)

WRITE_RULES = (
    Rule(
        cause=SOCKET_ERROR,
        where=ENDED_EARLY,
        proof=near(ServerEvent.SOCKET_ERROR),
        certainty=Certainty.FAMILY,
    ),
)
LATE_RULES = (
    Rule(cause=RECYCLED, where=CONNECTION_CLOSED, proof=_RESET, certainty=Certainty.FAMILY),
    Rule(
        cause=RECYCLED,
        where=CONNECTION_CLOSED,
        proof=near(ServerEvent.LIFETIME_REACHED),
        certainty=Certainty.FAMILY,
    ),
    Rule(cause=SENDING_CUT, where=because(Reason.CLOSED), proof=_SENDING, certainty=Certainty.FAMILY),
    Rule(cause=ROUTER_GAVE_UP, where=_OVER_TCP, proof=_ROUTER, certainty=Certainty.FAMILY),
    Rule(
        cause=CLOSED_AT_ONCE,
        where=f"{because(Reason.CLOSED)} AND {behind(Proxy.NGINX)} AND c.duration_s < 0.05",
        certainty=Certainty.FAMILY,
    ),
)

CAUSES = (SOCKET_ERROR, SENDING_CUT, CLOSED_AT_ONCE, RECYCLED, ROUTER_GAVE_UP)
