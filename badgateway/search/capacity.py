"""Searches the highest load at the objective: the next load to try, and what the tried ones say together."""

from collections.abc import Sequence
from dataclasses import dataclass

from badgateway.model.capacity import Capacity, CapacityGoal, CapacityStatus, Probe
from badgateway.search.boundary import Belief, believe
from badgateway.search.curve import NEAR

_TAIL = 0.0175
"""Of the belief on either side of an interval; less than 2.5 %, since intervals are told for being narrow, and some are
narrow by chance."""
_STOP_TAIL = 0.1
_CAUTIOUS = 0.15
"""A confirmation is tried at the load that the boundary lies above with 85 %; after each failed one, lower."""
_RESERVED = 2
"""Trials kept back for confirmations."""
_ENOUGH = 5
"""Trials with a p95 near the limit, or beside failures: with fewer, how much they scatter is not known at all."""
_SURE = 2
"""So often must a load fail, and never pass, until it is said to fail."""
_STEP_UP = 2.0
"""The lowest load is not believed to fail for its load before so many times as much has failed too."""
_CLEARLY_MORE = 1.25
"""A load fails below one that passes when that one is so many times as much; less may be noise."""
_WIDEST = 1.9
"""An interval whose ends are further apart is no answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextProbe:
    """The next trial of a search."""

    level: float
    confirming: bool


def next_probe(goal: CapacityGoal, probes: Sequence[Probe]) -> NextProbe | None:
    """Return the next load to try; None when the search has ended. The same probes give the same answer."""
    if len(probes) >= goal.max_trials or _confirmed(probes) is not None or _gap(probes):
        return None
    if not any(probe.passed for probe in probes):
        return _until_one_passes(goal, probes)
    doubtful = _fails_below_a_pass(probes)
    if doubtful is not None:
        return NextProbe(level=doubtful, confirming=False)
    belief = believe(goal, tuple(probes))
    ready = _is_narrow(goal, belief) and len(belief.readings) >= min(_ENOUGH, _beside(probes))
    if ready or len(probes) >= goal.max_trials - _RESERVED:
        return NextProbe(level=_to_confirm(goal, belief, probes), confirming=True)
    return NextProbe(level=_within(goal, belief.quantile(0.5)), confirming=False)


def capacity(goal: CapacityGoal, probes: Sequence[Probe]) -> Capacity:
    """Return what the probes say together; "none" only when low loads failed and nothing ever passed."""
    if not probes or _nothing_passes(goal, probes):
        status = CapacityStatus.NONE if probes else CapacityStatus.UNCONFIRMED
        return Capacity(status=status, estimate=None, low=None, high=None, confirmed=None, trials=len(probes))
    belief = believe(goal, tuple(probes))
    confirmed = _confirmed(probes)
    hidden = max(probe.may_hide for probe in probes)
    low, estimate = _within(goal, belief.quantile(_TAIL) / (1 + hidden)), _within(goal, belief.quantile(0.5))
    high = max(belief.quantile(1 - _TAIL), confirmed or 0)
    status = _status(goal, probes, (low, estimate, high))
    told = status is not CapacityStatus.NOT_TOLD
    return Capacity(
        status=status,
        estimate=max(estimate, confirmed or 0) if told else None,
        low=None if _gap(probes) else low,
        high=None if _gap(probes) else high,
        confirmed=confirmed,
        trials=len(probes),
        readings=belief.readings,
    )


def _status(goal: CapacityGoal, probes: Sequence[Probe], found: tuple[float, float, float]) -> CapacityStatus:
    low, estimate, high = found
    if _gap(probes) or not any(probe.passed for probe in probes):
        return CapacityStatus.NOT_TOLD
    if estimate >= goal.highest and low * _WIDEST >= goal.highest:
        return CapacityStatus.UNCONFIRMED if _confirmed(probes) is None else CapacityStatus.AT_LEAST
    if high > low * _WIDEST:
        return CapacityStatus.NOT_TOLD
    return CapacityStatus.UNCONFIRMED if _confirmed(probes) is None else CapacityStatus.FOUND


def _until_one_passes(goal: CapacityGoal, probes: Sequence[Probe]) -> NextProbe | None:
    """Try the lowest load twice, then twice as much: who only fails at the lowest has no simple capacity."""
    if _nothing_passes(goal, probes):
        return None
    at_lowest = sum(probe.level == goal.lowest for probe in probes)
    level = goal.lowest if at_lowest < _SURE else _within(goal, _STEP_UP * goal.lowest)
    return NextProbe(level=level, confirming=False)


def _nothing_passes(goal: CapacityGoal, probes: Sequence[Probe]) -> bool:
    if any(probe.passed for probe in probes):
        return False
    return len(probes) > _SURE and sum(probe.level == goal.lowest for probe in probes) >= _SURE


def _fails_below_a_pass(probes: Sequence[Probe]) -> float | None:
    """Return a load that failed once, and never passed, below one that passed: it is tried again."""
    highest = max(probe.level for probe in probes if probe.passed)
    tried = {probe.level for probe in probes if not probe.passed and probe.level * _CLEARLY_MORE <= highest}
    return next((level for level in sorted(tried) if sum(one.level == level for one in probes) < _SURE), None)


def _gap(probes: Sequence[Probe]) -> bool:
    """Tell whether a load failed each time below one that passed: then there is no one highest load to tell."""
    passed = [probe.level for probe in probes if probe.passed]
    if not passed:
        return False
    below = [one.level for one in probes if one.level * _CLEARLY_MORE <= max(passed)]
    return any(below.count(level) >= _SURE and level not in passed for level in below)


def _confirmed(probes: Sequence[Probe]) -> float | None:
    return max((probe.level for probe in probes if probe.confirming and probe.passed), default=None)


def _beside(probes: Sequence[Probe]) -> int:
    """Return how many readings may be asked for: none where failures begin while the p95 is far from its limit."""
    return _ENOUGH if any(abs(probe.log_excess) <= NEAR and not probe.overloaded for probe in probes) else 0


def _is_narrow(goal: CapacityGoal, belief: Belief) -> bool:
    low, high = belief.quantile(_STOP_TAIL), belief.quantile(1 - _STOP_TAIL)
    return high <= low * (1 + goal.width) ** 2 or low >= goal.highest


def _to_confirm(goal: CapacityGoal, belief: Belief, probes: Sequence[Probe]) -> float:
    failed = [probe.level for probe in probes if probe.confirming]
    cautious = belief.quantile(_CAUTIOUS / (1 + len(failed)))
    # Lower than what failed to be confirmed, or the second long window would only repeat the first.
    return _within(goal, min([cautious, *(level / (1 + goal.width / 2) for level in failed)]))


def _within(goal: CapacityGoal, level: float) -> float:
    return min(max(level, goal.lowest), goal.highest)
