"""The proxy's patience: an answer that did not begin, or stopped on its way."""

from badgateway.causes.conditions import because
from badgateway.causes.lost_packets import BEFORE_DATABASE, BEFORE_SERVER, first, may_be
from badgateway.causes.rule import QUEUE_FULL_EVENTS, Proof, Rule, during
from badgateway.model.diagnosis import Cause, Certainty, Remedy
from badgateway.model.evidence import Reason, ServerEvent
from badgateway.model.knob import Knob

FAMILY = "proxy timeouts"

_MORE_TIME = Remedy(
    text="If it has to take so long: raise the limit for this path alone, and that of whatever stands before it.",
    settings={
        "nginx": "proxy_read_timeout 120s, uwsgi_read_timeout 120s (default 60 s)",
        "ingress-nginx": "nginx.ingress.kubernetes.io/proxy-read-timeout",
        "Apache": "ProxyTimeout",
        "HAProxy": "timeout server",
        "Traefik": "forwardingTimeouts.responseHeaderTimeout",
        "ALB, Classic ELB": "idle timeout (default 60 s)",
        "Envoy": "the route's timeout (default 15 s; Istio has none)",
        "Google's load balancer": "the backend service's timeout (default 30 s)",
        "Azure's gateway": "the backend setting's request timeout (default 20 s)",
        "Cloudflare": "100 s and no more, but on Enterprise: answer at once, and let the page ask for the result",
    },
)

SLOW_REQUEST = Cause(
    id="slow-request",
    title="The answer did not begin within the proxy's read timeout",
    family=FAMILY,
    statuses=(504,),
    explanation="The proxy waited for the first byte until its limit. The application works on, and its own log has "
    "a 200 later, for nobody.",
    evidence="nginx: `upstream timed out (110: Connection timed out) while reading response header from upstream`, "
    "or a 504 with $upstream_connect_time but no $upstream_header_time; and the request journal has its start, and no "
    "full queue, blocked loop or dead worker; or uWSGI's own line about the request has a time that goes beyond the "
    "failure. Without either it is 504-no-answer-in-time.",
    remedies=(
        Remedy(
            text="Find the query: 300 s for an export is a query per row, not the writing of the file.",
            settings={"Django": "select_related, prefetch_related, annotate"},
        ),
        Remedy(text="Stream, so that the first byte comes early: the limit is between two reads."),
        Remedy(text="Move what takes longer than 30 s into a background job."),
        _MORE_TIME,
    ),
    confused_with="Not a fault of the server: more workers do not make one request faster.",
)

NO_ANSWER = Cause(
    id="504-no-answer-in-time",
    title="The server took the connection, and did not answer in time",
    family=FAMILY,
    statuses=(504,),
    explanation="The request itself may have been slow (slow-request). Or it waited behind others: for a worker "
    "(queued-too-long), in a blocked event loop (event-loop-blocked), or for workers that hang. When fast pages fail "
    "with the others, it waited.",
    evidence="nginx: `upstream timed out (110: Connection timed out) while reading response header from upstream` or "
    "`while sending request to upstream`; and nothing tells whether the application ever got to see the request.",
    remedies=(
        Remedy(
            text="See which it is: the stack of each worker while it happens shows what they wait for.",
            settings={"command": "py-spy dump --pid"},
        ),
        Remedy(
            text="Let no worker hang for ever: give it less than the proxy's limit.",
            knobs=(Knob.TIME_LIMIT,),
        ),
        Remedy(
            text="If only some pages fail: make them faster, stream, or use a background job.",
            settings={"Django": "select_related, prefetch_related"},
        ),
        _MORE_TIME,
        Remedy(
            text="Log when requests start in the application, with their process.",
            settings={"badgateway": "request journal"},
        ),
    ),
    confused_with="A read timeout alone does not make the request a slow one.",
)

STALLED_MID_BODY = Cause(
    id="stalled-mid-body",
    title="The answer stopped in its middle",
    family=FAMILY,
    statuses=(200,),
    explanation="Headers and a part of the body came, then nothing for the read timeout. nginx cuts the answer; its "
    "access log still says 200.",
    evidence="nginx: `upstream timed out (110: Connection timed out) while reading upstream`.",
    remedies=(
        Remedy(text="Find what the generator of the body waits for."),
        Remedy(
            text="Send something in between, or raise the limit (default 60 s).",
            settings={"nginx": "proxy_read_timeout"},
        ),
    ),
    confused_with="The access log counts it as a success.",
)

QUEUED_OR_SLOW = Cause(
    id="504-queued-or-slow",
    title="No answer in time, while the accept queue was full",
    family=FAMILY,
    statuses=(504,),
    explanation="The accept queue was full at that time. This request may have waited in it "
    "(tcp-accept-queue-full on a port, queued-too-long on a unix socket), or have been the slow one that kept a "
    "worker (slow-request).",
    evidence="nginx's read timeout, and uWSGI's `listen queue ... full` while the request ran; nothing tells whether "
    "the application got to see it.",
    remedies=(
        Remedy(
            text="Log when requests start in the application, with their process.",
            settings={"badgateway": "request journal"},
        ),
        Remedy(text="Log the time the connection took.", settings={"nginx": "$upstream_connect_time"}),
    ),
)

TOLD_RULES = (
    Rule(
        cause=SLOW_REQUEST,
        where=f"{because(Reason.READ_TIMEOUT)} AND NOT c.in_app",
        proof=Proof(
            joins="JOIN ran_on p USING (failure_id)",
            condition="true",
            event="p.event_id",
            kinds=frozenset({ServerEvent.REQUEST_TOOK_LONG}),
        ),
    ),
)
"""Where the server's own line about the request says how long it took."""

# The server began early enough, and had not ended when the proxy gave up: its answer was on no line yet.
_RAN_ON = Rule(
    cause=SLOW_REQUEST, where=f"{because(Reason.READ_TIMEOUT)} AND c.in_app AND NOT c.queued AND NOT c.app_done"
)
_NONE_CAME = Rule(cause=NO_ANSWER, where=because(Reason.READ_TIMEOUT), certainty=Certainty.FAMILY)

RULES = (
    Rule(
        cause=QUEUED_OR_SLOW,
        where=f"{because(Reason.READ_TIMEOUT)} AND NOT c.in_app AND c.upstream_connect_s IS NULL",
        proof=during(*QUEUE_FULL_EVENTS),
        certainty=Certainty.FAMILY,
    ),
    may_be(BEFORE_DATABASE, _RAN_ON),
    _RAN_ON,
    may_be(BEFORE_SERVER, _NONE_CAME),
    Rule(cause=SLOW_REQUEST, where=f"{because(Reason.READ_TIMEOUT)} AND c.in_app"),
    _NONE_CAME,
    *first(BEFORE_SERVER, (Rule(cause=STALLED_MID_BODY, where=because(Reason.BODY_STALLED)),), STALLED_MID_BODY),
)

CAUSES = (SLOW_REQUEST, NO_ANSWER, STALLED_MID_BODY, QUEUED_OR_SLOW)
