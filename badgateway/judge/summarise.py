"""Sums trials up: each on its own, all of a load level together, all levels of a configuration."""

import dataclasses
import math
from collections.abc import Mapping, Sequence

from badgateway.judge.measure import measure
from badgateway.judge.objective import SEVERITY, limits, over_levels, units_of
from badgateway.judge.pooling import pooled
from badgateway.judge.trial_evidence import TrialEvidence
from badgateway.judge.verdicts import (
    Judgement,
    judge,
    unanswered_arrivals,
    why_broken,
    why_invalid,
    why_saturated,
    why_unusable,
)
from badgateway.model.axis import USUAL, At
from badgateway.model.configuration import Configuration
from badgateway.model.design import Counts
from badgateway.model.experiment import Experiment, Objective
from badgateway.model.load_level import LoadLevel
from badgateway.model.outcome import CheckReason, SelfCheck
from badgateway.model.summary import ConfigurationSummary, LevelSummary, Measurement, TrialSummary, Verdict
from badgateway.model.verdict_reason import LoadReason, Reason, TrialsReason, Unit

_NOT_RUN = Judgement(verdict=Verdict.INCONCLUSIVE, reasons=())
"""Nothing is wrong with what was not measured."""


def summarise(experiment: Experiment, evidence: Sequence[TrialEvidence]) -> tuple[ConfigurationSummary, ...]:
    """Judge all trials of an experiment; configurations and levels are in the order of the experiment file."""
    return tuple(
        _summarise_configuration(configuration, experiment, evidence) for configuration in experiment.configurations
    )


def summarise_trial(evidence: TrialEvidence, objective: Objective) -> TrialSummary:
    """Judge one trial on its own, by its seconds."""
    reason = why_invalid(evidence)
    if reason is not None:
        return _trial_summary(evidence, Judgement(verdict=Verdict.INVALID, reasons=(reason,)), None)
    measured = None
    broken = why_broken(evidence)
    if broken is None:
        measured = _measure_together((evidence,), objective)
    if measured is None:
        reasons = (broken or CheckReason(check=SelfCheck.NO_REQUEST),)
        return _trial_summary(evidence, Judgement(verdict=Verdict.FAIL, reasons=reasons), None)
    reason = why_saturated(evidence.record, measured.failures.share) or why_unusable(measured)
    if reason is not None:
        return _trial_summary(evidence, Judgement(verdict=Verdict.INVALID, reasons=(reason,)), None)
    seconds = measured.seconds or (counts_of(evidence, measured),)
    unanswered = unanswered_arrivals(evidence.record)
    if unanswered:
        seconds = (*seconds, Counts(requests=unanswered, failures=unanswered, late=0))
    return _trial_summary(evidence, judge(seconds, measured, objective, of=Unit.SECOND), measured)


def counts_of(evidence: TrialEvidence, measured: Measurement) -> Counts:
    """Return what a trial counts as beside others: its requests, and the arrivals that found nobody to answer."""
    unanswered = unanswered_arrivals(evidence.record)
    late = measured.over_objective.count if measured.over_objective else 0
    return Counts(requests=measured.requests + unanswered, failures=measured.failures.count + unanswered, late=late)


def _measure_together(evidence: Sequence[TrialEvidence], objective: Objective) -> Measurement | None:
    relations = [entry.relation for entry in evidence if entry.relation is not None]
    window_s = sum(entry.record.window.length_s for entry in evidence if entry.record.window is not None)
    return measure(relations, window_s=window_s, p95_limit_ms=objective.p95_ms) if relations else None


def _trial_summary(evidence: TrialEvidence, judgement: Judgement, measurement: Measurement | None) -> TrialSummary:
    return TrialSummary(
        trial=evidence.record.trial,
        verdict=judgement.verdict,
        reasons=judgement.reasons,
        measurement=measurement,
        proxy_messages=evidence.proxy_messages,
        uses=evidence.uses,
        overhead_s=evidence.record.overhead_s,
        diagnosis=evidence.diagnosis,
        connections=evidence.connections,
        worker_gaps=evidence.worker_gaps,
        pressure=evidence.pressure,
        container=evidence.container,
        sending=evidence.record.sending,
        site=evidence.site,
    )


