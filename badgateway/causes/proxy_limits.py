"""Limits of size and form: headers too big for either side, and two sides that speak different protocols."""

from badgateway.causes.conditions import CONNECTION_CLOSED, OF_ITS_SERVER, because
from badgateway.causes.rule import Proof, Rule, near
from badgateway.model.diagnosis import Cause, Certainty, Remedy
from badgateway.model.evidence import Reason, ServerEvent
from badgateway.model.knob import Knob

FAMILY = "sizes and protocols"

REQUEST_HEADER_TOO_BIG = Cause(
    id="request-header-too-big",
    title="The request's header was larger than uWSGI takes",
    family=FAMILY,
    servers=("uwsgi",),
    statuses=(502,),
    explanation="Cookies, query string and nginx's own parameters together went over uWSGI's buffer. It closes the "
    "connection without an answer; the application never sees the request.",
    evidence="uWSGI: `invalid request block size: 5411 (max 4096)...skip` within a second of nginx's `recv() failed "
    "(104: Connection reset by peer) while reading response header from upstream`.",
    remedies=(
        Remedy(
            text="Make the buffer larger: 16384 is safe (default 4096, at most 65535).", knobs=(Knob.HEADER_BUFFER,)
        ),
        Remedy(text="Find out who sends such a header: mostly one cookie that grows."),
    ),
    confused_with="Only some users are hit, again and again: those with the large cookie. No worker has died.",
)

PROTOCOL_MISMATCH = Cause(
    id="protocol-mismatch",
    title="Proxy and server speak different protocols",
    family=FAMILY,
    statuses=(502,),
    explanation="HTTP was sent to a port that expects uWSGI's own protocol, or the other way round. Every request "
    "fails.",
    evidence="uWSGI: `invalid request block size: 21573 (max 4096)...skip`, where 21573 are the letters ET of GET "
    "(21327: OS of POST); or nginx: `upstream sent no valid HTTP/1.0 header while reading response header from "
    "upstream`.",
    remedies=(
        Remedy(
            text="Match them: uwsgi_pass with socket, or proxy_pass with http-socket.",
            knobs=(Knob.PROTOCOL,),
            settings={"nginx": "uwsgi_pass or proxy_pass"},
        ),
    ),
    confused_with="A larger buffer-size does not help, whatever the line seems to say: the size in it is text.",
)

RESPONSE_HEADER_TOO_BIG = Cause(
    id="response-header-too-big",
    title="The answer's header was larger than nginx takes",
    family=FAMILY,
    statuses=(502,),
    explanation="The application answered, and logged 200, but its headers did not fit into the one buffer that nginx "
    "reads them into. Mostly it is Set-Cookie, or a redirect with a long address.",
    evidence="nginx: `upstream sent too big header while reading response header from upstream`.",
    remedies=(
        Remedy(
            text="16k is safe (default 4k or 8k, one memory page). The other buffers have to grow with it, or nginx "
            "refuses to start.",
            settings={
                "nginx": "proxy_buffer_size 16k, proxy_buffers 8 16k; for uwsgi_pass: uwsgi_buffer_size 16k, "
                "uwsgi_buffers 8 16k"
            },
        ),
        Remedy(text="Send less: keep sessions in the database, not in cookies.", settings={"Django": "SESSION_ENGINE"}),
    ),
    confused_with="The application's own log has 200 for it.",
)

INVALID_RESPONSE_HEADER = Cause(
    id="invalid-response-header",
    title="The answer's header was malformed",
    family=FAMILY,
    statuses=(502,),
    explanation="The application sent a header that HTTP does not allow: a line break or a control character in a "
    "value, or Content-Length twice. nginx throws the answer away.",
    evidence='nginx: `upstream sent invalid header: "..." while reading response header from upstream`, or another '
    "`upstream sent ...` at level error.",
    remedies=(Remedy(text="Clean what goes into headers: file names and redirect addresses that users chose."),),
)

BLOCK_RULES = (
    Rule(
        cause=PROTOCOL_MISMATCH,
        where=f"{CONNECTION_CLOSED} AND NOT c.in_app",
        proof=near(ServerEvent.PROTOCOL_MISMATCH),
    ),
    Rule(
        cause=REQUEST_HEADER_TOO_BIG,
        # The refusal is immediate; a request that ran for a while was read.
        where=f"{CONNECTION_CLOSED} AND NOT c.in_app AND coalesce(c.duration_s, 0) < 1",
        proof=near(ServerEvent.BLOCK_SIZE_EXCEEDED),
    ),
)


def _at_some_time(kind: ServerEvent) -> Proof:
    """Show a refusal that has no time of its own: a connection with something unread in it is reset."""
    return Proof(
        joins=f"{OF_ITS_SERVER} JOIN proxy_lines r ON r.id = c.proxy_line_id JOIN events p ON p.instance = s.instance",
        condition=f"r.errno = 104 AND p.kind = '{kind}' AND (p.low_s IS NULL OR p.is_borrowed)",
        event="p.event_id",
        kinds=frozenset({kind}),
    )


LATE_RULES = (
    Rule(
        cause=PROTOCOL_MISMATCH,
        where=f"{CONNECTION_CLOSED} AND NOT c.in_app",
        proof=_at_some_time(ServerEvent.PROTOCOL_MISMATCH),
        certainty=Certainty.FAMILY,
    ),
    Rule(
        cause=REQUEST_HEADER_TOO_BIG,
        where=f"{CONNECTION_CLOSED} AND NOT c.in_app AND coalesce(c.duration_s, 0) < 1",
        proof=_at_some_time(ServerEvent.BLOCK_SIZE_EXCEEDED),
        certainty=Certainty.FAMILY,
    ),
)
HEADER_RULES = (
    Rule(cause=RESPONSE_HEADER_TOO_BIG, where=because(Reason.BIG_HEADER)),
    Rule(cause=PROTOCOL_MISMATCH, where=because(Reason.NOT_HTTP)),
    Rule(cause=INVALID_RESPONSE_HEADER, where=because(Reason.BAD_HEADER)),
)

CAUSES = (REQUEST_HEADER_TOO_BIG, PROTOCOL_MISMATCH, RESPONSE_HEADER_TOO_BIG, INVALID_RESPONSE_HEADER)
