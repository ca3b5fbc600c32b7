"""What proxies other than nginx say in codes of their own: Heroku's router, HAProxy, Apache's mod_wsgi, Traefik."""

from badgateway.causes.conditions import BODY_CUT, because, behind
from badgateway.causes.rule import Rule, inside, near
from badgateway.causes.spans import Span
from badgateway.model.diagnosis import SERVER_LOG, Cause, Certainty, Remedy
from badgateway.model.evidence import Reason, ServerEvent
from badgateway.model.knob import Knob
from badgateway.model.log_kind import LogKind, Proxy

FAMILY = "other proxies"

_SERVER_LOG = Remedy(
    text="Give the application server's log of the same time.",
    knobs=(Knob.LOG,),
    asks_for=(SERVER_LOG,),
)
_FASTER = Remedy(text="Make the request faster, or move it into a background job.")

HEROKU_TIMEOUT = Cause(
    id="heroku-h12",
    title="No answer within the 30 seconds of Heroku's router",
    family=FAMILY,
    statuses=(503,),
    explanation="The router gives up after 30 s, and the dyno works on. The request was slow itself, or it waited in "
    "the dyno for a worker that others kept busy.",
    evidence='Heroku: `code=H12 desc="Request timeout"`, with this request\'s path.',
    remedies=(
        _FASTER,
        Remedy(text="End what is too slow before the router does: after 25 s.", knobs=(Knob.TIME_LIMIT,)),
        Remedy(text="Serve more requests at a time.", knobs=(Knob.AT_A_TIME,)),
    ),
    confused_with="A worker that is killed at that time is the echo: by Gunicorn's own time limit, not by Heroku.",
)

HEROKU_CRASHED = Cause(
    id="heroku-dyno-not-running",
    title="No dyno of the application was running",
    family=FAMILY,
    statuses=(503,),
    explanation="The web process ended or never started (H10), none is there (H14), or it did not bind its port in "
    "time (H20).",
    evidence="Heroku: `code=H10`, `code=H14` or `code=H20`, for this request.",
    remedies=(
        Remedy(text="Read why it ended: `heroku logs --dyno web`, the lines before the first H10."),
        Remedy(text="Listen where Heroku sends requests: at 0.0.0.0:$PORT.", knobs=(Knob.ADDRESS,)),
        Remedy(text="Start one: `heroku ps:scale web=1`."),
    ),
)

HEROKU_OTHER = Cause(
    id="heroku-router-error",
    title="Heroku's router gave up on the request",
    family=FAMILY,
    statuses=(503, 499),
    explanation="The router names the reason by a code that has no rule of its own here, such as H11 (too many "
    "requests waited for the dyno) or H19 (no connection within 5 s).",
    evidence="Heroku: `at=error code=H..` with this request's path.",
    remedies=(
        Remedy(text="Serve more requests at a time: more dynos, workers or threads.", knobs=(Knob.AT_A_TIME,)),
        Remedy(text="Look the code up in Heroku's list of error codes."),
    ),
)

HEROKU_CUT = Cause(
    id="heroku-h18",
    title="The dyno closed the connection in the middle of the answer",
    family=FAMILY,
    statuses=(503, 200),
    explanation="The socket between Heroku's router and the dyno was closed before the answer was whole: a worker that "
    "ended, or an answer to a request whose body nobody had read, after which the system resets the connection.",
    evidence="Heroku: `code=H18` with `sock=backend`, for this request, and no death of a worker at that time.",
    remedies=(
        Remedy(
            text="Read the whole body before the answer, or refuse it early: an answer to half a request is cut.",
            knobs=(Knob.BODY_BUFFER,),
            settings={"Django": "request.body"},
        ),
        _SERVER_LOG,
    ),
)

DAEMON_TIMEOUT = Cause(
    id="mod-wsgi-no-answer",
    title="The mod_wsgi daemon did not answer in time",
    family=FAMILY,
    statuses=(504,),
    explanation="A daemon process has the request, and nothing came back. The request was slow, or all threads of the "
    "daemon hang: in a deadlock, or waiting for a database or another service.",
    evidence="Apache: `Timeout when reading response headers from daemon process`, in the second of a 504.",
    remedies=(
        Remedy(
            text="Let a daemon that hangs be restarted, and let it tell where its threads stood.",
            settings={"Apache": "WSGIDaemonProcess ... request-timeout=60 deadlock-timeout=60"},
        ),
        Remedy(
            text="Run C extensions in the main interpreter: others deadlock in sub-interpreters.",
            settings={"Apache": "WSGIApplicationGroup %{GLOBAL}"},
        ),
        _FASTER,
    ),
)

