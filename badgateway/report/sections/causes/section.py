"""Why requests failed: each cause with where it was found, its evidence and what to change, as text."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from badgateway import numbers
from badgateway.model.diagnosis import CauseCount, Certainty, Diagnosis, EvidenceLine
from badgateway.model.printable import printable
from badgateway.model.study_summary import StudySummary
from badgateway.model.summary import TrialSummary
from badgateway.report import cause_parts, grid, wording
from badgateway.report.cause_parts import Family, Found
from badgateway.report.grid import Cell
from badgateway.report.html import render
from badgateway.report.markdown import blocks, bullets
from badgateway.report.section import Section
from badgateway.report.sections.causes.chart import draw_causes
from badgateway.servers.advice import Advice, Uses, advice_for, first_knob
from badgateway.servers.registry import uses
from badgateway.words import phrases

_LINES = 3
_LONGEST_LINE = 600
"""Characters; a line may hold any URL, and a report stays small."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A configuration at a load level at which a cause was found."""

    where: str
    """Such as 'uwsgi-2 at 300 users'."""
    statuses: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseCard:
    """One cause with one certainty, over all configurations and load levels."""

    id: str
    title: str
    page: str
    colour: str
    is_proven: bool
    certainty: str
    statuses: str
    places: tuple[Place, ...]
    """The most failures first."""
    explanation: str
    remedies: tuple[Advice, ...]
    """In order of effect; the settings are those of the servers at the places."""
    evidence: tuple[EvidenceLine, ...]
    """The files are named from the folder of the run."""
    confused_with: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Causes:
    """All causes of a study's failures."""

    families: tuple[Family, ...]
    cards: tuple[CauseCard, ...]
    """The most failures first."""
    unattributed: str
    """One sentence; empty when every failure that was looked into has a cause."""
    unattributed_lines: tuple[EvidenceLine, ...]
    undiagnosed: tuple[str, ...]
    """Where requests failed and it was not looked into why, each in words."""
    has_retried: bool
    """Whether some of the requests were answered in the end."""
    has_gaps: bool
    """Whether some configuration has a level without a measurement."""


class CausesSection(Section):
    """A chart of the causes, and a card for each; programs find them with the levels and trials."""

    def html(self, study: StudySummary, /) -> str:
        """Return the chart and the cards."""
        view = build(study)
        return render("causes/causes.html.j2", view=view, chart=draw_causes(study)) if view else ""

    def markdown(self, study: StudySummary, /) -> str:
        """Return a line for each configuration, load level and cause."""
        found = bullets(lines(study))
        return blocks("Why requests failed:", found) if found else ""


def build(study: StudySummary) -> Causes | None:
    """Put the causes of a study's failures into words; None when no request failed."""
    cells = grid.cells(study)
    diagnosed = [(cell, cell.diagnosis) for cell in cells if cell.diagnosis and cell.diagnosis.failures]
    undiagnosed = [cell for cell in cells if cell.is_undiagnosed]
    if not diagnosed and not undiagnosed:
        return None
    return Causes(
        families=cause_parts.legend(study),
        cards=tuple(_card(group, study) for group in cause_parts.grouped(study)),
        unattributed=_unattributed([diagnosis for _, diagnosis in diagnosed]),
        unattributed_lines=_first(
            (trial, line)
            for cell, _ in diagnosed
            for trial, diagnosis in _diagnosed_trials(cell)
            for line in diagnosis.unattributed_lines
        ),
        undiagnosed=tuple(f"{where(cell)}: {_failures(cell)}" for cell in undiagnosed),
        has_retried=any(_retried(cell) for cell, _ in diagnosed),
        has_gaps=any(cell.gap for cell in cells),
    )


def where(cell: Cell) -> str:
    """Return a configuration and load level in words."""
    return f"{cell.configuration} at {phrases.load(cell.load)}"


