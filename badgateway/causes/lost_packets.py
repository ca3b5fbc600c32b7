"""A line that loses packets: what fails for one leaves the traces of a full queue, a busy worker or a slow page."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from math import sqrt

from badgateway.causes.conditions import SYN_AGAIN
from badgateway.causes.rule import Rule, Way
from badgateway.model.diagnosis import Cause, Certainty, Diagnosis, Remedy
from badgateway.model.knob import Knob

_FAILURES_FOR_A_PACKET = 20
"""Where as many or more come to each packet that a line lost, it is not the line that they failed of."""

_WITHOUT_LOSS = Remedy(
    text="See which it is: the same run on a line that loses nothing. What fails there too is no packet's fault.",
    settings={"[places]": "loss = 0"},
)


BEFORE_SERVER = Cause(
    id="packets-lost-before-server",
    title="The line between proxy and server loses packets, and one may have been this request's",
    family="connections",
    statuses=(504, 502, 200),
    explanation="This line loses packets, as the experiment says or for want of room: `places.target`. TCP sends a "
    f"lost packet again: the first one of a connection {SYN_AGAIN}, any other after a fifth of a "
    "second and twice as long each time. A full queue (tcp-accept-queue-full), busy workers (queued-too-"
    "long, work-for-nobody) and an answer that comes late (slow-request, stalled-mid-body) look the same.",
    evidence="A line that loses packets, in a trial, and one at least for 20 of these failures; "
    "nginx timed out while it connected or read, or the server while "
    "it wrote; and nothing shows the other cause: no full accept queue in the samples or the server's log, no queue or "
    "busy workers for half of the wait, no request that was still running in the application.",
    remedies=(
        Remedy(
            text="If that line is like the one of your site: mend the network first. No setting of the server brings a "
            "packet back.",
        ),
        Remedy(
            text="Leave time for a packet that is sent again: the second try of a connection comes after 1 s, the "
            "third after 2 s (before Linux 6.5: 3 s). These are nginx's limits whichever protocol it speaks to the "
            "server.",
            settings={"[timeouts]": "proxy_connect_s, proxy_read_s"},
        ),
        _WITHOUT_LOSS,
        Remedy(
            text="If it was a queue: serve more requests at a time. The samples of the trial have accept_queue and "
            "listen_overflows.",
            knobs=(Knob.AT_A_TIME,),
        ),
    ),
    confused_with="Connect times of 1, 2 and 3 s are a full queue's sign only where no packet is lost on the way.",
)

BEFORE_DATABASE = Cause(
    id="packets-lost-before-database",
    title="The line between site and database loses packets, and one may have been this request's",
    family="database",
    statuses=(504, 500),
    explanation="This line loses packets, as the experiment says or for want of room: `places.database`. "
    "Each query waits until TCP has "
    "sent a lost packet again: a fifth of a second and twice as long each time, a second for a new connection. A page "
    "with many queries meets that often, and what waits for its worker meanwhile is queued-too-long: the line fills "
    "that queue. A slow page (slow-request) and a database that is away (db-unreachable, "
    "db-connection-lost) look the same.",
    evidence="A line that loses packets, in a trial, and one at least for 20 of these failures; "
    "and a read timeout of a request that was running in the "
    "application, or the application's log says that the database could not be reached, or was lost.",
    remedies=(
        Remedy(
            text="If that line is like the one of your site: mend the network first, or put the database nearer.",
        ),
        Remedy(
            text="Ask less often: each query is a packet there and one back.",
            settings={"Django": "select_related, prefetch_related"},
        ),
        Remedy(text="Keep connections: to make one takes several packets.", settings={"Django": "CONN_MAX_AGE"}),
        _WITHOUT_LOSS,
    ),
    confused_with="Neither view nor database need be slow: look at the same page on a line that loses nothing.",
)

BEFORE_PROXY = Cause(
    id="packets-lost-before-proxy",
    title="The line between clients and proxy loses packets, and one may have been this request's",
    family="client",
    statuses=(499,),
    explanation="This line loses packets, as the experiment says or for want of room: `places.load`, or "
    "`places.proxy`. TCP sends a lost "
    f"packet again: the first one of a connection {SYN_AGAIN}, any other after a fifth of a second and twice as "
    "long each time. The client's own time limit may have run out meanwhile. A site that is too slow for its clients "
    "(client-gave-up) looks the same.",
    evidence="A line that loses packets, in a trial, and one at least for 20 of these failures; "
    "and the client gave up, as nginx's 499 or the client's own row "
    "says, or got no connection in a fifth of a second and more.",
    remedies=(
        Remedy(
            text="If that line is like the one of your visitors: keep their connections open, for a new one costs at "
            "least a packet more that can be lost.",
            settings={"nginx": "keepalive_timeout 75s"},
        ),
        Remedy(text="Leave time for a packet that is sent again.", settings={"[timeouts]": "client_s"}),
        _WITHOUT_LOSS,
    ),
    confused_with="No time limit of a load balancer's need be to blame.",
)

_WAYS = {
    BEFORE_PROXY.id: Way.TO_PROXY,
    BEFORE_SERVER.id: Way.TO_SERVER,
    BEFORE_DATABASE.id: Way.TO_DATABASE,
}


def may_be(cause: Cause, rule: Rule) -> Rule:
    """Return the rule by which it may have been a lost packet, where some are: to be tried before the given one."""
    return replace(rule, cause=cause, certainty=Certainty.FAMILY, over=_WAYS[cause.id])


def first(cause: Cause, rules: Iterable[Rule], *fooled: Cause) -> tuple[Rule, ...]:
    """Put the like of that before each rule of the causes that a lost packet is taken for."""
    return tuple(each for rule in rules for each in ((may_be(cause, rule), rule) if rule.cause in fooled else (rule,)))


def over_lines_that_explain(over: Callable[[Collection[Way]], Diagnosis], lost: Mapping[Way, float]) -> Diagnosis:
    """Return what is found when no line is blamed for far more failures than it lost packets.

    Args:
        over: Says what is found where packets are taken to be lost on these ways.
        lost: How many were, by where, as far as is to be expected; infinity: nobody knows.
    """
    ways = set(lost)
    while True:
        diagnosis = over(ways)
        too_few = {way for way in ways if not _may_explain(lost[way], _blamed_on(way, diagnosis))}
        if not too_few:
            return diagnosis
        ways -= too_few


def _blamed_on(way: Way, diagnosis: Diagnosis) -> int:
    return sum(found.count for found in diagnosis.causes if _WAYS.get(found.cause.id) is way)


def _may_explain(lost: float, failures: int) -> bool:
    # Chance may have lost more, by about the root of it; and a packet makes one request fail, if any.
    return not failures or _FAILURES_FOR_A_PACKET * (lost + sqrt(lost)) > failures


CAUSES = (BEFORE_SERVER, BEFORE_DATABASE, BEFORE_PROXY)
