"""All causes, and all rules in the order in which they are tried."""

from dataclasses import replace

from badgateway.causes import (
    accept_queue,
    application,
    application_errors,
    asgi,
    client,
    closings,
    connections,
    container,
    database,
    database_errors,
    event_loop,
    front_door,
    gunicorn_timeouts,
    haproxy,
    local_ports,
    lost_packets,
    other_proxies,
    proxy_itself,
    proxy_limits,
    server_ends,
    server_troubles,
    silences,
    supervised,
    timeouts,
    unexplained,
    worker_deaths,
)
from badgateway.causes.conditions import because, behind
from badgateway.causes.rule import Rule
from badgateway.model.diagnosis import Cause, Certainty
from badgateway.model.evidence import Reason
from badgateway.model.log_kind import Proxy

CAUSES: tuple[Cause, ...] = (
    *accept_queue.CAUSES,
    *silences.CAUSES,
    *connections.CAUSES,
    *lost_packets.CAUSES,
    *worker_deaths.CAUSES,
    *container.CAUSES,
    *server_ends.CAUSES,
    *supervised.CAUSES,
    *gunicorn_timeouts.CAUSES,
    *timeouts.CAUSES,
    *event_loop.CAUSES,
    *proxy_limits.CAUSES,
    *proxy_itself.CAUSES,
    *server_troubles.CAUSES,
    *asgi.CAUSES,
    *closings.CAUSES,
    *haproxy.CAUSES,
    *other_proxies.CAUSES,
    *database.CAUSES,
    *database_errors.CAUSES,
    *application.CAUSES,
    *application_errors.CAUSES,
    local_ports.OF_APPLICATION,
    *client.CAUSES,
    *front_door.CAUSES,
    *unexplained.CAUSES,
)
"""Mostly by family, as the index of the pages has them."""


def _under(rules: tuple[Rule, ...], condition: str, certainty: Certainty | None = None) -> tuple[Rule, ...]:
    """Return the rules that prove by a death, of the table failure_deaths as `p`, under one more condition on it."""
    return tuple(
        replace(
            rule,
            proof=replace(rule.proof, condition=f"{rule.proof.condition} AND {condition}"),
            certainty=certainty or rule.certainty,
        )
        for rule in rules
        if rule.proof is not None
    )


def _with_doubts(rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
    """Put before each rule one for the failures that only share the moment of a death with others: a family."""
    return tuple(each for rule in rules for each in (*_under((rule,), "p.doubtful", Certainty.FAMILY), rule))


_DEATHS = (
    *container.MEMORY_RULES,
    *server_troubles.MEMORY_RULES,
    *server_troubles.IDLE_RULES,
    *gunicorn_timeouts.DEATH_RULES,
    *supervised.DEATH_RULES,
    *worker_deaths.DEATH_RULES,
    *server_ends.DEATH_RULES,
)

# A balancer straight before the server says no more than that its target gave no answer; a worker that died in that
# second is the likeliest, and not the only one that fits.
_ANSWERLESS = f"(c.lb_made AND c.status = 502) OR ({because(Reason.CLOSED)} AND {behind(Proxy.HEROKU, Proxy.HAPROXY)})"
_BALANCED_DEATHS = tuple(
    replace(rule, where=_ANSWERLESS, certainty=Certainty.FAMILY)
    for rule in _DEATHS
    if 502 in rule.cause.statuses  # an HTTP status
)

RULES: tuple[Rule, ...] = (
    *lost_packets.first(lost_packets.BEFORE_PROXY, client.GONE_RULES, client.CLIENT_GAVE_UP),
    *connections.RETRY_RULES,
    *_BALANCED_DEATHS,
    *front_door.MADE_RULES,
    *client.OTHER_RULES,
    *haproxy.RULES,
    *other_proxies.RULES,
    *proxy_itself.RULES,
    # The application's own answers.
    *asgi.ANSWERED_RULES,
    *local_ports.ANSWERED_RULES,
    *lost_packets.first(
        lost_packets.BEFORE_DATABASE, database.ANSWERED_RULES, database.UNREACHABLE, database.CONNECTION_LOST
    ),
    *database_errors.ANSWERED_RULES,
    *application_errors.ANSWERED_RULES,
    *local_ports.FAMILY_RULES,
    *gunicorn_timeouts.ANSWERED_RULES,
    *server_troubles.ANSWERED_RULES,
    *application.ANSWERED_RULES,
    *application.HANDLED_RULES,
    *database_errors.TOLD_BY_ITSELF_RULES,
    *application.FAMILY_RULES,
    # No connection.
    *accept_queue.CONNECT_RULES,
    *silences.QUEUE_RULES,
    *accept_queue.FULL_RULES,
    *server_troubles.CONNECT_RULES,
    *server_ends.CONNECT_RULES,
    *accept_queue.GONE_RULES,
    *supervised.CONNECT_RULES,
    *connections.CONNECT_RULES,
    # A connection, and no header. What names the very request goes before what was only near it.
    *proxy_limits.HEADER_RULES,
    *_under(_DEATHS, "p.sure"),
    *worker_deaths.NAMED_RULES,
    *proxy_limits.BLOCK_RULES,
    *database.CLOSED_RULES,
    *application.CLOSED_RULES,
    *_with_doubts(_DEATHS),
    *worker_deaths.UNCLEAR_RULES,
    *container.MEMORY_FAMILY_RULES,
    *server_troubles.MEMORY_FAMILY_RULES,
    *supervised.CLOSED_RULES,
    *lost_packets.first(lost_packets.BEFORE_SERVER, server_troubles.WRITE_RULES, server_troubles.WRITE_TIMEOUT),
    *asgi.CUT_RULES,
    *closings.WRITE_RULES,
    *application.ALIVE_RULES,
    *accept_queue.DROPPED_RULES,
    # No answer in time. Who has no CPU is late with all else too.
    *container.READ_RULES,
    *event_loop.READ_RULES,
    *database.READ_RULES,
    *lost_packets.first(lost_packets.BEFORE_SERVER, asgi.READ_RULES, asgi.WORK_FOR_NOBODY),
    *timeouts.TOLD_RULES,
    *accept_queue.READ_RULES,
    *silences.READ_RULES,
    *timeouts.RULES,
    *connections.RACE_RULES,
    # What remains open.
    *worker_deaths.UNSEEN_RULES,
    *proxy_limits.LATE_RULES,
    *server_troubles.LATE_RULES,
    *closings.LATE_RULES,
    *haproxy.LATE_RULES,
    *other_proxies.LATE_RULES,
    *front_door.RELAYED_RULES,
    *proxy_itself.OTHER_RULES,
    *unexplained.RULES,
)
"""The first rule that holds for a failure decides."""

BY_ID = {cause.id: cause for cause in CAUSES}