DAEMON_BACKLOG = Cause(
    id="mod-wsgi-backlog",
    title="The queue before the mod_wsgi daemon was full, or its socket was gone",
    family=FAMILY,
    statuses=(503,),
    explanation="All threads of the daemon were busy and the queue for them was full; when requests before it got no "
    "answer in time, they hang, and the queue is only the echo. Or the daemon was being restarted.",
    evidence="Apache: `Unable to connect to WSGI daemon process ... as listener backlog limit was exceeded or the "
    "socket does not exist`, in the second of a 503.",
    remedies=(
        Remedy(
            text="Find what keeps the threads; let a daemon that hangs be restarted.",
            settings={"Apache": "WSGIDaemonProcess ... request-timeout=60"},
        ),
        Remedy(
            text="Serve more requests at a time.",
            settings={"Apache": "WSGIDaemonProcess ... processes=4 threads=15"},
        ),
        Remedy(
            text="Fail early instead of waiting in line.", settings={"Apache": "WSGIDaemonProcess ... queue-timeout=45"}
        ),
    ),
    confused_with="A longer listen-backlog helps against short bursts only.",
)

DAEMON_LOST = Cause(
    id="mod-wsgi-daemon-died",
    title="The mod_wsgi daemon ended in the middle of the request",
    family=FAMILY,
    statuses=(500,),
    explanation="The daemon process crashed, was killed or was restarted by a time limit, with the request in it.",
    evidence="Apache: `Truncated or oversized response headers received from daemon process`, about the client of a "
    "500; proven with `AH00051: child pid N exit signal Segmentation fault (11)` within a second of it.",
    remedies=(
        Remedy(text="Look for `Segmentation fault` or the kernel's `Out of memory` at that time."),
        Remedy(
            text="Run C extensions in the main interpreter.",
            settings={"Apache": "WSGIApplicationGroup %{GLOBAL}"},
        ),
    ),
)

RACED = Cause(
    id="idle-connection-reused",
    title="The server closed an idle connection that the proxy sent a request into",
    family=FAMILY,
    statuses=(500, 502),
    explanation="The proxy keeps connections open longer than the server does, and now and then it sends a request "
    "into one that is being closed.",
    evidence="Traefik: `'500 Internal Server Error' caused by: http: server closed idle connection`, in the second of "
    "that status.",
    remedies=(
        Remedy(
            text="Let the server be the patient one: 100 s is safe.",
            knobs=(Knob.IDLE_CONNECTIONS,),
        ),
        Remedy(
            text="Or let the proxy give up first.",
            settings={"Traefik": "serversTransport.forwardingTimeouts.idleConnTimeout = 1s"},
        ),
    ),
    confused_with="No worker has died, and the application did not answer 500.",
)

CLOSED_BEHIND_PROXY = Cause(
    id="closed-behind-the-proxy",
    title="The server closed the connection without an answer",
    family=FAMILY,
    statuses=(502, 503),
    explanation="An idle connection that was reused just as the server closed it (idle-connection-reused, "
    "keepalive-race), a worker that died, or a server that refused to read the request.",
    evidence="Traefik or Caddy: `EOF` or `connection reset by peer`; HAProxy: termination state `SH`; Heroku: "
    "`code=H13`; Google's load balancer: `backend_connection_closed_before_data_sent_to_client`; Envoy: `UC`; "
    "Cloudflare: 520; Azure: `ERRORINFO_UPSTREAM_CLOSED_CONNECTION`; and no death of a worker at that time.",
    remedies=(
        Remedy(
            text="Let the server keep idle connections longer than the proxy does: 100 s is safe, 650 s behind "
            "Google's load balancer.",
            knobs=(Knob.IDLE_CONNECTIONS,),
        ),
        Remedy(
            text="Or let the proxy give up idle connections first, or try once more where no byte had come.",
            settings={
                "Envoy": "the cluster's idle_timeout (default 1 h); retry_on: reset, for what may run twice; in Istio "
                "connectionPool.http.idleTimeout",
                "Traefik": "serversTransport.forwardingTimeouts.idleConnTimeout = 1s",
                "HAProxy": "http-reuse never, or retry-on conn-failure empty-response",
                "Caddy": "transport http { keepalive 2s }",
            },
        ),
        _SERVER_LOG,
    ),
)

