"""The failures of a configuration at a load level in parts, one for each cause; their colours and legend."""

from collections.abc import Iterator
from dataclasses import dataclass

from badgateway.model.diagnosis import CauseCount, Certainty
from badgateway.model.run_summary import RunSummary
from badgateway.report import grid, wording
from badgateway.report.grid import LevelResult

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


def parts(result: LevelResult) -> Iterator[Part]:
    """Return the parts of a result's bar, the most frequent cause first."""
    found = result.diagnosis
    if found is None:
        return
    for cause in found.causes:
        share = cause.count / found.requests
        yield Part(share=share, colour=colour(cause.cause.family), certainty=cause.certainty)
    if found.unattributed:
        yield Part(share=found.unattributed / found.requests, colour=_UNATTRIBUTED, certainty=None)


def legend(run: RunSummary) -> tuple[Family, ...]:
    """Return the families of the causes that a run found, those with the most failures first."""
    return tuple(
        dict.fromkeys(
            Family(
                label=group[0][1].cause.family,
                colour=colour(group[0][1].cause.family),
                is_proven=group[0][1].certainty is Certainty.PROVEN,
            )
            for group in grouped(run)
        )
    )


def has_unattributed(run: RunSummary) -> bool:
    """Tell whether some failure that was looked into has no cause."""
    return any(result.diagnosis.unattributed for result in grid.results(run) if result.diagnosis)


Found = tuple[LevelResult, CauseCount]
"""A cause, and where it was found."""


def grouped(run: RunSummary) -> list[list[Found]]:
    """Return where each cause was found, with one certainty; the most failures first, in both."""
    groups: dict[tuple[str, Certainty], list[Found]] = {}
    for result in grid.results(run):
        for cause in result.diagnosis.causes if result.diagnosis else ():
            groups.setdefault((cause.cause.id, cause.certainty), []).append((result, cause))
    ordered = sorted(groups.items(), key=lambda group: (-_total(group[1]), group[0]))
    return [sorted(group, key=lambda one: -one[1].count) for _, group in ordered]


def _total(group: list[Found]) -> int:
    return sum(cause.count for _, cause in group)
