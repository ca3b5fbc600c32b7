"""What one change did: a configuration held against the one that it changed something of, at one load level."""

from badgateway.judge.baseline import main_cause
from badgateway.judge.chance import SIGNIFICANCE, are_told_alike
from badgateway.model.differences import Difference
from badgateway.model.ladder import ConfigurationEffect, Effect, P95Shift, SpeedMove
from badgateway.model.summary import LevelSummary, Proportion

CLOSE_SHARE = 0.10
"""A difference of p95 below this is nothing that a trial or two can tell from noise."""
_CLEARLY = 2
"""A p95 this many times as high, or as low, is more than noise does to a trial that passed its self-checks."""
_LATENCY_SURVIVES = 0.05
"""With a larger share of failures, the slow requests may be the ones that are missing from the p95."""
_SHARE_LEFT = 0.8
"""A share of failures that a change leaves more of than this is about the same, however many requests say so."""
_POINTS = 0.1
"""A difference of this much counts all the same: where nearly everything failed, a fifth of that is too much to ask."""


def start(level: LevelSummary) -> ConfigurationEffect:
    """Return the configuration that all others go back to."""
    kind = Effect.START if level.measurement else Effect.NOT_COMPARED
    return ConfigurationEffect(effect=kind, against="", before=None, after=level)


def not_compared(against: str, before: LevelSummary | None, after: LevelSummary) -> ConfigurationEffect:
    """Return two configurations that cannot be compared, because one was not measured."""
    return ConfigurationEffect(effect=Effect.NOT_COMPARED, against=against, before=before, after=after)


def effect(
    before: LevelSummary, after: LevelSummary, changes: tuple[Difference, ...], *, p_value: float
) -> ConfigurationEffect:
    """Return what became of the failures between two configurations at one load level.

    Args:
        before: The configuration that something was changed of.
        after: The configuration with the change.
        changes: What was changed, setting by setting.
        p_value: How likely shares of failures so different are by chance, as it counts among all comparisons.
    """
    if before.measurement is None or after.measurement is None:
        return not_compared(before.configuration, before, after)
    return ConfigurationEffect(
        effect=_with_trials_lost(_kind(before, after, p_value), before, after),
        against=before.configuration,
        before=before,
        after=after,
        changes=changes,
        p_value=p_value,
        is_same_share=_about_the_same(before.measured.failures, after.measured.failures),
        p95=_p95_shift(before, after),
        moved=_moved(before, after),
        causes=(main_cause(before), main_cause(after)),
    )


def _kind(before: LevelSummary, after: LevelSummary, p_value: float) -> Effect:
    failures, failures_after = before.measured.failures, after.measured.failures
    if not failures.count and not failures_after.count:
        return Effect.NEVER_FAILED
    if _about_the_same(failures, failures_after):
        return Effect.NO_EFFECT if are_told_alike(before, after) else Effect.NOT_PROVEN
    if p_value >= SIGNIFICANCE:
        return Effect.NOT_PROVEN
    return Effect.HELPED if failures_after.share < failures.share else Effect.WORSE


def _with_trials_lost(kind: Effect, before: LevelSummary, after: LevelSummary) -> Effect:
    """Let a trial that was not got through, which is in no share of failures, never speak for its configuration."""
    is_for_before, is_for_after = kind is Effect.WORSE, kind is Effect.HELPED
    lost_before, lost_after = bool(before.trials_lost), bool(after.trials_lost)
    is_open = (lost_before and not is_for_after) or (lost_after and not is_for_before)
    return Effect.NOT_PROVEN if is_open else kind


def _about_the_same(one: Proportion, other: Proportion) -> bool:
    less, more = sorted((one.share, other.share))
    return less > _SHARE_LEFT * more and more - less < _POINTS


def _p95_shift(before: LevelSummary, after: LevelSummary) -> P95Shift | None:
    if before.measured.latency is None or after.measured.latency is None:
        return None
    ones, others = _p95s_ms(before), _p95s_ms(after)
    if max(level.measured.failures.share for level in (before, after)) > _LATENCY_SURVIVES:
        return P95Shift.NOT_COMPARABLE
    if p95s_are_close(before, after):
        return P95Shift.CLOSE
    if min(len(ones), len(others)) < 2:
        return P95Shift.NOT_TESTED
    if max(others) < min(ones):
        return P95Shift.LOWER
    return P95Shift.HIGHER if min(others) > max(ones) else P95Shift.MIXED


def _moved(before: LevelSummary, after: LevelSummary) -> SpeedMove | None:
    ones, others = _p95s_ms(before), _p95s_ms(after)
    if not ones or not others:
        return None
    if min(others) >= _CLEARLY * max(ones):
        return SpeedMove.SLOWER
    return SpeedMove.FASTER if _CLEARLY * max(others) <= min(ones) else None


def p95s_are_close(one: LevelSummary, other: LevelSummary) -> bool:
    """Tell whether two levels that have OK requests are too close in p95 to say which is faster."""
    latencies = [level.measured.latency for level in (one, other)]
    less, more = sorted(found.p95_ms for found in latencies if found is not None)
    return more - less < CLOSE_SHARE * more


def _p95s_ms(level: LevelSummary) -> list[float]:
    found = [trial.measurement for trial in level.valid_trials]
    return [one.latency.p95_ms for one in found if one and one.latency]