UNTOLD = Cause(
    id="proxy-5xx-untold",
    title="The proxy gave an error, its own or the application's",
    family=FAMILY,
    statuses=(500, 502, 503, 504),
    explanation="The access log has the status and not who made it. It can be the application's own error, a server "
    "that was not there (nothing-listening), or a connection that was closed.",
    evidence="A status of 5xx in the access log of Traefik, Caddy, CloudFront, Cloudflare or Azure's gateway, and no "
    "line about it in another log.",
    remedies=(
        Remedy(
            text="Give the proxy's own log of the same time.",
            settings={"Traefik": "log.level = DEBUG", "Caddy": "its default log, level ERROR"},
            asks_for=(LogKind.TRAEFIK_LOG, LogKind.CADDY_LOG),
        ),
        _SERVER_LOG,
    ),
)

_OF_OTHERS = behind(
    *(Proxy.HEROKU, Proxy.HAPROXY, Proxy.TRAEFIK, Proxy.CADDY, Proxy.CLOUDFRONT, Proxy.APACHE, Proxy.GOOGLE),
    *(Proxy.ENVOY, Proxy.CLOUDFLARE, Proxy.AZURE, Proxy.GOROUTER, Proxy.IIS),
)
_UNTOLD = behind(
    *(Proxy.TRAEFIK, Proxy.CADDY, Proxy.CLOUDFRONT, Proxy.CLOUDFLARE, Proxy.AZURE, Proxy.GOROUTER, Proxy.IIS)
)

RULES = (
    Rule(cause=HEROKU_TIMEOUT, where=because(Reason.HEROKU_TIMEOUT), certainty=Certainty.FAMILY),
    Rule(cause=HEROKU_CRASHED, where=because(Reason.HEROKU_NOT_RUNNING), proof=inside(Span.NOT_LOADED)),
    Rule(cause=HEROKU_CRASHED, where=because(Reason.HEROKU_NOT_RUNNING)),
    Rule(cause=HEROKU_OTHER, where=because(Reason.HEROKU_OTHER), certainty=Certainty.FAMILY),
    Rule(cause=DAEMON_TIMEOUT, where=because(Reason.DAEMON_TIMEOUT), certainty=Certainty.FAMILY),
    Rule(cause=DAEMON_BACKLOG, where=because(Reason.DAEMON_BACKLOG), certainty=Certainty.FAMILY),
    Rule(cause=DAEMON_LOST, where=because(Reason.DAEMON_LOST), proof=near(ServerEvent.WORKER_CRASHED)),
    Rule(cause=DAEMON_LOST, where=because(Reason.DAEMON_LOST), certainty=Certainty.FAMILY),
    Rule(cause=RACED, where=because(Reason.RACED)),
)
"""Where the proxy's own code or line says it."""

LATE_RULES = (
    Rule(cause=HEROKU_CUT, where=f"{BODY_CUT} AND {behind(Proxy.HEROKU)}", certainty=Certainty.FAMILY),
    Rule(cause=CLOSED_BEHIND_PROXY, where=f"{because(Reason.CLOSED)} AND {_OF_OTHERS}", certainty=Certainty.FAMILY),
    Rule(
        cause=UNTOLD,
        where=f"c.reason IS NULL AND NOT c.app_answered AND c.status >= 500 AND {_UNTOLD}",
        certainty=Certainty.FAMILY,
    ),
)

CAUSES = (
    HEROKU_TIMEOUT,
    HEROKU_CRASHED,
    HEROKU_OTHER,
    HEROKU_CUT,
    DAEMON_TIMEOUT,
    DAEMON_BACKLOG,
    DAEMON_LOST,
    RACED,
    CLOSED_BEHIND_PROXY,
    UNTOLD,
)
