"""Searches the highest load at the objective: the next load to try, and what the tried ones say together."""

from collections.abc import Sequence
from dataclasses import dataclass

from badgateway.model.capacity import Capacity, CapacityGoal, CapacityStatus, Probe
from badgateway.search.boundary import Belief, believe

_TAIL = 0.025
_STOP_TAIL = 0.1
_CAUTIOUS = 0.15
"""A confirmation is tried at the load that the boundary lies above with 85 %; after each failed one, lower."""
_RESERVED = 2
"""Trials kept back for confirmations."""
_SURE_OF_NOTHING = 2
"""So often must the lowest load fail, and never pass, until there is said to be no capacity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextProbe:
    """The next trial of a search."""

    level: float
    confirming: bool


def next_probe(goal: CapacityGoal, probes: Sequence[Probe]) -> NextProbe | None:
    """Return the next load to try; None when the search has ended. The same probes give the same answer."""
    if len(probes) >= goal.max_trials or _nothing_passes(goal, probes) or _confirmed(probes) is not None:
        return None
    if not any(probe.passed for probe in probes):
        tried_lowest = sum(probe.level == goal.lowest for probe in probes)
        if tried_lowest < _SURE_OF_NOTHING and (not probes or probes[-1].level == goal.lowest):
            return NextProbe(level=goal.lowest, confirming=False)
    belief = believe(goal, probes)
    if _is_narrow(goal, belief) or len(probes) >= goal.max_trials - _RESERVED:
        return NextProbe(level=_to_confirm(goal, belief, probes), confirming=True)
    return NextProbe(level=_within(goal, belief.quantile(0.5)), confirming=False)


def capacity(goal: CapacityGoal, probes: Sequence[Probe]) -> Capacity:
    """Return what the probes say together; "none" only when the lowest load failed and never passed."""
    if _nothing_passes(goal, probes) or not probes:
        status = CapacityStatus.NONE if probes else CapacityStatus.UNCONFIRMED
        return Capacity(status=status, estimate=None, low=None, high=None, confirmed=None, trials=len(probes))
    belief = believe(goal, probes)
    confirmed = _confirmed(probes)
    estimate = _within(goal, belief.quantile(0.5))
    return Capacity(
        status=_status(goal, belief, confirmed),
        estimate=max(estimate, confirmed or 0),
        low=_within(goal, belief.quantile(_TAIL)),
        high=max(belief.quantile(1 - _TAIL), confirmed or 0),
        confirmed=confirmed,
        trials=len(probes),
    )


def _status(goal: CapacityGoal, belief: Belief, confirmed: float | None) -> CapacityStatus:
    if confirmed is None:
        return CapacityStatus.UNCONFIRMED
    return CapacityStatus.AT_LEAST if belief.quantile(0.5) >= goal.highest else CapacityStatus.FOUND


def _nothing_passes(goal: CapacityGoal, probes: Sequence[Probe]) -> bool:
    at_lowest = [probe.passed for probe in probes if probe.level == goal.lowest]
    return len(at_lowest) >= _SURE_OF_NOTHING and not any(probe.passed for probe in probes)


def _confirmed(probes: Sequence[Probe]) -> float | None:
    return max((probe.level for probe in probes if probe.confirming and probe.passed), default=None)


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
