"""What a log alone leaves open: which causes remain, and which log would tell."""

from badgateway.causes.conditions import BODY_CUT, because
from badgateway.causes.rule import Proof, Rule, any_death
from badgateway.model.diagnosis import SERVER_LOG, Cause, Certainty, Remedy
from badgateway.model.evidence import Reason
from badgateway.model.knob import Knob
from badgateway.model.log_kind import LogKind

FAMILY = "not told by these logs"

_ERROR_LOG = Remedy(
    text="Give nginx's error log of the same time.",
    settings={"nginx": "error_log ... info"},
    asks_for=(LogKind.NGINX_ERROR,),
)
_TIMES = Remedy(
    text="Log what nginx knows of the upstream.",
    settings={"nginx": "log_format with $upstream_connect_time, $upstream_header_time, $upstream_status, $connection"},
)
_SERVER_LOG = Remedy(
    text="Give the application server's log of the same time.",
    knobs=(Knob.LOG,),
    asks_for=(SERVER_LOG,),
)
_KERNEL = Remedy(text="Ask the kernel whether a worker died: `dmesg -T | grep -iE 'oom|segfault'`.")
_JOURNAL = Remedy(
    text="Let the server write a line when a request starts, with its process: a line without an end died with its "
    "worker. The file's first lines say how it is started in the site's place.",
    settings={"badgateway": "request journal, servers/journal.py before the site"},
)

NOT_CONNECTED = Cause(
    id="502-not-connected",
    title="The proxy could not connect to the server",
    family=FAMILY,
    statuses=(502,),
    explanation="The access log says that no connection was made. It can be nothing-listening, listen-queue-full or "
    "socket-forbidden; the error log has the number that tells.",
    evidence="502 with $upstream_connect_time `-`, and no error line for it; Cloudflare: 521 or 523.",
    remedies=(
        _ERROR_LOG,
        Remedy(
            text="See whether the server runs, and listens where the proxy connects: `systemctl status`, `ss -ltnp`."
        ),
        Remedy(
            text="Ask the proxy which addresses it has for the service, and which of them it takes for healthy.",
            settings={
                "Envoy": "/clusters on its admin port, istioctl proxy-config endpoints; kubectl get endpointslices",
                "Google's load balancer": "the backend's health, and the firewall rule for 35.191.0.0/16",
                "Azure's gateway": "Backend health",
                "Cloudflare": "the origin's firewall lets Cloudflare's addresses in",
            },
        ),
    ),
)

LOST = Cause(
    id="502-answer-lost",
    title="The proxy was connected, and got no usable answer",
    family=FAMILY,
    statuses=(502,),
    explanation="The access log says that a connection was made and no header came through. It can be a worker that "
    "died, keepalive-race, request-header-too-big or response-header-too-big; the error log tells the last one apart "
    "and the server's log the others.",
    evidence="502 with $upstream_connect_time and without $upstream_header_time; no error line for it, and no death "
    "of a worker at that time.",
    remedies=(_ERROR_LOG, _SERVER_LOG),
)

CLOSED = Cause(
    id="502-connection-closed",
    title="The server closed the connection, and no log tells why",
    family=FAMILY,
    statuses=(502,),
    explanation="The worker died (worker-killed, worker-crashed, harakiri, a time limit), refused to read the request "
    "(request-header-too-big), or closed an idle connection (keepalive-race). nginx sees the same in all cases.",
    evidence="nginx: `upstream prematurely closed connection` or `(104: Connection reset by peer)` before the "
    "header, and nothing in the server's log, if there is one, at that time.",
    remedies=(_SERVER_LOG, _KERNEL, _JOURNAL),
)

CUT = Cause(
    id="body-cut-unexplained",
    title="The body was cut, and no log tells why",
    family=FAMILY,
    statuses=(200,),
    explanation="The answer began with a good status and ended too early. It can be timeout-cut-the-body, a worker "
    "that died, or an exception in the generator of the body. With HTTP/1.0 to the upstream nginx does not even "
    "notice.",
    evidence="A body that the client found too short, or nginx: `upstream prematurely closed connection while reading "
    "upstream`; and nothing in the server's log at that time.",
    remedies=(
        _SERVER_LOG,
        Remedy(text="Let nginx notice cuts.", settings={"nginx": "proxy_http_version 1.1"}),
        _JOURNAL,
    ),
)

