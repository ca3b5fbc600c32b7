"""The trials that could not be trusted: how many, why, and how often they were repeated."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from badgateway import numbers
from badgateway.model.axis import At
from badgateway.model.design import Purpose
from badgateway.model.run_summary import RunSummary
from badgateway.model.summary import TrialSummary, Verdict
from badgateway.model.trial import Trial
from badgateway.report import grid, wording
from badgateway.words.verdict_reasons import said

_NUMBER = re.compile(r"\d[\d.,]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidRow:
    """One reason."""

    reason: str
    """As the first of these trials has it; the others may differ in their numbers."""
    count: int
    configurations: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvalidTrials:
    """All INVALID trials of a run."""

    invalid: int
    total: int
    repeats: int
    """Trials that were run because one before them was INVALID."""
    given_up: int
    """Places in the plan that no valid trial filled."""
    sentence: str
    rows: tuple[InvalidRow, ...]
    """The most frequent first."""


def build(run: RunSummary) -> InvalidTrials:
    """Count the INVALID trials of a run."""
    trials = grid.every_trial(run)
    bad = [trial for trial in trials if trial.verdict is Verdict.INVALID]
    repeats = sum(trial.trial.attempt > 1 for trial in trials)
    filled = {_place(trial.trial) for trial in trials if trial.verdict is not Verdict.INVALID}
    given_up = len({_place(trial.trial) for trial in bad} - filled)
    return InvalidTrials(
        invalid=len(bad),
        total=len(trials),
        repeats=repeats,
        given_up=given_up,
        sentence=_sentence(len(bad), len(trials), repeats, given_up),
        rows=_rows(bad),
    )


def _place(trial: Trial) -> tuple[str, int, float | None, bool, At]:
    """Return what a repeated trial has in common with the one before it; a search's load follows from its number."""
    load = trial.load.size if trial.purpose is Purpose.COMPARE else None
    return trial.configuration, trial.block, load, trial.control, trial.at


def _sentence(invalid: int, total: int, repeats: int, given_up: int) -> str:
    if not invalid:
        return f"None of {numbers.plural(total, 'trial')} was INVALID."
    were, are, them = ("was", "is", "it") if invalid == 1 else ("were", "are", "them")
    counted = f"{invalid} of {numbers.plural(total, 'trial')} {were} INVALID and {are} in no statistic"
    again = f"{numbers.plural(repeats, 'trial')} {'was' if repeats == 1 else 'were'} run to repeat {them}"
    left = f"; for {numbers.plural(given_up, 'place')} in the plan no valid trial came of it" if given_up else ""
    return f"{counted}; {again if repeats else 'none was repeated'}{left}."


def _rows(bad: Iterable[TrialSummary]) -> tuple[InvalidRow, ...]:
    groups: dict[str, list[tuple[str, str]]] = {}
    for trial in bad:
        for reason in said(trial.reasons):
            groups.setdefault(_NUMBER.sub("#", reason), []).append((reason, trial.trial.configuration))
    ordered = sorted(groups.values(), key=lambda found: -len(found))
    return tuple(
        InvalidRow(reason=found[0][0], count=len(found), configurations=_names(name for _, name in found))
        for found in ordered
    )


def _names(names: Iterable[str]) -> str:
    return ", ".join(f"{name}{wording.TIMES}{count}" if count > 1 else name for name, count in Counter(names).items())
