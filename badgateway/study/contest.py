"""The contest of a study with its budget fitted, and the trials of it that ended."""

from collections.abc import Iterable
from pathlib import Path

from badgateway.judge.evidence import TrialEvidence
from badgateway.model.contest import Contest, Ended
from badgateway.model.experiment import Experiment
from badgateway.plan.contest import contest_of, ended_of
from badgateway.search import fit
from badgateway.study.endings import was_interrupted
from badgateway.study.facts import facts_of

Kept = tuple[Path, TrialEvidence]
"""A trial's folder, and what its raw files say."""


def fitted_contest(experiment: Experiment) -> Contest:
    """Return the contest that a study is, cut to its budget if it has one; the same experiment gives the same one.

    Raises:
        ConfigurationError: Not even its least fits into the budget.
        ValueError: The experiment is no study.
    """
    contest = contest_of(experiment)
    budget_s = experiment.study.budget_s if experiment.study else None
    return contest if budget_s is None else fit(contest, budget_s)


def ended_trials(contest: Contest, kept: Iterable[Kept]) -> tuple[Ended, ...]:
    """Return the trials that ended by themselves, each with the facts of its window.

    Args:
        contest: What was asked.
        kept: Folder and evidence of each trial, in the order of running.
    """
    return tuple(
        ended_of(entry.record, facts_of(entry, raw, contest.objective), contest.window_s)
        for raw, entry in kept
        if not was_interrupted(entry.record)
    )
