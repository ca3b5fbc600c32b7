"""A gate in words: each case with what is worse, why by which lines, what to change, and what could not be told."""

from collections.abc import Iterator
from dataclasses import dataclass

from badgateway.model.diagnosis import RETRIED, CauseCount
from badgateway.model.gate import Gate, GateCase, GateFinding, GateVerdict, Matter
from badgateway.model.printable import shortened
from badgateway.model.run_summary import RunSummary
from badgateway.model.summary import LevelSummary
from badgateway.servers.advice import first_knob
from badgateway.servers.registry import uses
from badgateway.words import gate as words
from badgateway.words.verdict_reasons import said

_MOST_CAUSES = 3
_LINES = 2
_LONGEST_LINE = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldCause:
    """A cause of failures."""

    id: str
    title: str
    page: str
    count: int
    certainty: str
    evidence: tuple[str, ...]
    change: str
    """What to turn first; empty when nothing is a setting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldCase:
    """A configuration at one load."""

    name: str
    configuration: str
    verdict: GateVerdict
    broken: tuple[str, ...]
    kept: tuple[str, ...]
    doubts: tuple[str, ...]
    reasons: tuple[str, ...]
    """The judge's own, where the objective is not kept."""
    causes: tuple[ToldCause, ...]
    changes: tuple[str, ...]
    is_paired: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldGate:
    """All that is said."""

    headline: str
    verdict: GateVerdict
    experiment: str
    baseline: str
    took_s: float
    started: str
    file: str
    """The experiment's, from the project's folder on."""
    server_files: tuple[str, ...]
    """Of the gated configurations, in their order."""
    cases: tuple[ToldCase, ...]
    gate: Gate


def told(found: Gate, run: RunSummary, file: str) -> ToldGate:
    """Put a gate into words.

    Args:
        found: What it found.
        run: In which it was found.
        file: The experiment's, from the project's folder on.
    """
    cases = tuple(_case(one, run) for one in found.cases)
    trials = [trial for one in run.configurations for level in one.levels for trial in level.trials]
    return ToldGate(
        headline=_headline(found, cases),
        verdict=found.verdict,
        experiment=found.experiment,
        baseline=found.baseline,
        took_s=sum(trial.overhead_s + run.experiment.load.window_s for trial in trials),
        started=run.started,
        file=file,
        server_files=tuple(str(run.experiment.configuration(one.configuration).server) for one in found.cases),
        cases=cases,
        gate=found,
    )


def _headline(found: Gate, cases: tuple[ToldCase, ...]) -> str:
    """Return the answer with the cause and what to change, in a line."""
    first = next((one for one in cases if one.verdict is found.verdict), None)
    if first is None or found.verdict is GateVerdict.KEPT:
        return words.headline(found)
    said = [*first.broken, *first.doubts][0]
    if not first.causes:
        return f"{words.headline(found)}: {said}{f' ({first.changes[0]})' if first.changes else ''}"
    cause = first.causes[0]
    return f"{words.headline(found)}: {cause.title}{f'; change {cause.change}' if cause.change else ''}"


def _case(case: GateCase, run: RunSummary) -> ToldCase:
    level = _level(case, run)
    diagnosed = [
        one for one in (level.diagnosis.causes if level and level.diagnosis else ()) if one.cause.id != RETRIED
    ]
    titles = {one.cause.id: one.cause.title for one in diagnosed}

    def said_of(verdict: GateVerdict) -> tuple[str, ...]:
        return tuple(words.finding(one, titles) for one in case.findings if one.verdict is verdict)

    is_kept = case.findings[0].verdict is GateVerdict.KEPT if case.findings else False
    return ToldCase(
        name=words.name(case),
        configuration=case.configuration,
        verdict=case.verdict,
        broken=said_of(GateVerdict.BROKEN),
        kept=said_of(GateVerdict.KEPT),
        doubts=tuple(words.doubts(case)),
        reasons=() if is_kept or level is None else said(level.reasons),
        causes=tuple(_causes(case, diagnosed, run)) if case.verdict is GateVerdict.BROKEN else (),
        changes=case.changes,
        is_paired=case.is_paired,
    )


def _level(case: GateCase, run: RunSummary) -> LevelSummary | None:
    levels = (level for one in run.configurations for level in one.levels)
    return next((one for one in levels if (one.configuration, one.load) == (case.configuration, case.load)), None)


def _causes(case: GateCase, diagnosed: list[CauseCount], run: RunSummary) -> Iterator[ToldCause]:
    """Yield the causes that are new or more frequent; where none is, those of most failures."""
    named = {one.cause for one in case.broken if one.matter is Matter.CAUSE}
    is_of_failures = any(one.matter in {Matter.OBJECTIVE, Matter.FAILURES} for one in case.broken)
    shown = [one for one in diagnosed if one.cause.id in named] or (diagnosed if is_of_failures else [])
    used = uses([run.experiment.configuration(case.configuration)])
    for one in shown[:_MOST_CAUSES]:
        yield ToldCause(
            id=one.cause.id,
            title=one.cause.title,
            page=one.cause.page,
            count=one.count,
            certainty=one.certainty.value,
            evidence=tuple(
                f"{line.file}:{line.line_number}  {shortened(line.text, _LONGEST_LINE)}"
                for line in one.evidence[:_LINES]
            ),
            change=first_knob(one.cause, used),
        )


def paragraphs(case: ToldCase) -> Iterator[str]:
    """Yield what is said of a case, a line each, what is worse first."""
    yield from case.broken
    yield from (f"  {reason}" for reason in case.reasons)
    for cause in case.causes:
        yield f"why: {cause.title} ({cause.id}, {cause.certainty}): {cause.count:,} requests"
        yield from (f"  {line}" for line in cause.evidence)
        if cause.change:
            yield f"change: {cause.change}"
        yield f"more: badgateway cause {cause.id}"
    if case.changes:
        yield f"not as in the baseline: {'; '.join(case.changes)}"
    yield from case.doubts
    yield from case.kept


def findings(told_gate: ToldGate) -> Iterator[tuple[GateCase, GateFinding]]:
    """Yield each thing that was looked at, with its case."""
    for case in told_gate.gate.cases:
        yield from ((case, one) for one in case.findings)
