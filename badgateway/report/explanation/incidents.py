"""Incidents in words: when, how many of which status, and by which cause."""

from collections.abc import Sequence
from dataclasses import dataclass

from badgateway import numbers
from badgateway.model.diagnosis import Certainty
from badgateway.model.explanation import Incident, Spread
from badgateway.model.printable import printable
from badgateway.report import wording
from badgateway.report.explanation import moments

_STATUSES_SHOWN = 2
_SECONDS_WITHIN_S = 600
"""In logs of less time the minute does not tell what came first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentView:
    """One incident."""

    when: str
    """'10:08 to 10:10', 'all along'."""
    count: int
    statuses: str
    """'250 x 502'."""
    what: str
    """The cause's title, and the path where there is one."""
    is_sure: bool
    """Whether the cause is proven."""


def build(incidents: Sequence[Incident], utc_offset_s: float) -> tuple[IncidentView, ...]:
    """Put incidents into words, what went on all along last; dates are told where there are several."""
    seconds = [second for each in incidents for second in (each.start_s, each.end_s)]
    days = {moments.local(second, utc_offset_s).date() for second in seconds}
    clock = "%H:%M:%S" if seconds and max(seconds) - min(seconds) <= _SECONDS_WITHIN_S else "%H:%M"
    ordered = sorted(incidents, key=lambda incident: incident.spread is Spread.ALL_ALONG)
    return tuple(
        IncidentView(
            when=when(incident, utc_offset_s, with_date=len(days) > 1, clock=clock),
            count=incident.count,
            statuses=statuses(incident),
            what=what(incident),
            is_sure=incident.certainty is Certainty.PROVEN,
        )
        for incident in ordered
    )


def when(incident: Incident, utc_offset_s: float, *, with_date: bool, clock: str) -> str:
    """Return when it was: '10:08', '10:08 to 10:10', '21 Nov 23:50 to 22 Nov 00:10', 'all along'."""
    if incident.spread is Spread.ALL_ALONG:
        return "all along"
    start, end = (moments.local(second, utc_offset_s) for second in (incident.start_s, incident.end_s))
    begins = f"{start:%d %b }{start:{clock}}" if with_date else f"{start:{clock}}"
    ends = f"{end:%d %b }{end:{clock}}" if start.date() != end.date() else f"{end:{clock}}"
    now_and_then = ", at times" if incident.spread is Spread.NOW_AND_THEN else ""
    return (begins if f"{start:{clock}}" == ends else f"{begins} to {ends}") + now_and_then


def statuses(incident: Incident) -> str:
    """Return the most frequent statuses and the number of the others: '250 x 502, 3 x 504, 2 others'."""
    shown = wording.statuses(incident.statuses[:_STATUSES_SHOWN])
    others = sum(count for _, count in incident.statuses[_STATUSES_SHOWN:])
    return f"{shown}, {numbers.plural(others, 'other')}" if others else shown


def what(incident: Incident) -> str:
    """Return the cause's title, with the path on which nearly all of its failures are."""
    title = incident.cause.title if incident.cause else "no cause was found"
    return f"{title}, on {printable(incident.path)}" if incident.path else title
