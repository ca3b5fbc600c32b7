"""Why requests failed: each cause with where it was found, its evidence and what to change, as text."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from badgateway import numbers
from badgateway.model.diagnosis import (
    APPLICATION_WITHOUT_PORT,
    NO_LOCAL_PORT,
    Cause,
    CauseCount,
    Certainty,
    Diagnosis,
    EvidenceLine,
)
from badgateway.model.printable import printable
from badgateway.model.run_summary import RunSummary
from badgateway.model.summary import TrialSummary
from badgateway.report import cause_parts, grid, wording
from badgateway.report.cause_parts import Family, Found
from badgateway.report.grid import LevelResult
from badgateway.report.html import link_to_file, render
from badgateway.report.markdown import blocks, bullets
from badgateway.report.section import Section
from badgateway.report.sections.causes.chart import draw_causes
from badgateway.servers.advice import Advice, Uses, advice_for, first_knob
from badgateway.servers.registry import uses
from badgateway.words import phrases

_LINES = 3
_LONGEST_LINE = 600
"""Characters; a line may hold any URL, and a report stays small."""
_OWNERS_OF_PORTS = {NO_LOCAL_PORT: ("nginx", "proxy"), APPLICATION_WITHOUT_PORT: ("the application", "target")}
"""Who had run out of local ports, and its key in [places], by cause."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A configuration at a load level at which a cause was found."""

    where: str
    """Such as 'uwsgi-2 at 300 users'."""
    statuses: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedLine:
    """A line that proves something, where it stands, and where that is found from the page."""

    file: str
    """From the folder of the run."""
    line_number: int
    text: str
    link: str
    """Empty where the file does not lie beside the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseCard:
    """One cause with one certainty, over all configurations and load levels."""

    id: str
    title: str
    command: str
    """What prints its page."""
    colour: str
    is_proven: bool
    certainty: str
    statuses: str
    places: tuple[Place, ...]
    """The most failures first."""
    explanation: str
    remedies: tuple[Advice, ...]
    """In order of effect; the settings are those of the servers at the places."""
    evidence: tuple[LinkedLine, ...]
    confused_with: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Causes:
    """All causes of a run's failures."""

    families: tuple[Family, ...]
    cards: tuple[CauseCard, ...]
    """The most failures first."""
    unattributed: str
    """One sentence; empty when every failure that was looked into has a cause."""
    unattributed_lines: tuple[LinkedLine, ...]
    undiagnosed: tuple[str, ...]
    """Where requests failed and it was not looked into why, each in words."""
    has_retried: bool
    """Whether some of the requests were answered in the end."""
    has_gaps: bool
    """Whether some configuration has a level without a measurement."""


class CausesSection(Section):
    """A chart of the causes, and a card for each; programs find them with the levels and trials."""

    def html(self, run: RunSummary, /) -> str:
        """Return the chart and the cards, or that there is nothing to explain: the first screen leads here.

        A ladder has the bars of the chart with its steps.
        """
        view = build(run)
        if view is None:
            return render("causes/none.html.j2", is_measured=bool(grid.measurements(run)))
        return render("causes/causes.html.j2", view=view, chart=None if run.ladder else draw_causes(run))

    def markdown(self, run: RunSummary, /) -> str:
        """Return a line for each configuration, load level and cause."""
        found = bullets(lines(run))
        return blocks("Why requests failed:", found) if found else ""


def build(run: RunSummary) -> Causes | None:
    """Put the causes of a run's failures into words; None when no request failed."""
    results = grid.results(run)
    diagnosed = [(result, result.diagnosis) for result in results if result.diagnosis and result.diagnosis.failures]
    undiagnosed = [result for result in results if result.is_undiagnosed]
    if not diagnosed and not undiagnosed:
        return None
    return Causes(
        families=cause_parts.legend(run),
        cards=tuple(_card(group, run) for group in cause_parts.grouped(run)),
        unattributed=_unattributed([diagnosis for _, diagnosis in diagnosed]),
        unattributed_lines=_first(
            (
                (trial, line)
                for result, _ in diagnosed
                for trial, diagnosis in _diagnosed_trials(result)
                for line in diagnosis.unattributed_lines
            ),
            run,
        ),
        undiagnosed=tuple(f"{where(result)}: {_failures(result)}" for result in undiagnosed),
        has_retried=any(_retried(result) for result, _ in diagnosed),
        has_gaps=any(result.gap for result in results),
    )


def where(result: LevelResult) -> str:
    """Return a configuration and load level in words."""
    return f"{result.configuration} at {phrases.load(result.load)}"


