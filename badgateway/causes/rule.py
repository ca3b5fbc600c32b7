"""What a rule is: the cause it finds, and the condition on the evidence under which it holds."""

from dataclasses import dataclass
from enum import StrEnum

from badgateway.causes.conditions import OF_ITS_SERVER, listed
from badgateway.causes.deaths import Death
from badgateway.causes.spans import Span
from badgateway.causes.unit_spans import UnitSpan
from badgateway.model.diagnosis import Cause, Certainty
from badgateway.model.evidence import ServerEvent

QUEUE_FULL_EVENTS = (ServerEvent.LISTEN_QUEUE_FULL, ServerEvent.LISTEN_OVERFLOW, ServerEvent.ACCEPT_QUEUE_FULL)
"""What tells of a full accept queue."""

_DEATHS = "JOIN failure_deaths p USING (failure_id)"


class Way(StrEnum):
    """Between which parts of a site a packet goes, and may be lost."""

    TO_PROXY = "to proxy"
    """From the clients."""
    TO_SERVER = "to server"
    TO_DATABASE = "to database"
    """From the site."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A join that brings the events which prove a cause to the failures `c`, in SQL.

    An event of another machine, or of a server that listens elsewhere, proves nothing.
    """

    joins: str
    condition: str
    event: str
    """Expression for the id of the event that proves; NULL when the failure's own lines are all there is."""
    nearness: str = "0"
    """Expression; of several events the one with the least is shown."""
    kinds: frozenset[str] | None = None
    """Of events, deaths or spans: without any of them it holds nowhere. None: that is not known beforehand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Holds for the failures that `where` selects and `proof`, when there is one, joins to an event."""

    cause: Cause
    where: str
    """SQL condition on the columns of the table prepared_failures, which is `c`."""
    proof: Proof | None = None
    certainty: Certainty = Certainty.PROVEN
    over: Way | None = None
    """It holds only where packets are known to be lost on that way; None: wherever."""


def near(*kinds: ServerEvent) -> Proof:
    """Prove by an event within a second of the failure's end, of the same path and process where both are known."""
    return _near(kinds, "NOT {}.of_database")


def near_in_database(*kinds: ServerEvent) -> Proof:
    """Prove by what a database wrote itself within a second of the failure's end; it knows no request."""
    return _near(kinds, "{}.of_database")


def _near(kinds: tuple[ServerEvent, ...], condition: str) -> Proof:
    wanted = f"IN {listed(kinds)} AND {condition}"
    return Proof(
        # Two joins on equal keys: one on a condition with OR would compare each failure of a second with each event.
        joins=(
            f"{OF_ITS_SERVER} "
            "LEFT JOIN nearby p ON p.instance = s.instance AND p.second = c.second AND p.path = c.path "
            f"AND p.kind {wanted.format('p')} "
            "LEFT JOIN nearby q ON q.instance = s.instance AND q.second = c.second AND q.path = '' "
            f"AND q.kind {wanted.format('q')} AND (q.pid IS NULL OR c.app_pid IS NULL OR q.pid = c.app_pid)"
        ),
        condition="coalesce(p.event_id, q.event_id) IS NOT NULL",
        event="coalesce(p.event_id, q.event_id)",
        nearness="coalesce(p.distance_s, q.distance_s)",
        kinds=frozenset(kinds),
    )


def during(*kinds: ServerEvent) -> Proof:
    """Prove by the last event of these kinds between the request's start and its end, with a second of grace."""
    # Of all events up to the request's end, the one that reaches furthest: the latest may have begun before its start.
    reaching = (
        "SELECT instance, low_s, max(high_s) OVER so_far AS high_s, arg_max(event_id, high_s) OVER so_far AS event_id "  # noqa: S608
        f"FROM timed_events WHERE kind IN {listed(kinds)} "
        "WINDOW so_far AS (PARTITION BY instance ORDER BY low_s, event_id ROWS UNBOUNDED PRECEDING)"
    )
    return Proof(
        joins=f"{OF_ITS_SERVER} ASOF JOIN ({reaching}) p ON p.instance = s.instance AND c.time_s + 1 >= p.low_s",
        condition="p.high_s >= c.start_s - 1",
        event="p.event_id",
        nearness="-p.high_s",
        kinds=frozenset(kinds),
    )


def inside(kind: Span | UnitSpan, *, share: float = 0.0) -> Proof:
    """Prove by a span of time that the request's end falls into, or that takes at least `share` of its duration."""
    overlap = "least(c.time_s, w.end_s) - greatest(c.start_s, w.start_s)"
    return Proof(
        joins=(
            f"{OF_ITS_SERVER} JOIN spans w ON w.instance = s.instance AND w.kind = '{kind}' "
            "AND c.time_s + 1 >= w.start_s AND c.start_s <= w.end_s + 1"
        ),
        condition=f"{overlap} >= {share} * (c.time_s - c.start_s)" if share else "floor(c.time_s) <= w.end_s",
        event="w.event_id",
        kinds=frozenset({kind}),
    )


def died_as(*kinds: Death, sure: bool = False) -> Proof:
    """Prove by the death, of one of these kinds, of the worker that had the request.

    Args:
        kinds: How it ended.
        sure: Only when the worker's pid is that of the request, or the server's line names the request.
    """
    condition = f"p.kind IN {listed(kinds)}" + (" AND p.sure" if sure else "")
    return Proof(joins=_DEATHS, condition=condition, event="p.event_id", kinds=frozenset(kinds))


def any_death(*, needed: bool) -> Proof:
    """Show the death of the worker that may have had the request; with `needed`, hold only when there is one."""
    kinds = frozenset(Death) if needed else None
    return Proof(joins=_DEATHS if needed else f"LEFT {_DEATHS}", condition="true", event="p.event_id", kinds=kinds)
