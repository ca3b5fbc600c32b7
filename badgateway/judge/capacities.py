"""Tells whether one configuration's capacity is proven to be lower than another's."""

import math

import numpy as np

from badgateway.judge.series import chance_below_zero
from badgateway.model.capacity import Capacity, CapacityStatus

CAPACITY = 0.05
"""Chance that of configurations that are alike any is said to carry less, over all pairs of a study."""
_ENOUGH = 5
"""Rounds in which both were near their limits; with fewer only the intervals are compared."""
_OF_95 = 1.96
_FREEDOM = 10
"""Of Student's t: how far beyond its 95 % interval a capacity may be is known from a few trials only."""


def is_proven_lower(rival: Capacity, leader: Capacity, *, configurations: int) -> bool:
    """Tell whether the rival carries less than the leader, at the level that so many configurations leave to one pair.

    Trials of one round ran one after another, so what was slow just then is in both and falls out of their ratio.
    Their intervals are held against each other, too: two may have hardly a round in common.
    """
    if leader.low is None or leader.high is None or leader.status is CapacityStatus.NONE:
        return False
    if rival.status is CapacityStatus.NONE:
        return leader.confirmed is not None
    if rival.low is None or rival.high is None:
        return False
    by_rounds = _by_rounds(rival, leader)
    by_intervals = _by_intervals(rival, leader)
    # Of two tests the better one may count if each has half of the level.
    chance = by_intervals if by_rounds is None else 2 * min(by_rounds, by_intervals)
    return chance <= CAPACITY / (configurations * (configurations - 1))


def _by_rounds(rival: Capacity, leader: Capacity) -> float | None:
    """Return how likely it is that the rival carries no less, from the rounds in which both were near their limits."""
    ahead = {one.round: one for one in leader.readings}
    pairs = [(one, ahead[one.round]) for one in rival.readings if one.round in ahead]
    if len(pairs) < _ENOUGH:
        return None
    gaps = np.array([math.log(theirs.load / mine.load) for mine, theirs in pairs])
    own = np.array([mine.error**2 + theirs.error**2 for mine, theirs in pairs])
    return chance_below_zero(gaps, own, tuple(mine.round for mine, _ in pairs))


def _by_intervals(rival: Capacity, leader: Capacity) -> float:
    """Hold the upper half of the rival's interval against the lower half of the leader's."""
    from scipy.special import stdtr  # noqa: PLC0415 # 0.4 s to import: not at every start

    assert rival.middle
    assert rival.high
    assert leader.middle
    assert leader.low
    error = math.hypot(math.log(rival.high / rival.middle), math.log(leader.middle / leader.low)) / _OF_95
    return float(stdtr(_FREEDOM, math.log(rival.middle / leader.middle) / max(error, 1e-9)))