def _card(group: list[Found], run: RunSummary) -> CauseCard:
    first = group[0][1]
    cause = first.cause
    configurations = [run.experiment.configuration(result.configuration) for result, _ in group]
    return CauseCard(
        id=cause.id,
        title=cause.title,
        command=cause.command,
        colour=cause_parts.colour(cause.family),
        is_proven=first.certainty is Certainty.PROVEN,
        certainty=wording.CERTAINTIES[first.certainty],
        statuses=wording.statuses(_statuses(group)),
        places=tuple(Place(where=where(result), statuses=wording.statuses(found.statuses)) for result, found in group),
        explanation=" ".join((cause.explanation, *_of_places(cause, run))),
        remedies=advice_for(cause, uses(configurations)),
        evidence=_first(_lines(group), run),
        confused_with=cause.confused_with,
    )


def _of_places(cause: Cause, run: RunSummary) -> Iterator[str]:
    """Yield whose local ports had run out, where nginx or the application had a range of its own."""
    whose, place = _OWNERS_OF_PORTS.get(cause.id, ("", ""))
    if (limits := run.limits.get(place)) is not None:
        first, last = limits.ip_local_port_range
        ports = numbers.plural(last - first + 1, "port")
        yield f"Here {whose} had those of places.{place}: {ports}, {first} to {last}."


def _statuses(group: Iterable[Found]) -> list[tuple[int, int]]:
    totals: dict[int, int] = {}
    for _, found in group:
        for status, count in found.statuses:
            totals[status] = totals.get(status, 0) + count
    return sorted(totals.items(), key=lambda item: (-item[1], item[0]))


def _lines(group: Iterable[Found]) -> Iterator[tuple[TrialSummary, EvidenceLine]]:
    for result, wanted in group:
        for trial, diagnosis in _diagnosed_trials(result):
            for found in diagnosis.causes:
                if (found.cause.id, found.certainty) == (wanted.cause.id, wanted.certainty):
                    yield from ((trial, line) for line in found.evidence)


def _diagnosed_trials(result: LevelResult) -> Iterator[tuple[TrialSummary, Diagnosis]]:
    for trial in result.level.valid_trials if result.level else ():
        if trial.diagnosis:
            yield trial, trial.diagnosis


def _first(lines: Iterable[tuple[TrialSummary, EvidenceLine]], run: RunSummary) -> tuple[LinkedLine, ...]:
    return tuple(_shown(trial, line, run) for trial, line in islice(lines, _LINES))


def _shown(trial: TrialSummary, line: EvidenceLine, run: RunSummary) -> LinkedLine:
    text = printable(line.text)
    folder = f"trials/{trial.trial.id}"
    return LinkedLine(
        file=f"{folder}/{printable(line.file)}",
        line_number=line.line_number,
        text=text if len(text) <= _LONGEST_LINE else f"{text[:_LONGEST_LINE]} ...",
        link=link_to_file(f"{folder}/{line.file}", run.files),
    )


def _unattributed(diagnoses: Iterable[Diagnosis]) -> str:
    known = list(diagnoses)
    count, failures = sum(one.unattributed for one in known), sum(one.failures for one in known)
    if not count:
        return ""
    share = numbers.percent(count / failures)
    return f"{numbers.plural(count, 'failure')} ({share} of those looked into) without a cause: nothing was guessed."


def _failures(result: LevelResult) -> str:
    assert result.measurement is not None
    return numbers.plural(result.measurement.failures.count, "failure")


def _retried(result: LevelResult) -> bool:
    assert result.measurement is not None
    assert result.diagnosis is not None
    return result.diagnosis.failures > result.measurement.failures.count


def lines(run: RunSummary) -> tuple[str, ...]:
    """Return a line for each configuration, load level and cause, best configuration first; none without failures."""
    return tuple(line for result in grid.results(run) for line in _of_level(result, run))


def _of_level(result: LevelResult, run: RunSummary) -> Iterator[str]:
    if result.is_undiagnosed:
        yield f"{where(result)}: {_failures(result)}, not looked into"
    if result.diagnosis is None:
        return
    used = uses([run.experiment.configuration(result.configuration)])
    for found in result.diagnosis.causes:
        told = (_cause_line(found, used), *(sentence.rstrip(".") for sentence in _of_places(found.cause, run)))
        yield f"{where(result)}: {'. '.join(told)}"
    if result.diagnosis.unattributed:
        yield f"{where(result)}: {numbers.plural(result.diagnosis.unattributed, 'failure')} without a cause"


def _cause_line(found: CauseCount, used: Uses) -> str:
    knob = first_knob(found.cause, used)
    change = f"; change {knob}" if knob else ""
    doubt = "" if found.certainty is Certainty.PROVEN else ", but several causes fit"
    return f"{wording.statuses(found.statuses)} = {found.cause.title} ({found.cause.id}{doubt}){change}"
