"""What HAProxy says by the two letters of its termination state."""

from badgateway.causes.conditions import because
from badgateway.causes.rule import Rule
from badgateway.model.diagnosis import Cause, Certainty, Remedy
from badgateway.model.evidence import Reason
from badgateway.model.knob import Knob

FAMILY = "other proxies"

QUEUE_TIMEOUT = Cause(
    id="haproxy-queue-timeout",
    title="The request waited in HAProxy's own queue until its time was over",
    family=FAMILY,
    statuses=(503,),
    explanation="All servers had as many connections as maxconn allows them, and none came free within the time limit "
    "of the queue.",
    evidence="HAProxy: termination state `sQ`, for this request.",
    remedies=(
        Remedy(text="Find what keeps the workers: the slowest requests of that time."),
        Remedy(text="Serve more requests at a time.", knobs=(Knob.AT_A_TIME,)),
        Remedy(text="Let maxconn be what the workers serve at a time.", settings={"HAProxy": "server ... maxconn"}),
    ),
)

NOT_REACHED = Cause(
    id="haproxy-not-connected",
    title="HAProxy could not connect to the server",
    family=FAMILY,
    statuses=(502, 503),
    explanation="Nothing listened at that address, a firewall or another machine on the way refused the connection, or "
    "the machine of HAProxy knew no way there. HAProxy writes the same two letters for all of these.",
    evidence="HAProxy: termination state `SC` with the name of a server, for this request: the server, or something "
    "before it, refused the connection, or the network of HAProxy's machine said that there is no way. A TLS "
    "handshake that failed, and a unix socket that HAProxy may not open, count as the same.",
    remedies=(
        Remedy(
            text="See from the machine of HAProxy whether something listens there: `nc -vz ADDRESS PORT`. Refused at "
            "once: the server is down or listens elsewhere. No route: the network.",
            knobs=(Knob.ADDRESS,),
        ),
        Remedy(
            text="Give the server's log of the same time: a restart, or an application that did not load, is in it.",
        ),
        Remedy(
            text="Try another server when one cannot be reached.",
            settings={"HAProxy": "option redispatch, retries 3, server ... check"},
        ),
    ),
)

NO_SERVER = Cause(
    id="haproxy-no-server",
    title="HAProxy had no server to send the request to",
    family=FAMILY,
    statuses=(503,),
    explanation="All servers of that backend were down, by their health checks or for maintenance, or it has none. "
    "HAProxy answers at once and asks nobody.",
    evidence="HAProxy: termination state `SC` with `<NOSRV>` instead of a server, for this request.",
    remedies=(
        Remedy(text="Look for `Server ... is DOWN, reason: ...` before it: it says what its check met."),
        Remedy(
            text="Let a check fail several times before a server counts as down, and ask a cheap path.",
            settings={"HAProxy": "default-server inter 2s fall 3 rise 2, option httpchk GET /health"},
        ),
        Remedy(text="See whether the servers run and listen.", knobs=(Knob.ADDRESS,)),
    ),
    confused_with="Not a slow request, and no queue: nothing was waited for.",
)

NO_RESOURCES = Cause(
    id="haproxy-out-of-resources",
    title="HAProxy had nothing left to make the connection with",
    family=FAMILY,
    statuses=(502, 503),
    explanation="A local port, an open file or memory, of which HAProxy or its machine had no more; or, for a server "
    "on a unix socket, a full accept queue (listen-queue-full). Its two letters are the same for all of these.",
    evidence="HAProxy: termination state `RC` or `PC`, for this request; beside it the log may have `Connect() failed "
    "for backend ...: no free ports` or `... check backlog size on the server`.",
    remedies=(
        Remedy(text="Look for that line in HAProxy's log in the same second: it says which it was."),
        Remedy(text="Keep connections to servers and reuse them.", settings={"HAProxy": "http-reuse safe"}),
        Remedy(text="Allow more open files.", settings={"HAProxy": "maxconn, ulimit-n", "systemd": "LimitNOFILE"}),
    ),
    confused_with="A longer time limit helps none of these.",
)

REFUSED_ANSWER = Cause(
    id="haproxy-refused-answer",
    title="HAProxy did not pass the server's answer on",
    family=FAMILY,
    statuses=(500, 502),
    explanation="The answer's header was malformed or larger than HAProxy's buffer, or a rule of HAProxy forbids it.",
    evidence="HAProxy: termination state `PH`, for this request.",
    remedies=(
        Remedy(
            text="Ask HAProxy what was wrong with it: `echo 'show errors' | socat stdio /run/haproxy/admin.sock`.",
        ),
        Remedy(
            text="Send smaller headers, or make room for them.", settings={"HAProxy": "tune.bufsize, tune.http.maxhdr"}
        ),
        Remedy(text="Look for a rule that denies answers.", settings={"HAProxy": "http-response deny"}),
    ),
    confused_with="The application answered, and its own log has a good status for it.",
)

RULES = (
    Rule(cause=QUEUE_TIMEOUT, where=because(Reason.QUEUE_TIMEOUT)),
    Rule(cause=NO_SERVER, where=because(Reason.NO_SERVER)),
    Rule(cause=NO_RESOURCES, where=because(Reason.NO_RESOURCES), certainty=Certainty.FAMILY),
    Rule(cause=REFUSED_ANSWER, where=because(Reason.REFUSED_ANSWER), certainty=Certainty.FAMILY),
)
"""Where the state alone says it."""

LATE_RULES = (Rule(cause=NOT_REACHED, where=because(Reason.REFUSED_OR_NO_ROUTE), certainty=Certainty.FAMILY),)

CAUSES = (QUEUE_TIMEOUT, NOT_REACHED, NO_SERVER, NO_RESOURCES, REFUSED_ANSWER)
