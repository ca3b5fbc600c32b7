"""Holds a measurement against the objective, and says what makes a trial no measurement at all."""

from dataclasses import dataclass

from badgateway.judge.evidence import TrialEvidence
from badgateway.judge.proportion import requests_to_decide
from badgateway.judge.wording import counted, interval, kinds, limit, milliseconds, milliseconds_limit, percent
from badgateway.model.experiment import Objective
from badgateway.model.outcome import Outcome
from badgateway.model.summary import Measurement, Proportion, Verdict
from badgateway.model.trial import MachineCheck, TrialRecord, TrialStatus

SEVERITY = (Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.FAIL, Verdict.INVALID)
"""From good to bad; the worst of several verdicts wins."""

MAX_GENERATOR_CPU_SHARE = 0.9
MAX_SHARE_OVER_P95 = 0.05
MAX_SEND_LAG_MS = 10.0
MAX_MISSED_SHARE = 0.01
MAX_CLOCK_STEP_S = 0.1
"""More than a clock that is only being corrected runs away in a trial."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict and the sentences why it is not PASS, the worst first."""

    verdict: Verdict
    reasons: tuple[str, ...]


def why_invalid(evidence: TrialEvidence) -> str | None:
    """Say why the trial's rows must not be counted; None when they may."""
    disturbed = _why_disturbed_from_outside(evidence.record)
    if disturbed is not None:
        # First: a trial that was disturbed may have been aborted by it, and then the abortion says nothing.
        return disturbed
    if evidence.record.status is TrialStatus.ABORTED:
        return evidence.record.reason or "the trial was aborted, and nobody wrote down why"
    if evidence.problem is not None:
        return evidence.problem
    if evidence.relation is None:
        return "there is no ledger of the trial"
    reasons = (
        _why_not_measured(evidence.record),
        _why_not_sent(evidence.record),
        _why_disturbed(evidence.record.machine),
    )
    return next((reason for reason in reasons if reason is not None), None)


def _why_disturbed_from_outside(record: TrialRecord) -> str | None:
    """Say the first thing that befell the trial from outside its configuration, and how many more there were."""
    if not record.disturbances:
        return None
    first, *others = record.disturbances
    moment = "" if first.at_s is None else f", {first.at_s - record.started_s:.1f} s after the trial began"
    more = f"; and {counted(len(others), 'more disturbance')}" if others else ""
    return f"{first.what}{moment}{more}"


def _why_not_measured(record: TrialRecord) -> str | None:
    if record.window is None:
        return "the trial ended before its window began"
    if record.generator_cpu_share is None:
        return "how busy the load generator was is unknown"
    if record.generator_cpu_share > MAX_GENERATOR_CPU_SHARE:
        return f"the load generator was saturated ({percent(record.generator_cpu_share)} of one core)"
    return None


def _why_not_sent(record: TrialRecord) -> str | None:
    """Say what an open loop did not send when it was due."""
    sending = record.sending
    if record.trial.rate_per_s is None:
        return None
    if sending is None or not sending.arrivals:
        return "whether the load generator sent its schedule is unknown"
    if sending.missed_arrivals > MAX_MISSED_SHARE * sending.arrivals:
        return (
            f"the load generator did not send {sending.missed_arrivals:,} of {sending.arrivals:,} arrivals; "
            f"allowed are {limit(MAX_MISSED_SHARE)}: raise load.max_in_flight, or load less"
        )
    if sending.send_lag_p99_ms > MAX_SEND_LAG_MS:
        return (
            f"the load generator was late: 1 % of requests were sent more than {milliseconds(sending.send_lag_p99_ms)} "
            f"after they were due; allowed are {milliseconds_limit(MAX_SEND_LAG_MS)}"
        )
    return None


def _why_disturbed(found: MachineCheck | None) -> str | None:
    if found is None:
        return "what else ran on the machine is unknown: it was not looked at often enough, raise load.window_s"
    allowed = found.allowed
    if abs(found.clock_step_s) > MAX_CLOCK_STEP_S:
        return f"the machine's clock was set during the trial, by {found.clock_step_s:+.2f} s"
    if found.steal_share > allowed.max_steal_share:
        return (
            f"the hypervisor took {percent(found.steal_share)} of the CPU time for other guests; "
            f"allowed are {limit(allowed.max_steal_share)} (machine.max_steal_share)"
        )
    if found.outside_share > allowed.max_outside_share:
        return (
            f"other processes used {percent(found.outside_share)} of the machine's CPU time; "
            f"allowed are {limit(allowed.max_outside_share)} (machine.max_outside_share): stop them, or wait"
        )
    return None


def why_unusable(measurement: Measurement) -> str | None:
    """Say why a trial's sums must not be used; None when they may."""
    unmatched = measurement.count(Outcome.UNMATCHED)
    if unmatched:
        return f"{unmatched:,} of {measurement.requests:,} requests are in the books of one side only"
    return None


def judge(measurement: Measurement, objective: Objective) -> Judgement:
    """Hold a measurement against the objective; the worse of its two parts is the verdict."""
    if measurement.over_objective is None:
        reason = f"none of {measurement.requests:,} requests was OK: {kinds(measurement)}"
        return Judgement(verdict=Verdict.FAIL, reasons=(reason,))
    parts = (_judge_failures(measurement, objective), _judge_latency(measurement, objective))
    worst_first = sorted(parts, key=lambda part: -SEVERITY.index(part.verdict))
    reasons = tuple(reason for part in worst_first for reason in part.reasons)
    return Judgement(verdict=worst_first[0].verdict, reasons=reasons)


def _judge_failures(measurement: Measurement, objective: Objective) -> Judgement:
    failures, allowed = measurement.failures, objective.max_failure_share
    fact = f"{percent(failures.share)} of {failures.total:,} requests failed ({interval(failures)})"
    by_kind = f": {kinds(measurement)}" if failures.count else ""
    return _compare(failures, allowed, f"{fact}; allowed are {limit(allowed)}{by_kind}")


def _judge_latency(measurement: Measurement, objective: Objective) -> Judgement:
    over, latency = measurement.over_objective, measurement.latency
    assert over is not None
    assert latency is not None
    fact = (
        f"{percent(over.share)} of {over.total:,} OK requests took longer than {milliseconds_limit(objective.p95_ms)} "
        f"({interval(over)}); allowed are {limit(MAX_SHARE_OVER_P95)}, the p95 was {milliseconds(latency.p95_ms)}"
    )
    return _compare(over, MAX_SHARE_OVER_P95, fact)


def _compare(observed: Proportion, allowed: float, fact: str) -> Judgement:
    if observed.low > allowed:
        return Judgement(verdict=Verdict.FAIL, reasons=(fact,))
    if observed.high <= allowed:
        return Judgement(verdict=Verdict.PASS, reasons=())
    return Judgement(verdict=Verdict.INCONCLUSIVE, reasons=(f"{fact}; {_what_it_takes(observed, allowed)}",))


def _what_it_takes(observed: Proportion, allowed: float) -> str:
    if allowed == 0:
        return "no number of requests can prove that none ever fails"
    total = requests_to_decide(observed, allowed)
    if total is None:
        return "the share is so close to what is allowed that more requests will hardly decide it"
    return f"it needs about {_rounded_up(total - observed.total):,} more requests to decide, if the share stays so"


def _rounded_up(number: int) -> int:
    """Round up to two digits: more would claim to know."""
    unit: int = 10 ** max(len(str(number)) - 2, 0)
    return -(-number // unit) * unit
