"""The parts of which the chart's bars are stacked: the families of the causes, and what has no cause."""

from dataclasses import dataclass
from itertools import groupby

from badgateway.report import cause_parts
from badgateway.report.explanation.document import CauseView, Document

_UNATTRIBUTED = "var(--ok)"
_MOST_TITLES = 2
"""In a legend; more causes of a family are told by its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One part of every bar."""

    label: str
    colour: str
    """Of CSS; that of the family everywhere."""
    counts: tuple[int, ...]
    """Failures in each bucket."""


def stacked(page: Document) -> tuple[Series, ...]:
    """Return the parts from the bottom up, the family with the most frequent cause first; empty without any time."""
    if page.timeline is None:
        return ()
    counts = page.timeline.causes
    first_places = {cause.family: cause.place for cause in reversed(page.causes)}
    ordered = sorted(page.causes, key=lambda cause: (first_places[cause.family], cause.place))
    parts = [
        _series(family, [cause for cause in members if any(counts[cause.place - 1])], counts)
        for family, members in groupby(ordered, key=lambda cause: cause.family)
    ]
    parts.append(Series(label="no cause found", colour=_UNATTRIBUTED, counts=page.timeline.unattributed))
    return tuple(part for part in parts if any(part.counts))


def _series(family: str, members: list[CauseView], counts: tuple[tuple[int, ...], ...]) -> Series:
    titles = [cause.title for cause in members]
    return Series(
        label="; ".join(titles) if len(titles) <= _MOST_TITLES else family,
        colour=cause_parts.colour(family),
        counts=tuple(map(sum, zip(*(counts[cause.place - 1] for cause in members), strict=True))),
    )
