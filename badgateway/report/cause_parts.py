"""The failures of a configuration at a load level in parts, one for each cause; their colours and legend."""

from collections.abc import Iterator
from dataclasses import dataclass

from badgateway.model.diagnosis import CauseCount, Certainty
from badgateway.model.study_summary import StudySummary
from badgateway.report import grid, wording
from badgateway.report.grid import Cell

_UNATTRIBUTED = "var(--line)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One part of a bar, before it has a place; the whole bar is all requests."""

    share: float
    colour: str
    certainty: Certainty | None
    """None for failures without a cause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """An entry of the chart's legend."""

    label: str
    colour: str
    is_proven: bool


def colour(family: str) -> str:
    """Return the colour of a family of causes, for CSS; one that the style sheet does not know is grey."""
    return f"var(--f-{wording.family_slug(family)}, var(--muted))"


def parts(cell: Cell) -> Iterator[Part]:
    """Return the parts of a cell's bar, the most frequent cause first."""
    found = cell.diagnosis
    if found is None:
        return
    for cause in found.causes:
        share = cause.count / found.requests
        yield Part(share=share, colour=colour(cause.cause.family), certainty=cause.certainty)
    if found.unattributed:
        yield Part(share=found.unattributed / found.requests, colour=_UNATTRIBUTED, certainty=None)


def legend(study: StudySummary) -> tuple[Family, ...]:
    """Return the families of the causes that a study found, those with the most failures first."""
    return tuple(
        dict.fromkeys(
            Family(
                label=group[0][1].cause.family,
                colour=colour(group[0][1].cause.family),
                is_proven=group[0][1].certainty is Certainty.PROVEN,
            )
            for group in grouped(study)
        )
    )


def has_unattributed(study: StudySummary) -> bool:
    """Tell whether some failure that was looked into has no cause."""
    return any(cell.diagnosis.unattributed for cell in grid.cells(study) if cell.diagnosis)


Found = tuple[Cell, CauseCount]
"""A cause, and where it was found."""


def grouped(study: StudySummary) -> list[list[Found]]:
    """Return where each cause was found, with one certainty; the most failures first, in both."""
    groups: dict[tuple[str, Certainty], list[Found]] = {}
    for cell in grid.cells(study):
        for cause in cell.diagnosis.causes if cell.diagnosis else ():
            groups.setdefault((cause.cause.id, cause.certainty), []).append((cell, cause))
    ordered = sorted(groups.items(), key=lambda group: (-_total(group[1]), group[0]))
    return [sorted(group, key=lambda one: -one[1].count) for _, group in ordered]


def _total(group: list[Found]) -> int:
    return sum(cause.count for _, cause in group)
