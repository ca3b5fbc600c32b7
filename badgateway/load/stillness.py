"""Tells from a trial's files whether its load generator stood still: by its heartbeat, and by rows past their limit."""

from collections.abc import Sequence
from pathlib import Path

import duckdb

from badgateway.errors import LoadError
from badgateway.load.events import ClientEvents, read_events
from badgateway.load.heartbeat import LATE_S, Gap, read_gaps
from badgateway.model.in_memory import small_database
from badgateway.model.raw import CLIENT_COLUMNS, CLIENT_EVENTS, CLIENT_ROWS
from badgateway.model.trial import Disturbance, OutsidePart

MAX_OVERRUN_S = 0.25
"""A request may outlast its limit by this: its end is one step of an event loop that may be busy."""


def generator_disturbances(raw: Path, client_timeout_s: float) -> tuple[Disturbance, ...]:
    """Return when the load generator stood still between the start of its load and the last answer.

    A generator that worked on what it was answered, or that waited for a CPU that the servers used, did not stand
    still. What was never written, because the load never began, tells nothing.

    Args:
        raw: The trial's folder.
        client_timeout_s: Limit of one request, from connecting to its last byte.
    """
    try:
        events, gaps = read_events(raw / CLIENT_EVENTS), read_gaps(raw)
    except LoadError:
        # The load says itself what is wrong with it.
        return ()
    during = _during_the_load(events, gaps)
    return (*_stops(during), *_overruns(raw / CLIENT_ROWS, client_timeout_s, during))


def _during_the_load(events: ClientEvents, gaps: Sequence[Gap]) -> tuple[Gap, ...]:
    start_s, drained_s = events.test_start_s or 0.0, events.drained_s or float("inf")
    return tuple(gap for gap in gaps if gap.ended_s > start_s and gap.begun_s < drained_s)


def _stops(gaps: Sequence[Gap]) -> tuple[Disturbance, ...]:
    return tuple(
        Disturbance(
            part=OutsidePart.GENERATOR,
            what=f"the load generator stood still for {gap.still_s:.2f} s",
            at_s=gap.begun_s,
            lasted_s=gap.still_s,
        )
        for gap in gaps
        if gap.still_s is not None and gap.still_s > LATE_S
    )


def _overruns(rows: Path, limit_s: float, gaps: Sequence[Gap]) -> tuple[Disturbance, ...]:
    """Return at most one disturbance, for all requests that outlasted their limit when the loop is not known to."""
    past = _past_the_limit(rows, limit_s)
    late = [(start_s, end_s) for start_s, end_s in past if not _explained(start_s, end_s, limit_s, gaps)]
    if not late:
        return ()
    longest_s = max(end_s - start_s for start_s, end_s in late)
    return (
        Disturbance(
            part=OutsidePart.GENERATOR,
            what=(
                f"the load generator was late: {len(late):,} requests lasted up to {longest_s:.2f} s, though it ends "
                f"each after {limit_s:g} s"
            ),
            at_s=min(start_s for start_s, _ in late) + limit_s,
            lasted_s=longest_s - limit_s,
        ),
    )


def _past_the_limit(rows: Path, limit_s: float) -> list[tuple[float, float]]:
    columns = dict.fromkeys(CLIENT_COLUMNS, "VARCHAR")
    with small_database() as connection:
        try:
            table = connection.read_csv(str(rows), columns=columns, header=True, auto_detect=False, delimiter=",")
            times = table.project("TRY_CAST(start_s AS DOUBLE) AS start_s, TRY_CAST(end_s AS DOUBLE) AS end_s")
            return times.filter(f"end_s - start_s > {limit_s + MAX_OVERRUN_S!r}").order("start_s").fetchall()
        except duckdb.Error:
            # Rows that cannot be read make the trial INVALID by themselves.
            return []


def _explained(start_s: float, end_s: float, limit_s: float, gaps: Sequence[Gap]) -> bool:
    """Tell whether gaps that have rows of their own are as long as the request was late."""
    inside_s = sum(max(0.0, min(end_s, gap.ended_s) - max(start_s, gap.begun_s)) for gap in gaps)
    return inside_s >= end_s - start_s - limit_s - MAX_OVERRUN_S
