"""The lines the command prints about trials and decisions."""

from badgateway.model.outcome import FAILURES, STATUS_OF
from badgateway.model.summary import Decision, Measurement, StudySummary, TrialSummary, Verdict


def trial_line(summary: TrialSummary, total: int) -> str:
    """Return one line for a trial that ended: its place, name, verdict and what it measured."""
    trial = summary.trial
    head = f"{trial.position:>{len(str(total))}}/{total}  {trial.configuration}, {trial.users} users"
    return f"{head}: {summary.verdict.value}, {_measured(summary)}"


def _measured(summary: TrialSummary) -> str:
    measurement = summary.measurement
    if measurement is None or summary.verdict is Verdict.INVALID:
        return summary.reasons[0].splitlines()[0] if summary.reasons else "nothing measured"
    latency = f"p95 {measurement.latency.p95_ms:,.0f} ms" if measurement.latency else "no OK request"
    return f"{measurement.requests:,} requests, {failures_in_words(measurement)}, {latency}"


def failures_in_words(measurement: Measurement) -> str:
    """Return the failures by kind, such as '284 x 502, 3 x 504', or 'no failures'."""
    counts = [(outcome, measurement.count(outcome)) for outcome in FAILURES]
    parts = [
        f"{count:,} x {STATUS_OF.get(outcome, outcome.value.lower().replace('_', ' '))}"
        for outcome, count in counts
        if count
    ]
    return ", ".join(parts) or "no failures"


def decision_lines(study: StudySummary) -> tuple[str, ...]:
    """Return the answer to an experiment's question: headline, sentence, reasons."""
    headline = {
        Decision.PICKED: f"PICK for {study.experiment.name}: {study.recommendation.configuration}",
        Decision.NONE_QUALIFIES: f"NONE QUALIFIES for {study.experiment.name}",
        Decision.INCONCLUSIVE: f"INCONCLUSIVE for {study.experiment.name}",
    }[study.recommendation.decision]
    unfinished = () if study.complete else ("Interrupted: only the trials that had ended are counted.",)
    reasons = tuple(f"- {reason}" for reason in study.recommendation.reasons)
    return (headline, study.recommendation.sentence, *reasons, *unfinished)
