"""Whether the pick holds where requests come at a rate, however slow its answers are."""

from badgateway.judge.evidence import TrialEvidence
from badgateway.judge.summarise import summarise_level
from badgateway.judge.wording import milliseconds
from badgateway.model.experiment import Objective
from badgateway.model.summary import Confirmation, LevelSummary, Verdict

LEAST_SENT_SHARE = 0.95
"""Of the rate; a generator that sent less has confirmed another rate."""


def confirm(
    configuration: str, evidence: tuple[TrialEvidence, ...], objective: Objective, *, rate_per_minute: float
) -> Confirmation:
    """Judge the trials of one configuration at a rate by the objective.

    Args:
        configuration: Its name.
        evidence: Trials of it alone, all at this rate; none is no confirmation.
        objective: The experiment's.
        rate_per_minute: Requests that were to be started in each minute of the window.
    """
    users = max((entry.record.trial.users for entry in evidence), default=0)
    rate_per_s = max((entry.record.trial.rate_per_s or 0.0 for entry in evidence), default=0.0) or None
    level = summarise_level(configuration, users, evidence, objective, rate_per_s=rate_per_s, alone=True)
    sent = _sent_per_minute(level, evidence)
    return Confirmation(
        level=level,
        rate_per_minute=rate_per_minute,
        sent_per_minute=sent,
        sentence=_sentence(level, rate_per_minute, sent),
    )


def _sent_per_minute(level: LevelSummary, evidence: tuple[TrialEvidence, ...]) -> float | None:
    if level.measurement is None:
        return None
    counted = {trial.trial.id for trial in level.trials if trial.measurement is not None}
    windows = [entry.record.window for entry in evidence if entry.record.trial.id in counted]
    return 60 * level.measurement.requests / sum(window.length_s for window in windows if window is not None)


def _sentence(level: LevelSummary, rate_per_minute: float, sent_per_minute: float | None) -> str:
    where = f"{level.configuration} at {rate_per_minute:,.0f} requests a minute"
    if sent_per_minute is None:
        return f"Not confirmed: {where} was not measured, {_first(level)}."
    if sent_per_minute < LEAST_SENT_SHARE * rate_per_minute:
        return f"Not confirmed: {where} was not measured, only {sent_per_minute:,.0f} a minute were sent."
    if level.verdict is Verdict.PASS:
        return f"Confirmed: {where}: {_reached(level)}."
    verdict = "Not decided" if level.verdict is Verdict.INCONCLUSIVE else "Not confirmed"
    return f"{verdict}: {where}: {_reached(level)}; {_first(level)}."


def _first(level: LevelSummary) -> str:
    return level.reasons[0]


def _reached(level: LevelSummary) -> str:
    found = level.measurement
    assert found is not None
    p95 = f", p95 {milliseconds(found.latency.p95_ms)}" if found.latency else ""
    return f"{found.failures.count:,} of {found.failures.total:,} failed{p95}"
