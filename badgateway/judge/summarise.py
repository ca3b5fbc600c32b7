"""Sums trials up: each on its own, all of a load level together, all levels of a configuration."""

from collections.abc import Sequence

from badgateway.judge.evidence import TrialEvidence
from badgateway.judge.measure import measure
from badgateway.judge.pooling import pooled
from badgateway.judge.verdicts import SEVERITY, Judgement, judge, why_invalid, why_unusable
from badgateway.judge.wording import counted, load
from badgateway.model.configuration import Configuration
from badgateway.model.experiment import Experiment, Objective
from badgateway.model.summary import ConfigurationSummary, LevelSummary, Measurement, TrialSummary, Verdict


def summarise(experiment: Experiment, evidence: Sequence[TrialEvidence]) -> tuple[ConfigurationSummary, ...]:
    """Judge all trials of an experiment; configurations and levels are in the order of the experiment file."""
    return tuple(
        _summarise_configuration(configuration, experiment, evidence) for configuration in experiment.configurations
    )


def summarise_trial(evidence: TrialEvidence, objective: Objective) -> TrialSummary:
    """Judge one trial on its own."""
    measured = _measured_or_why_not(evidence, objective)
    if isinstance(measured, str):
        return _trial_summary(evidence, Verdict.INVALID, (measured,), None)
    judgement = judge(measured, objective)
    return _trial_summary(evidence, judgement.verdict, judgement.reasons, measured)


def _measured_or_why_not(evidence: TrialEvidence, objective: Objective) -> Measurement | str:
    reason = why_invalid(evidence)
    if reason is not None:
        return reason
    measurement = _measure_together((evidence,), objective)
    if measurement is None:
        return "no request started in the window"
    return why_unusable(measurement) or measurement


def _measure_together(evidence: Sequence[TrialEvidence], objective: Objective) -> Measurement | None:
    relations = [entry.relation for entry in evidence if entry.relation is not None]
    window_s = sum(entry.record.window.length_s for entry in evidence if entry.record.window is not None)
    return measure(relations, window_s=window_s, p95_limit_ms=objective.p95_ms)


def _trial_summary(
    evidence: TrialEvidence, verdict: Verdict, reasons: tuple[str, ...], measurement: Measurement | None
) -> TrialSummary:
    return TrialSummary(
        trial=evidence.record.trial,
        verdict=verdict,
        reasons=reasons,
        measurement=measurement,
        proxy_messages=evidence.proxy_messages,
        uses=evidence.uses,
        overhead_s=evidence.record.overhead_s,
        diagnosis=evidence.diagnosis,
        connections=evidence.connections,
        worker_gaps=evidence.worker_gaps,
        sending=evidence.record.sending,
    )


def _summarise_configuration(
    configuration: Configuration, experiment: Experiment, evidence: Sequence[TrialEvidence]
) -> ConfigurationSummary:
    own = [entry for entry in evidence if entry.record.trial.configuration == configuration.name]

    loads = (
        *((users, None) for users in experiment.load.users),
        *((0, rate_per_s) for rate_per_s in experiment.load.rates_per_s),
    )

    def levels_at(distance_ms: float) -> tuple[LevelSummary, ...]:
        there = [entry for entry in own if entry.record.trial.database_distance_ms == distance_ms]
        return tuple(
            summarise_level(
                configuration.name,
                users,
                tuple(entry for entry in there if _load(entry) == (users, rate_per_s)),
                experiment.objective,
                database_distance_ms=distance_ms,
                rate_per_s=rate_per_s,
            )
            for users, rate_per_s in loads
        )

    first_ms, *others_ms = configuration.database_distances_ms
    levels = levels_at(first_ms)
    worst_first = sorted(levels, key=lambda level: -SEVERITY.index(level.verdict))
    return ConfigurationSummary(
        configuration=configuration,
        verdict=worst_first[0].verdict,
        reasons=tuple(f"at {load(level)}: {reason}" for level in worst_first for reason in level.reasons),
        levels=levels,
        distant_levels=tuple(level for distance_ms in others_ms for level in levels_at(distance_ms)),
    )


def _load(evidence: TrialEvidence) -> tuple[int, float | None]:
    trial = evidence.record.trial
    return trial.users, trial.rate_per_s


def summarise_level(
    configuration: str,
    users: int,
    evidence: tuple[TrialEvidence, ...],
    objective: Objective,
    *,
    database_distance_ms: float = 0.0,
    rate_per_s: float | None = None,
) -> LevelSummary:
    """Judge the trials of one configuration at one load level together."""
    trials = tuple(summarise_trial(entry, objective) for entry in evidence)
    valid = tuple(entry for entry, trial in zip(evidence, trials, strict=True) if trial.verdict is not Verdict.INVALID)
    measurement = _measure_together(valid, objective) if valid else None
    judgement = judge(measurement, objective) if measurement else Judgement(verdict=Verdict.INVALID, reasons=())
    return LevelSummary(
        configuration=configuration,
        users=users,
        verdict=judgement.verdict,
        reasons=(*judgement.reasons, *_about_invalid(trials)),
        measurement=measurement,
        trials=trials,
        diagnosis=pooled([entry.diagnosis for entry in valid]),
        database_distance_ms=database_distance_ms,
        rate_per_s=rate_per_s,
    )


def _about_invalid(trials: tuple[TrialSummary, ...]) -> tuple[str, ...]:
    if not trials:
        return ("no trial was run",)
    invalid = [trial for trial in trials if trial.verdict is Verdict.INVALID]
    return tuple(
        f"{len(invalid)} of {counted(len(trials), 'trial')} not counted: {reason}"
        for reason in dict.fromkeys(reason for trial in invalid for reason in trial.reasons)
    )
