"""Tells what makes a trial no measurement at all, what makes it the configuration's failure, and why its verdict."""

from collections.abc import Sequence
from dataclasses import dataclass

from badgateway.judge.objective import SEVERITY, Limit, limits, more_units, verdict
from badgateway.judge.trial_evidence import TrialEvidence
from badgateway.model.design import Counts, LimitKind
from badgateway.model.experiment import Objective
from badgateway.model.outcome import FAILURES, CheckReason, Outcome, SelfCheck
from badgateway.model.summary import Measurement, Verdict
from badgateway.model.trial import MachineCheck, TrialRecord, TrialStatus
from badgateway.model.verdict_reason import Disturbed, LimitReason, NoneOk, OutcomeCounts, Reason, Undecided, Unit

MAX_GENERATOR_CPU_SHARE = 0.9
MAX_SEND_LAG_MS = 10.0
MAX_MISSED_SHARE = 0.01
MAX_CLOCK_STEP_S = 0.1
"""More than a clock that is only being corrected runs away in a trial."""
MOSTLY_FAILING = 0.5
"""With a larger share of failures it is the configuration that keeps the generator so busy, by failing fast."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict and why it is not PASS, the worst first."""

    verdict: Verdict
    reasons: tuple[Reason, ...]


def why_invalid(evidence: TrialEvidence) -> Reason | None:
    """Return which cause outside the configuration makes the trial's rows worth nothing; None when they may be counted.

    What the configuration does to itself is no such cause: see `why_broken`.
    """
    disturbed = _why_disturbed_from_outside(evidence.record)
    if disturbed is not None:
        return disturbed
    record = evidence.record
    if record.was_interrupted:
        return record.reason
    if evidence.problem is not None:
        return evidence.problem
    if record.status is TrialStatus.ABORTED or record.window is None:
        # Nobody knows what else ran in a window that never was; what came from outside would be a disturbance.
        return None
    reasons = (_why_disturbed(record.machine), _why_no_books(evidence), _why_not_sent(record))
    return next((reason for reason in reasons if reason is not None), None)


def why_broken(evidence: TrialEvidence) -> Reason | None:
    """Return why the configuration did not get through a trial that is not INVALID; None when it did.

    A server that ends, does not start or is never ready, a proxy that refuses what was configured: such a trial counts
    as one in which every request failed. Repeating it until it works would make dying better than answering slowly.
    """
    record = evidence.record
    if record.status is TrialStatus.ABORTED:
        return record.reason or CheckReason(check=SelfCheck.ABORTED)
    return CheckReason(check=SelfCheck.NO_WINDOW) if record.window is None else None


def why_saturated(record: TrialRecord, failure_share: float) -> Reason | None:
    """Return that the load generator measured itself; not where failures that come at once are what kept it busy."""
    if record.generator_cpu_share is None:
        return CheckReason(check=SelfCheck.GENERATOR_UNKNOWN)
    if record.generator_cpu_share > MAX_GENERATOR_CPU_SHARE and failure_share <= MOSTLY_FAILING:
        return CheckReason(check=SelfCheck.SATURATED, found=record.generator_cpu_share)
    return None


def unanswered_arrivals(record: TrialRecord) -> int:
    """Return how many arrivals of an open loop were not sent because so many before them were not answered yet."""
    sending = record.sending
    if sending is None or sending.missed_arrivals <= MAX_MISSED_SHARE * sending.arrivals:
        return 0
    return sending.missed_arrivals


def _why_disturbed_from_outside(record: TrialRecord) -> Reason | None:
    """Return the first thing that befell the trial from outside its configuration, and how many more there were."""
    if not record.disturbances:
        return None
    first, *others = record.disturbances
    after_s = None if first.at_s is None else first.at_s - record.started_s
    return Disturbed(first=first, after_s=after_s, more=len(others))


def _why_no_books(evidence: TrialEvidence) -> Reason | None:
    return CheckReason(check=SelfCheck.NO_LEDGER) if evidence.relation is None else None


