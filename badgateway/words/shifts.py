"""How the numbers of two configurations are said side by side, the earlier one first."""

from badgateway.model.diagnosis import RETRIED, CauseCount, Diagnosis
from badgateway.model.ladder import P95Shift
from badgateway.model.outcome import FAILURES, STATUS_OF
from badgateway.model.summary import LevelSummary
from badgateway.numbers import plural
from badgateway.words.phrases import limit, milliseconds, percent, rate

ARROW = "\N{RIGHTWARDS ARROW}"
CLOSE_SHARE = 0.10
"""Of p95: what is said to be close, see judge.effects."""
_MOST = 3


def failed(level: LevelSummary) -> str:
    """Say how one configuration does: '94.8 % of 21,452 requests failed (listen-queue-full 20,331)'."""
    found = level.measured
    if not found.failures.count:
        p95 = f"; p95 {milliseconds(found.latency.p95_ms)}" if found.latency else ""
        return f"no request of {found.requests:,} failed{p95}, {rate(found.throughput_rps)}"
    reasons = ", ".join(f"{name} {count:,}" for name, count in _reasons(level)[:_MOST])
    return f"{percent(found.failures.share)} of {found.requests:,} requests failed ({reasons})"


def causes_shift(before: LevelSummary, after: LevelSummary) -> str:
    """Say why requests failed before and after: 'listen-queue-full 5,430 to 0', by outcome where nobody knows why."""
    looked_into = _diagnosed(before) and _diagnosed(after)
    of_before = dict(_reasons(before, by_cause=looked_into))
    of_after = dict(_reasons(after, by_cause=looked_into))
    names = sorted(
        {*of_before, *of_after}, key=lambda name: (-max(of_before.get(name, 0), of_after.get(name, 0)), name)
    )
    return ", ".join(f"{name} {of_before.get(name, 0):,} {ARROW} {of_after.get(name, 0):,}" for name in names[:_MOST])


def shares_shift(before: LevelSummary, after: LevelSummary) -> str:
    """Say the shares of failures: '22.6 % to 0 % of requests failed'."""
    one, other = before.measured.failures, after.measured.failures
    return f"{percent(one.share)} {ARROW} {percent(other.share)} of requests failed"


def speed_shift(before: LevelSummary, after: LevelSummary, p95: P95Shift | None) -> str:
    """Say p95 and throughput, and whether the p95 says anything."""
    one, other = before.measured, after.measured
    rates = f"{_number(one.throughput_rps)} {ARROW} {rate(other.throughput_rps)}"
    if p95 is None or one.latency is None or other.latency is None:
        return rates
    p95s = f"p95 {milliseconds(one.latency.p95_ms)} {ARROW} {milliseconds(other.latency.p95_ms)}"
    return f"{p95s} ({_what_p95_says(p95, after)}), {rates}"


def _what_p95_says(found: P95Shift, after: LevelSummary) -> str:
    trials = plural(sum(bool(one.measurement and one.measurement.latency) for one in after.valid_trials), "trial")
    return {
        P95Shift.NOT_COMPARABLE: "OK requests alone; not comparable: too many failed",
        P95Shift.CLOSE: f"less than {limit(CLOSE_SHARE)} apart",
        P95Shift.NOT_TESTED: "not tested",
        P95Shift.LOWER: f"lower in each of {trials}",
        P95Shift.HIGHER: f"higher in each of {trials}",
        P95Shift.MIXED: "not so in every trial: may be chance",
    }[found]


def _number(per_second: float) -> str:
    return rate(per_second).split(" ", 1)[0]


def _diagnosed(level: LevelSummary) -> bool:
    return level.diagnosis is not None or not level.measured.failures.count


def _reasons(level: LevelSummary, *, by_cause: bool = True) -> list[tuple[str, int]]:
    """Return why requests of a level failed and how many, the most frequent first."""
    if by_cause and level.diagnosis is not None:
        return _causes(level.diagnosis)
    found = level.measured
    counts = [(STATUS_OF.get(outcome, outcome.value), found.count(outcome)) for outcome in FAILURES]
    return sorted((entry for entry in counts if entry[1]), key=lambda entry: -entry[1])


def _causes(diagnosis: Diagnosis) -> list[tuple[str, int]]:
    counts: dict[str, int] = {}
    for found in diagnosis.causes:
        if not _is_retried(found):
            counts[found.cause.id] = counts.get(found.cause.id, 0) + found.count
    if diagnosis.unattributed:
        counts["without a cause"] = diagnosis.unattributed
    return sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))


def _is_retried(found: CauseCount) -> bool:
    return found.cause.id == RETRIED