def _card(group: list[Found], study: StudySummary) -> CauseCard:
    first = group[0][1]
    cause = first.cause
    configurations = [study.experiment.configuration(cell.configuration) for cell, _ in group]
    return CauseCard(
        id=cause.id,
        title=cause.title,
        page=cause.page,
        colour=cause_parts.colour(cause.family),
        is_proven=first.certainty is Certainty.PROVEN,
        certainty=wording.CERTAINTIES[first.certainty],
        statuses=wording.statuses(_statuses(group)),
        places=tuple(Place(where=where(cell), statuses=wording.statuses(found.statuses)) for cell, found in group),
        explanation=cause.explanation,
        remedies=advice_for(cause, uses(configurations)),
        evidence=_first(_lines(group)),
        confused_with=cause.confused_with,
    )


def _statuses(group: Iterable[Found]) -> list[tuple[int, int]]:
    totals: dict[int, int] = {}
    for _, found in group:
        for status, count in found.statuses:
            totals[status] = totals.get(status, 0) + count
    return sorted(totals.items(), key=lambda item: (-item[1], item[0]))


def _lines(group: Iterable[Found]) -> Iterator[tuple[TrialSummary, EvidenceLine]]:
    for cell, wanted in group:
        for trial, diagnosis in _diagnosed_trials(cell):
            for found in diagnosis.causes:
                if (found.cause.id, found.certainty) == (wanted.cause.id, wanted.certainty):
                    yield from ((trial, line) for line in found.evidence)


def _diagnosed_trials(cell: Cell) -> Iterator[tuple[TrialSummary, Diagnosis]]:
    for trial in cell.level.valid_trials if cell.level else ():
        if trial.diagnosis:
            yield trial, trial.diagnosis


def _first(lines: Iterable[tuple[TrialSummary, EvidenceLine]]) -> tuple[EvidenceLine, ...]:
    return tuple(_shown(trial, line) for (trial, line), _ in zip(lines, range(_LINES), strict=False))


def _shown(trial: TrialSummary, line: EvidenceLine) -> EvidenceLine:
    text = printable(line.text)
    cut = text if len(text) <= _LONGEST_LINE else f"{text[:_LONGEST_LINE]} ..."
    return EvidenceLine(file=f"trials/{trial.trial.id}/{printable(line.file)}", line_number=line.line_number, text=cut)


def _unattributed(diagnoses: Iterable[Diagnosis]) -> str:
    known = list(diagnoses)
    count, failures = sum(one.unattributed for one in known), sum(one.failures for one in known)
    if not count:
        return ""
    share = numbers.percent(count / failures)
    return f"{numbers.plural(count, 'failure')} ({share} of those looked into) without a cause: nothing was guessed."


def _failures(cell: Cell) -> str:
    assert cell.measurement is not None
    return numbers.plural(cell.measurement.failures.count, "failure")


def _retried(cell: Cell) -> bool:
    assert cell.measurement is not None
    assert cell.diagnosis is not None
    return cell.diagnosis.failures > cell.measurement.failures.count


def lines(study: StudySummary) -> tuple[str, ...]:
    """Return a line for each configuration, load level and cause, best configuration first; none without failures."""
    return tuple(line for cell in grid.cells(study) for line in _of_level(cell, study))


def _of_level(cell: Cell, study: StudySummary) -> Iterator[str]:
    if cell.is_undiagnosed:
        yield f"{where(cell)}: {_failures(cell)}, not looked into"
    if cell.diagnosis is None:
        return
    used = uses([study.experiment.configuration(cell.configuration)])
    for found in cell.diagnosis.causes:
        yield f"{where(cell)}: {_cause_line(found, used)}"
    if cell.diagnosis.unattributed:
        yield f"{where(cell)}: {numbers.plural(cell.diagnosis.unattributed, 'failure')} without a cause"


def _cause_line(found: CauseCount, used: Uses) -> str:
    knob = first_knob(found.cause, used)
    change = f"; change {knob}" if knob else ""
    doubt = "" if found.certainty is Certainty.PROVEN else ", but several causes fit"
    return f"{wording.statuses(found.statuses)} = {found.cause.title} ({found.cause.id}{doubt}){change}"