def _summarise_configuration(
    configuration: Configuration, experiment: Experiment, evidence: Sequence[TrialEvidence]
) -> ConfigurationSummary:
    own = [entry for entry in evidence if entry.record.trial.configuration == configuration.name]

    loads = (
        *((users, None) for users in experiment.load.users),
        *((0, rate_per_s) for rate_per_s in experiment.load.rates_per_s),
    )

    def levels_at(at: At) -> tuple[LevelSummary, ...]:
        there = [entry for entry in own if entry.record.trial.at == at]
        return tuple(
            summarise_level(
                configuration.name,
                users,
                tuple(entry for entry in there if entry.record.trial.load == LoadLevel.of(users, rate_per_s)),
                experiment.objective,
                at=at,
                rate_per_s=rate_per_s,
            )
            for users, rate_per_s in loads
        )

    first, *others = configuration.measured_at
    levels = levels_at(first)
    verdict, judged = _over_levels(levels, experiment.objective)
    return ConfigurationSummary(
        configuration=configuration,
        verdict=verdict,
        reasons=tuple(
            LoadReason(load=level.load, reason=reason)
            for level in sorted(levels, key=lambda level: -SEVERITY.index(judged[level.load.size]))
            if judged[level.load.size] is not Verdict.PASS
            for reason in level.reasons
        ),
        levels=levels,
        distant_levels=tuple(level for at in others for level in levels_at(at)),
    )


def _over_levels(levels: Sequence[LevelSummary], objective: Objective) -> tuple[Verdict, Mapping[float, Verdict]]:
    """Return the verdict of all levels together, and that of each when a higher one speaks for it."""
    judged = over_levels({level.load.size: level.counts for level in levels if level.trials}, objective)
    passed = max((size for size, one in judged.items() if one is Verdict.PASS), default=-math.inf)
    for level in levels:
        # A level that nothing was run at, such as one that a budget left out, speaks against nobody.
        judged.setdefault(level.load.size, Verdict.PASS if level.load.size < passed else Verdict.INCONCLUSIVE)
    found = max(judged.values(), key=SEVERITY.index)
    # A level that was not come to, because one below had failed, is no missing measurement.
    return (Verdict.FAIL if Verdict.FAIL in judged.values() else found), judged


def summarise_level(
    configuration: str,
    users: int,
    evidence: tuple[TrialEvidence, ...],
    objective: Objective,
    *,
    at: At = USUAL,
    rate_per_s: float | None = None,
    alone: bool = False,
) -> LevelSummary:
    """Judge the trials of one configuration at one load level together; one that stands alone by its seconds."""
    trials = tuple(summarise_trial(entry, objective) for entry in evidence)
    pairs = tuple(zip(evidence, trials, strict=True))
    valid = tuple(entry for entry, trial in pairs if trial.measurement is not None)
    broken = sum(trial.verdict is Verdict.FAIL and trial.measurement is None for trial in trials)
    counts = units_of([counts_of(entry, trial.measurement) for entry, trial in pairs if trial.measurement], broken)
    measurement = _measure_together(valid, objective)
    judgement = judge(counts, measurement, objective, of=Unit.TRIAL) if trials else _NOT_RUN
    if alone and len(valid) == 1 and not broken:
        judgement = next(_judgement(trial) for trial in trials if trial.measurement is not None)
    return LevelSummary(
        configuration=configuration,
        users=users,
        verdict=judgement.verdict,
        reasons=(*_about(trials, Verdict.FAIL), *judgement.reasons, *_about_invalid(trials)),
        measurement=measurement and _with_interval(measurement, counts, objective),
        trials=trials,
        diagnosis=pooled([entry.diagnosis for entry in valid]),
        at=at,
        rate_per_s=rate_per_s,
        counts=counts,
    )


def _judgement(trial: TrialSummary) -> Judgement:
    return Judgement(verdict=trial.verdict, reasons=trial.reasons)


def _with_interval(measurement: Measurement, counts: Sequence[Counts], objective: Objective) -> Measurement:
    """Show the interval that decides; one trial alone has only that of its own requests."""
    if len(counts) < 2:
        return measurement
    failures, _ = limits(counts, objective)
    found = failures.proportion
    own = measurement.failures
    interval = dataclasses.replace(own, low=min(found.low, own.share), high=max(found.high, own.share))
    return dataclasses.replace(measurement, failures=interval)


def _about_invalid(trials: tuple[TrialSummary, ...]) -> tuple[Reason, ...]:
    return _about(trials, Verdict.INVALID) if trials else (CheckReason(check=SelfCheck.NO_TRIAL),)


def _about(trials: tuple[TrialSummary, ...], verdict: Verdict) -> tuple[Reason, ...]:
    """Return which trials have no measurement of their own, INVALID or not got through, and why."""
    found = [trial for trial in trials if trial.verdict is verdict and trial.measurement is None]
    return tuple(
        TrialsReason(count=len(found), of=len(trials), is_counted=verdict is not Verdict.INVALID, reason=reason)
        for reason in dict.fromkeys(reason for trial in found for reason in trial.reasons)
    )
