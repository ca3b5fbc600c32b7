"""The parts of which the chart's bars are stacked: the most frequent causes, all others, and what has no cause."""

from dataclasses import dataclass

from badgateway.report.explanation.document import Document

# In the order in which a colour is easiest to tell from those before it; the style sheet has their values.
COLOURS = (
    "bad-gateway",
    "gateway-timeout",
    "client-timeout",
    "truncated",
    "connect-error",
    "unavailable",
    "server-error",
)
_OTHERS = "client-closed"
_UNATTRIBUTED = "unmatched"


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One part of every bar."""

    label: str
    colour: str
    """Name of a colour of the style sheet, without --o-."""
    counts: tuple[int, ...]
    """Failures in each bucket."""


def colour(place: int) -> str:
    """Return the colour of the cause at a place, from 1."""
    return COLOURS[place - 1] if place <= len(COLOURS) else _OTHERS


def stacked(page: Document) -> tuple[Series, ...]:
    """Return the parts from the bottom up; empty when no failure has a time."""
    if page.timeline is None:
        return ()
    counts = page.timeline.causes
    own = [
        Series(label=cause.title, colour=colour(cause.place), counts=counts[cause.place - 1])
        for cause in page.causes[: len(COLOURS)]
    ]
    rest = [
        Series(label=label, colour=name, counts=tuple(map(sum, zip(*several, strict=True))))
        for label, name, several in (
            ("other causes", _OTHERS, counts[len(COLOURS) :]),
            ("no cause found", _UNATTRIBUTED, (page.timeline.unattributed,)),
        )
        if several
    ]
    return tuple(part for part in (*own, *rest) if any(part.counts))
