"""The lines the command prints about trials and decisions."""

from itertools import pairwise

from badgateway import numbers
from badgateway.errors import first_line
from badgateway.model.axis import away
from badgateway.model.comparison import ChoiceKind
from badgateway.model.design import Purpose
from badgateway.model.outcome import FAILURES, STATUS_OF
from badgateway.model.run_summary import Decision, RunSummary
from badgateway.model.summary import Measurement, TrialSummary, Verdict
from badgateway.model.trial import Trial
from badgateway.model.worker_checks import WorkerCheckPlan
from badgateway.words.choice import confirmed, fails_at
from badgateway.words.phrases import load
from badgateway.words.verdict_reasons import say

_MOST_LAST_WORDS = 3


def trial_name(trial: Trial) -> str:
    """Return what a trial runs: 'uwsgi-2, 300 users', and what lies on an axis, if something does."""
    again = ", again (A/A)" if trial.control else ""
    purpose = {Purpose.SEARCH: ", capacity", Purpose.CONFIRM: ", confirmation"}.get(trial.purpose, "")
    attempt = f", attempt {trial.attempt}" if trial.attempt > 1 else ""
    at = "".join(f", {axis.where.format(value)}" for axis, value in away(trial.at))
    return f"{trial.configuration}, {load(trial.load)}{at}{again}{purpose}{attempt}"


def worker_check_lines(plan: WorkerCheckPlan) -> tuple[str, ...]:
    """Return what the worker checks do, one line for each step."""
    return (
        *(f"one worker's waiting: {pair.server}, {pair.driver}" for pair in plan.pairs),
        *(f"event loop: {trial_name(trial)}" for trial in plan.trials),
        "cost of a database connect",
    )


def trial_line(summary: TrialSummary, total: int | None) -> str:
    """Return one line for a trial that ended: its place, name, verdict and what it measured.

    Args:
        summary: Of the trial.
        total: How many trials there are; None when nobody knows.
    """
    trial = summary.trial
    place = f"{trial.position:>3}" if total is None else f"{trial.position:>{len(str(total))}}/{total}"
    return f"{place}  {trial_name(trial)}: {summary.verdict.value}, {_measured(summary)}"


def last_words(summary: TrialSummary) -> tuple[str, ...]:
    """Return what a server that failed wrote last, which says why it did; nothing of any other trial.

    A reason ends with the last lines of a log. What they come to stands in the exceptions that were not caught, and
    in the last line.
    """
    _, _, log = (say(summary.reasons[0]) if summary.reasons else "").partition("\n")
    lines = [line for line in log.splitlines() if line.strip()]
    raised = [after for before, after in pairwise(lines) if before[:1].isspace() and not after[:1].isspace()]
    return tuple(dict.fromkeys((*raised, *lines[-1:])))[-_MOST_LAST_WORDS:]


def _measured(summary: TrialSummary) -> str:
    measurement = summary.measurement
    if measurement is None or summary.verdict is Verdict.INVALID:
        return first_line(say(summary.reasons[0])) if summary.reasons else "nothing measured"
    latency = "no OK request"
    if measurement.latency:
        latency = f"p95 {numbers.in_sentences(numbers.milliseconds(measurement.latency.p95_ms))}"
    requests = f"{measurement.requests:,} {'request' if measurement.requests == 1 else 'requests'}"
    return f"{requests}, {failures_in_words(measurement)}, {latency}"


def failures_in_words(measurement: Measurement) -> str:
    """Return the failures by kind, such as '284 x 502, 3 x 504', or 'no failures'."""
    counts = [(outcome, measurement.count(outcome)) for outcome in FAILURES]
    parts = [
        f"{count:,} x {STATUS_OF.get(outcome, outcome.value.lower().replace('_', ' '))}"
        for outcome, count in counts
        if count
    ]
    return ", ".join(parts) or "no failures"


def _pick(run: RunSummary) -> str:
    choice, name = run.choice, run.experiment.name
    is_open = choice is not None and choice.kind is ChoiceKind.EQUIVALENT
    picked = f"{'RUN' if is_open else 'PICK'} for {name}: {run.recommendation.configuration}"
    return "; ".join(filter(None, (picked, fails_at(run.confirmation))))


def _headline(run: RunSummary) -> str:
    return {
        Decision.PICKED: _pick(run),
        Decision.NONE_QUALIFIES: f"NONE QUALIFIES for {run.experiment.name}",
        Decision.INCONCLUSIVE: f"INCONCLUSIVE for {run.experiment.name}",
    }[run.recommendation.decision]


def decision_lines(run: RunSummary) -> tuple[str, ...]:
    """Return the answer to an experiment's question: headline, sentence, what became of the pick at a rate, reasons."""
    headline = _headline(run) if run.has_trusted_trial else f"NO TRUSTED TRIAL for {run.experiment.name}"
    unfinished = () if run.complete else ("Interrupted: only the trials that had ended are counted.",)
    at_a_rate = (first_line(confirmed(run.confirmation)),) if run.confirmation else ()
    reasons = tuple(f"- {first_line(reason)}" for reason in run.recommendation.reasons)
    return (headline, run.recommendation.sentence, *at_a_rate, *reasons, *unfinished)