def _why_not_sent(record: TrialRecord) -> Reason | None:
    """Return what an open loop did not send when it was due."""
    sending = record.sending
    if record.trial.rate_per_s is None:
        return None
    if sending is None or not sending.arrivals:
        return CheckReason(check=SelfCheck.SENDING_UNKNOWN)
    if sending.send_lag_p99_ms > MAX_SEND_LAG_MS:
        return CheckReason(check=SelfCheck.SENT_LATE, found=sending.send_lag_p99_ms, allowed=MAX_SEND_LAG_MS)
    return None


def _why_disturbed(found: MachineCheck | None) -> Reason | None:
    if found is None:
        return CheckReason(check=SelfCheck.MACHINE_UNKNOWN)
    allowed = found.allowed
    if abs(found.clock_step_s) > MAX_CLOCK_STEP_S:
        return CheckReason(check=SelfCheck.CLOCK_SET, found=found.clock_step_s)
    if found.steal_share > allowed.max_steal_share:
        return CheckReason(check=SelfCheck.STOLEN, found=found.steal_share, allowed=allowed.max_steal_share)
    if found.outside_share > allowed.max_outside_share:
        return CheckReason(check=SelfCheck.OUTSIDE_LOAD, found=found.outside_share, allowed=allowed.max_outside_share)
    return None


def why_unusable(measurement: Measurement) -> Reason | None:
    """Return why a trial's sums must not be used; None when they may."""
    unmatched = measurement.count(Outcome.UNMATCHED)
    if unmatched:
        return CheckReason(check=SelfCheck.ONE_SIDED, found=unmatched, allowed=measurement.requests)
    return None


def judge(units: Sequence[Counts], measurement: Measurement | None, objective: Objective, *, of: Unit) -> Judgement:
    """Hold what was counted against the objective, and tell why it does not pass.

    Args:
        units: The trials of a level, or the seconds of a trial that is judged by itself.
        measurement: The same requests together; None when no unit has any that were measured.
        objective: What is allowed.
        of: What a unit is.
    """
    found = verdict(units, objective)
    if found in {Verdict.PASS, Verdict.INVALID}:
        return Judgement(verdict=found, reasons=())
    if measurement is not None and measurement.latency is None:
        return Judgement(
            verdict=found, reasons=(NoneOk(requests=measurement.requests, outcomes=outcomes(measurement)),)
        )
    parts = [part for part in limits(units, objective) if part.verdict is not Verdict.PASS]
    worst_first = sorted(parts, key=lambda part: -SEVERITY.index(part.verdict))
    return Judgement(
        verdict=found,
        reasons=tuple(
            _reason(part, units, measurement, objective, of) for part in worst_first if _is_told(part, found)
        ),
    )


def _is_told(part: Limit, found: Verdict) -> bool:
    """Tell whether a limit has to do with the verdict: beside a FAIL, what merely is not proven has not."""
    return part.verdict is found


def _reason(
    part: Limit, units: Sequence[Counts], measurement: Measurement | None, objective: Objective, of: Unit
) -> LimitReason:
    is_late = part.kind is LimitKind.MISSED
    return LimitReason(
        counted=part.counted,
        outcomes=outcomes(measurement) if measurement and not is_late else (),
        p95_ms=measurement.latency.p95_ms if is_late and measurement and measurement.latency else None,
        undecided=None
        if part.verdict is Verdict.FAIL
        else Undecided(unit=of, units=len(units), more=_more(part, units, objective), most=part.proportion.high),
    )


def _more(part: Limit, units: Sequence[Counts], objective: Objective) -> int | None:
    # No number of requests proves that none ever fails, and one unit says nothing of how units differ.
    return None if part.allowed == 0 or len(units) == 1 else more_units(units, objective)


def outcomes(measurement: Measurement) -> OutcomeCounts:
    """Return the failures by kind, the most frequent first."""
    found = [(outcome, measurement.count(outcome)) for outcome in FAILURES]
    return tuple(sorted((entry for entry in found if entry[1]), key=lambda entry: -entry[1]))