CONNECT_TIMEOUT = Cause(
    id="504-connect-timeout",
    title="The connection to the server was not made in time",
    family=FAMILY,
    statuses=(504,),
    explanation="The upstream is on another machine. Its accept queue may have been full (tcp-accept-queue-full), or "
    "it was down, or a firewall drops the packets.",
    evidence="nginx: `upstream timed out (110: Connection timed out) while connecting to upstream`, or a 504 with "
    "$upstream_connect_time `-`; and no sign of a full queue.",
    remedies=(
        Remedy(text="Look on that machine: `nstat -az TcpExtListenOverflows`, and `ss -tl`."),
        _SERVER_LOG,
        Remedy(text="Give up earlier (default 60 s).", settings={"nginx": "proxy_connect_timeout 3s"}),
    ),
)

NEAR_DEATH = Cause(
    id="502-near-a-worker-death",
    title="A worker died at that moment",
    family=FAMILY,
    statuses=(502,),
    explanation="The request may have been in that worker, or have been turned away because one worker less was there.",
    evidence="502 within a second of a worker's death in the server's log, and nothing that nginx says about it.",
    remedies=(_ERROR_LOG, _TIMES),
)

BAD_GATEWAY = Cause(
    id="502-unexplained-by-this-log",
    title="The proxy got no valid answer",
    family=FAMILY,
    statuses=(502,),
    explanation="A status in an access log says no more than that. Every cause of a 502 remains: listen-queue-full, "
    "nothing-listening, a worker that died, a header too big, and others.",
    evidence="502 in an access log without times of the upstream, and no error line for it.",
    remedies=(_ERROR_LOG, _SERVER_LOG, _TIMES),
)

UNAVAILABLE = Cause(
    id="503-unexplained-by-this-log",
    title="503, origin unknown",
    family=FAMILY,
    statuses=(503,),
    explanation="It can be rate-limited, a maintenance page of the proxy, or the application's own answer.",
    evidence="503 without $upstream_header_time, and no error line for it.",
    remedies=(_ERROR_LOG, _TIMES),
)

GATEWAY_TIMEOUT = Cause(
    id="504-unexplained-by-this-log",
    title="504, origin unknown",
    family=FAMILY,
    statuses=(504,),
    explanation="It can be slow-request, event-loop-blocked, async-cores-exhausted, or a connection that was never "
    "made (tcp-accept-queue-full).",
    evidence="504 in an access log without times of the upstream, and no error line for it.",
    remedies=(_ERROR_LOG, _SERVER_LOG, _TIMES),
)


def _open(cause: Cause, where: str, proof: Proof | None = None) -> Rule:
    return Rule(cause=cause, where=where, proof=proof, certainty=Certainty.FAMILY)


_UNKNOWN = "c.reason IS NULL AND NOT c.app_answered AND"

RULES = (
    _open(NOT_CONNECTED, because(Reason.UNCONNECTED)),
    _open(LOST, because(Reason.LOST)),
    _open(CLOSED, because(Reason.CLOSED)),
    _open(CUT, BODY_CUT),
    _open(CONNECT_TIMEOUT, because(Reason.CONNECT_TIMEOUT)),
    _open(
        NEAR_DEATH,
        f"{_UNKNOWN} c.status = 502",
        any_death(needed=True),
    ),
    _open(BAD_GATEWAY, f"{_UNKNOWN} c.status = 502"),
    _open(UNAVAILABLE, f"{_UNKNOWN} c.status = 503"),
    _open(GATEWAY_TIMEOUT, f"{_UNKNOWN} c.status = 504"),
)

CAUSES = (
    NOT_CONNECTED,
    LOST,
    CLOSED,
    CUT,
    CONNECT_TIMEOUT,
    NEAR_DEATH,
    BAD_GATEWAY,
    UNAVAILABLE,
    GATEWAY_TIMEOUT,
)
