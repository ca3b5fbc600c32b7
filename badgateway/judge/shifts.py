"""How the numbers of two arms are said side by side, the earlier one first."""

from badgateway.judge.wording import counted, limit, milliseconds, percent, rate
from badgateway.model.diagnosis import CauseCount, Diagnosis
from badgateway.model.outcome import FAILURES, STATUS_OF
from badgateway.model.summary import LevelSummary

ARROW = "\N{RIGHTWARDS ARROW}"
CLOSE_SHARE = 0.10
"""A difference of p95 below this is nothing that a trial or two can tell from noise."""
_CLEARLY = 2
"""A p95 this many times as high, or as low, is more than noise does to a trial that passed its self-checks."""
_LATENCY_SURVIVES = 0.05
"""With a larger share of failures, the slow requests may be the ones that are missing from the p95."""
_RETRIED = "proxy-retried"
"""The requests of this cause were answered in the end, so they are no failures of the measurement."""
_MOST = 3


def failed(level: LevelSummary) -> str:
    """Say how one arm does: '94.8 % of 21,452 requests failed (listen-queue-full 20,331)'."""
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


def speed_shift(before: LevelSummary, after: LevelSummary) -> str:
    """Say p95 and throughput, and whether the p95 says anything."""
    one, other = before.measured, after.measured
    rates = f"{_number(one.throughput_rps)} {ARROW} {rate(other.throughput_rps)}"
    if one.latency is None or other.latency is None:
        return rates
    p95s = f"p95 {milliseconds(one.latency.p95_ms)} {ARROW} {milliseconds(other.latency.p95_ms)}"
    return f"{p95s} ({_what_p95_says(before, after)}), {rates}"


def clear_shift(before: LevelSummary, after: LevelSummary) -> str:
    """Say 'but slower' or 'and faster' where the p95 moved so far, in every trial, that it needs no test."""
    ones, others = _p95s_ms(before), _p95s_ms(after)
    if not ones or not others:
        return ""
    if min(others) >= _CLEARLY * max(ones):
        return "but slower"
    return "and faster" if _CLEARLY * max(others) <= min(ones) else ""


def _number(per_second: float) -> str:
    return rate(per_second).split(" ", 1)[0]


def _what_p95_says(before: LevelSummary, after: LevelSummary) -> str:
    ones, others = _p95s_ms(before), _p95s_ms(after)
    if max(level.measured.failures.share for level in (before, after)) > _LATENCY_SURVIVES:
        return "of those that were OK: not comparable"
    if p95s_are_close(before, after):
        return f"less than {limit(CLOSE_SHARE)} apart"
    if min(len(ones), len(others)) < 2:
        return "not tested"
    if max(others) < min(ones):
        return f"lower in each of {counted(len(others), 'trial')}"
    if min(others) > max(ones):
        return f"higher in each of {counted(len(others), 'trial')}"
    return "not so in every trial: may be chance"


def p95s_are_close(one: LevelSummary, other: LevelSummary) -> bool:
    """Tell whether two levels that have OK requests are too close in p95 to say which is faster."""
    latencies = [level.measured.latency for level in (one, other)]
    less, more = sorted(found.p95_ms for found in latencies if found is not None)
    return more - less < CLOSE_SHARE * more


def _p95s_ms(level: LevelSummary) -> list[float]:
    found = [trial.measurement for trial in level.valid_trials]
    return [one.latency.p95_ms for one in found if one and one.latency]


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
    return found.cause.id == _RETRIED
