"""Clients: those who left before the answer, were held back, or got something else than they asked for."""

from badgateway.causes.conditions import because
from badgateway.causes.lost_packets import BEFORE_PROXY
from badgateway.causes.rule import Rule, Way
from badgateway.model.diagnosis import Cause, Certainty, Remedy
from badgateway.model.evidence import Reason
from badgateway.model.outcome import Outcome

FAMILY = "client"

CLIENT_GAVE_UP = Cause(
    id="client-gave-up",
    title="The client left before the answer came",
    family=FAMILY,
    statuses=(499, 460),
    explanation="A person reloaded the page, or a client's or load balancer's own time limit ran out. The application "
    "does not learn of it and works on to the end, for nobody.",
    evidence="Status 499 (an ALB writes 460); at level info nginx adds `client prematurely closed connection, so "
    "upstream connection is closed too`.",
    remedies=(
        Remedy(text="Make the page faster, or move long work into a background job."),
        Remedy(
            text="Order the time limits: the client's above the load balancer's, above the proxy's, above the "
            "server's.",
            settings={"ALB": "idle timeout (default 60 s)", "nginx": "proxy_read_timeout (default 60 s)"},
        ),
    ),
    confused_with="nginx writes 499, no client ever sees it. When 499s come in waves with a steady duration, a time "
    "limit in front of nginx makes them.",
)

RATE_LIMITED = Cause(
    id="rate-limited",
    title="The proxy turned the request away on purpose",
    family=FAMILY,
    statuses=(503,),
    explanation="More requests or connections came than a limit of the proxy's allows: nginx's limit_req or "
    "limit_conn, or the circuit breaker of Envoy, which Istio has too. The application was not asked.",
    evidence="nginx: `limiting requests, excess: ...` or `limiting connections by zone ...`; Envoy: the flag UO or RL.",
    remedies=(
        Remedy(text="Allow bursts without delay.", settings={"nginx": "limit_req ... burst=20 nodelay"}),
        Remedy(
            text="Say what it is: 429 instead of 503.",
            settings={"nginx": "limit_req_status 429, limit_conn_status 429"},
        ),
        Remedy(
            text="Count by the client's address, not the load balancer's.",
            settings={"nginx": "set_real_ip_from, real_ip_header"},
        ),
        Remedy(
            text="Let more wait and run at a time, where the server can: with UO the circuit breaker's limits were "
            "reached, with RL those of a rate limit.",
            settings={"Envoy": "circuit_breakers: max_pending_requests, max_requests (Istio: connectionPool)"},
        ),
    ),
)

WRONG_CONTENT = Cause(
    id="wrong-content",
    title="A whole answer, but not what was asked for",
    family=FAMILY,
    statuses=(200, 404),
    explanation="The answer came complete, but with another status or a content that does not open. Neither the "
    "proxy nor the server failed.",
    evidence="The load generator's own check of the answer (outcome BAD_CONTENT).",
    remedies=(Remedy(text="Look at the answer, and at the data the application was given."),),
)

# A lost packet is sent again after a fifth of a second, and not before. Who was turned away knows it at once.
_UNCONNECTED = Rule(
    cause=BEFORE_PROXY,
    where=f"c.outcome = '{Outcome.CONNECT_ERROR}' AND c.reason IS NULL AND c.status = 0 AND c.duration_s >= 0.2",
    certainty=Certainty.FAMILY,
    over=Way.TO_PROXY,
)

GONE_RULES = (Rule(cause=CLIENT_GAVE_UP, where=because(Reason.CLIENT_GONE)),)
OTHER_RULES = (
    Rule(cause=RATE_LIMITED, where=because(Reason.LIMITED)),
    Rule(cause=WRONG_CONTENT, where=f"c.outcome = '{Outcome.BAD_CONTENT}'"),
    _UNCONNECTED,
)

CAUSES = (CLIENT_GAVE_UP, RATE_LIMITED, WRONG_CONTENT)
