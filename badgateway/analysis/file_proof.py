"""Holds one trial of written files to what the trials of their run say that it is to be like."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

from badgateway.emit.document import Trial
from badgateway.emit.subject import Subject
from badgateway.judge.prediction import LEAST_TRIALS, Comparison, TrialFigures, compared
from badgateway.model.manifest import Environment
from badgateway.model.summary import TrialSummary, Verdict
from badgateway.words.verdict_reasons import said

_COMPARED = "COMPARE"
_ONE_MORE = "one more trial of what the run had, right after it,"


class ProofKind(StrEnum):
    """What came of starting the files."""

    AS_MEASURED = "AS MEASURED"
    """Each figure is where the run's trials say that it is to be."""
    DIFFERENT = "DIFFERENT"
    """One is not, or the site did not come up."""
    NOT_TOLD = "NOT TOLD"
    """They were started and loaded, and there is nothing to hold that against."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileProof:
    """What came of starting written files, and loading them once."""

    kind: ProofKind
    comparisons: tuple[Comparison, ...]
    """Empty where nothing was measured."""
    reasons: tuple[str, ...]
    """Why it is not AS_MEASURED."""
    trials: int
    """How many of the run's it was held to."""


def proof_of(subject: Subject, summary: TrialSummary, machine: Environment) -> FileProof:
    """Return what a trial of a configuration's written files proves.

    Args:
        subject: What was written.
        summary: Of the trial.
        machine: Where it ran: on another one than the run's, no figure is to be the same.
    """
    before, figures = _alike(subject), _measured(summary)
    if figures is None:
        kind = ProofKind.NOT_TOLD if summary.verdict is Verdict.INVALID else ProofKind.DIFFERENT
        return FileProof(kind=kind, comparisons=(), reasons=said(summary.reasons), trials=len(before))
    comparisons = compared(before, figures)
    outside = tuple(f"{one.figure} is not where the run's trials put it" for one in comparisons if one.holds is False)
    doubts = tuple(_doubts(subject, len(before), machine))
    kind = ProofKind.NOT_TOLD if doubts else ProofKind.DIFFERENT if outside else ProofKind.AS_MEASURED
    return FileProof(kind=kind, comparisons=comparisons, reasons=(*doubts, *outside), trials=len(before))


def beside_control(proof: FileProof, subject: Subject, control: TrialSummary) -> FileProof:
    """Return a proof that is DIFFERENT beside one more trial of what the run had, started as the run did.

    What that one is outside of as well is the machine's doing, or the site's as it is by now, and not the files'.
    """
    found = _measured(control)
    if found is None:
        why = f"{_ONE_MORE} could not be measured, so nobody can tell whose doing that is"
        return replace(proof, kind=ProofKind.NOT_TOLD, reasons=(*proof.reasons, why))
    again = {one.figure: one for one in compared(_alike(subject), found)}
    outside = [one for one in proof.comparisons if one.holds is False]
    shared = [one for one in outside if again[one.figure].side == one.side]
    values = ", ".join(f"{one.figure} {_said(again[one.figure].value)}" for one in outside)
    if len(shared) < len(outside):
        return replace(proof, reasons=(*proof.reasons, f"{_ONE_MORE} is not so: {values}"))
    why = f"{_ONE_MORE} is so too ({values}): this machine, or the site, is not as it was in the run"
    return replace(proof, kind=ProofKind.NOT_TOLD, reasons=(*proof.reasons, why))


def _said(value: float | None) -> str:
    return "-" if value is None else f"{value:,.4g}"


def _alike(subject: Subject) -> tuple[TrialFigures, ...]:
    return tuple(_figures(one) for one in subject.top_trials if one.purpose == _COMPARED and not one.control)


def _measured(summary: TrialSummary) -> TrialFigures | None:
    found = summary.measurement
    if found is None:
        return None
    return TrialFigures(
        requests=found.requests,
        failures=found.failures.count,
        p95_ms=found.latency.p95_ms if found.latency else None,
        throughput_rps=found.throughput_rps,
    )


def _figures(trial: Trial) -> TrialFigures:
    return TrialFigures(
        requests=trial.requests or 0,
        failures=trial.failures.count if trial.failures else 0,
        p95_ms=trial.latency_ms.p95 if trial.latency_ms else None,
        throughput_rps=trial.throughput_rps or 0.0,
    )


def _doubts(subject: Subject, trials: int, machine: Environment) -> Iterator[str]:
    measured = subject.document.environment
    if trials < LEAST_TRIALS:
        yield f"the run has {trials} trials of it at this load, and the noise between them takes {LEAST_TRIALS}"
    if (measured.cpu, measured.cores) != (machine.cpu, machine.cores):
        yield (
            f"the run was measured on {measured.cores} cores of {measured.cpu}, and this machine has {machine.cores} "
            f"of {machine.cpu}"
        )
