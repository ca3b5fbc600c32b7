"""Whether the pick holds where requests come at a rate, however slow its answers are."""

from badgateway.judge.summarise import summarise_level
from badgateway.judge.trial_evidence import TrialEvidence
from badgateway.model.experiment import Objective
from badgateway.model.run_summary import LEAST_SENT_SHARE, Confirmation
from badgateway.model.summary import LevelSummary


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
        is_sent=sent is not None and sent >= LEAST_SENT_SHARE * rate_per_minute,
    )


def _sent_per_minute(level: LevelSummary, evidence: tuple[TrialEvidence, ...]) -> float | None:
    if level.measurement is None:
        return None
    counted = {trial.trial.id for trial in level.trials if trial.measurement is not None}
    windows = [entry.record.window for entry in evidence if entry.record.trial.id in counted]
    return 60 * level.measurement.requests / sum(window.length_s for window in windows if window is not None)
