"""What a rule is: the cause it finds, and the condition on the evidence under which it holds."""

from dataclasses import dataclass

from badgateway.causes.deaths import of_its_server, place_sql
from badgateway.model.diagnosis import Cause, Certainty
from badgateway.model.evidence import ServerEvent

NOBODY_LISTENED = "c.reason IN ('refused', 'refused or no route', 'none live')"
"""For `where`: what a proxy says that found no server at its address."""

_DEATHS = "JOIN case_deaths p USING (failure_id)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """A join that brings the marks which prove a cause to the cases `c`, in SQL."""

    joins: str
    condition: str
    mark: str
    """Expression for the id of the mark that proves; NULL when the case's own lines are all there is."""
    nearness: str = "0"
    """Expression; of several marks the one with the least is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Holds for the cases that `where` selects and `proof`, when there is one, joins to a mark."""

    cause: Cause
    where: str
    """SQL condition on the columns of the table cases, which is `c`."""
    proof: Proof | None = None
    certainty: Certainty = Certainty.PROVEN


def near(*kinds: ServerEvent) -> Proof:
    """Prove by a mark within a second of the failure's end, of the same path and process where both are known."""
    wanted = ", ".join(f"'{kind}'" for kind in kinds)
    return Proof(
        # Two joins on equal keys: one on a condition with OR would compare each failure of a second with each mark.
        joins=(
            f"LEFT JOIN nearby p ON p.second = c.second AND p.path = c.path AND p.kind IN ({wanted}) "
            f"LEFT JOIN nearby q ON q.second = c.second AND q.path = '' AND q.kind IN ({wanted}) "
            "AND (q.pid IS NULL OR c.app_pid IS NULL OR q.pid = c.app_pid)"
        ),
        condition="coalesce(p.mark_id, q.mark_id) IS NOT NULL",
        mark="coalesce(p.mark_id, q.mark_id)",
        nearness="coalesce(p.distance_s, q.distance_s)",
    )


def during(*kinds: str) -> Proof:
    """Prove by the last mark of these kinds between the request's start and its end, with a second of grace.

    A mark of a server that listens elsewhere proves nothing.
    """
    wanted = ", ".join(f"'{kind}'" for kind in kinds)
    return Proof(
        joins=f"ASOF JOIN (FROM timed_marks WHERE kind IN ({wanted})) p ON c.time_s + 1 >= p.low_s",
        condition=f"p.high_s >= c.start_s - 1 AND {of_its_server('p.instance', place_sql('c.upstream'))}",
        mark="p.mark_id",
    )


def inside(kind: str, *, share: float = 0.0) -> Proof:
    """Prove by a span of time that the request's end falls into, or that takes at least `share` of its duration.

    A span of a server that listens elsewhere proves nothing.
    """
    overlap = "least(c.time_s, w.end_s) - greatest(c.start_s, w.start_s)"
    long_enough = f" AND {overlap} >= {share} * (c.time_s - c.start_s)" if share else ""
    return Proof(
        joins=(
            f"ASOF JOIN (FROM spans WHERE kind = '{kind}') w ON c.time_s + 1 >= w.start_s "
            "JOIN marks n ON n.mark_id = w.mark_id"
        ),
        condition=f"w.end_s + 1 >= c.start_s{long_enough} AND {of_its_server('n.instance', place_sql('c.upstream'))}",
        mark="w.mark_id",
    )


def at_address(kind: str) -> Proof:
    """Prove by a span that the request's end falls into, of a server that listens where the request was sent."""
    return Proof(
        joins=(
            f"JOIN spans w ON w.kind = '{kind}' AND c.time_s + 1 >= w.start_s AND floor(c.time_s) <= w.end_s "
            "JOIN marks n ON n.mark_id = w.mark_id"
        ),
        condition=of_its_server("n.instance", place_sql("c.upstream")),
        mark="w.mark_id",
    )


def died_as(*kinds: str, sure: bool = False) -> Proof:
    """Prove by the death, of one of these kinds, of the worker that had the request.

    Args:
        kinds: Of the table case_deaths.
        sure: Only when the worker's pid is that of the request, or the server's line names the request.
    """
    wanted = ", ".join(f"'{kind}'" for kind in kinds)
    condition = f"p.kind IN ({wanted})" + (" AND p.sure" if sure else "")
    return Proof(joins=_DEATHS, condition=condition, mark="p.mark_id")


def any_death(*, needed: bool) -> Proof:
    """Show the death of the worker that may have had the request; with `needed`, hold only when there is one."""
    return Proof(joins=_DEATHS if needed else f"LEFT {_DEATHS}", condition="true", mark="p.mark_id")
