"""Says what makes a trial no measurement at all, what makes it the configuration's failure, and why its verdict."""

from collections.abc import Sequence
from dataclasses import dataclass

from badgateway.judge.evidence import TrialEvidence
from badgateway.judge.objective import SEVERITY, Limit, limits, more_units, verdict
from badgateway.judge.wording import counted, kinds, limit, milliseconds, milliseconds_limit, percent, seconds
from badgateway.model.contest import Counts
from badgateway.model.experiment import Objective
from badgateway.model.outcome import Outcome
from badgateway.model.summary import Measurement, Verdict
from badgateway.model.trial import MachineCheck, TrialRecord, TrialStatus

MAX_GENERATOR_CPU_SHARE = 0.9
MAX_SEND_LAG_MS = 10.0
MAX_MISSED_SHARE = 0.01
MAX_CLOCK_STEP_S = 0.1
"""More than a clock that is only being corrected runs away in a trial."""
MOSTLY_FAILING = 0.5
"""With a larger share of failures it is the configuration that keeps the generator so busy, by failing fast."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict and the sentences why it is not PASS, the worst first."""

    verdict: Verdict
    reasons: tuple[str, ...]


def why_invalid(evidence: TrialEvidence) -> str | None:
    """Say which cause outside the configuration makes the trial's rows worth nothing; None when they may be counted.

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


def why_broken(evidence: TrialEvidence) -> str | None:
    """Say why the configuration did not get through a trial that is not INVALID; None when it did.

    A server that ends, does not start or is never ready, a proxy that refuses what was configured: such a trial counts
    as one in which every request failed. Repeating it until it works would make dying better than answering slowly.
    """
    record = evidence.record
    if record.status is TrialStatus.ABORTED:
        return record.reason or "the trial was aborted, and nobody wrote down why"
    return "the trial ended before its window began" if record.window is None else None


def why_saturated(record: TrialRecord, failure_share: float) -> str | None:
    """Say that the load generator measured itself; not where failures that come at once are what kept it busy."""
    if record.generator_cpu_share is None:
        return "how busy the load generator was is unknown"
    if record.generator_cpu_share > MAX_GENERATOR_CPU_SHARE and failure_share <= MOSTLY_FAILING:
        return f"the load generator was saturated ({percent(record.generator_cpu_share)} of one core)"
    return None


def unanswered_arrivals(record: TrialRecord) -> int:
    """Return how many arrivals of an open loop were not sent because so many before them were not answered yet."""
    sending = record.sending
    if sending is None or sending.missed_arrivals <= MAX_MISSED_SHARE * sending.arrivals:
        return 0
    return sending.missed_arrivals


def _why_disturbed_from_outside(record: TrialRecord) -> str | None:
    """Say the first thing that befell the trial from outside its configuration, and how many more there were."""
    if not record.disturbances:
        return None
    first, *others = record.disturbances
    moment = "" if first.at_s is None else f", {seconds(first.at_s - record.started_s)} after the trial began"
    more = f"; and {counted(len(others), 'more disturbance')}" if others else ""
    return f"{first.what}{moment}{more}"


def _why_no_books(evidence: TrialEvidence) -> str | None:
    return "there is no ledger of the trial" if evidence.relation is None else None


def _why_not_sent(record: TrialRecord) -> str | None:
    """Say what an open loop did not send when it was due."""
    sending = record.sending
    if record.trial.rate_per_s is None:
        return None
    if sending is None or not sending.arrivals:
        return "whether the load generator sent its schedule is unknown"
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


def judge(units: Sequence[Counts], measurement: Measurement | None, objective: Objective, *, of: str) -> Judgement:
    """Hold what was counted against the objective, and say why it does not pass.

    Args:
        units: The trials of a level, or the seconds of a trial that is judged by itself.
        measurement: The same requests together; None when no unit has any that were measured.
        objective: What is allowed.
        of: What a unit is: 'trial' or 'second'.
    """
    found = verdict(units, objective)
    if found in {Verdict.PASS, Verdict.INVALID}:
        return Judgement(verdict=found, reasons=())
    if measurement is not None and measurement.latency is None:
        return Judgement(
            verdict=found, reasons=(f"none of {measurement.requests:,} requests was OK: {kinds(measurement)}",)
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
    part: Limit, units: Sequence[Counts], measurement: Measurement | None, objective: Objective, of: str
) -> str:
    by_kind = f": {kinds(measurement)}" if part.what == "failed" and measurement and measurement.failures.count else ""
    p95 = measurement.latency.p95_ms if part.what != "failed" and measurement and measurement.latency else None
    said = f"{part.fact}{by_kind}{f', the p95 of OK requests was {milliseconds(p95)}' if p95 is not None else ''}"
    return said if part.verdict is Verdict.FAIL else f"{said}; {_what_it_takes(part, units, objective, of)}"


def _what_it_takes(part: Limit, units: Sequence[Counts], objective: Objective, of: str) -> str:
    if part.allowed == 0:
        return "no number of requests can prove that none ever fails"
    if len(units) == 1:
        return f"one {of} alone shows nothing of how {of}s differ, so it takes another"
    more = more_units(units, objective)
    most = f"by how unevenly it fell on {counted(len(units), of)}, it may be up to {percent(part.proportion.high)}"
    if more is None:
        return f"{most}, and more {of}s will hardly decide it"
    return f"{most}; it needs about {counted(more, f'more {of}')} to decide, if all goes on so"
