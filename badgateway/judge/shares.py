"""Judges a share from several units (the trials of a level, the seconds of a trial), because failures come in bursts.

Neither end believes that requests fail independently of each other, and neither gets better by a further failure.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

CERTAIN = 20.0
"""A betting test that has won so much is wrong in at most 1 of 20, at whatever moment it is looked at (Ville)."""
_BETS = ((1.0, 0.7), (0.4, 0.3))
"""How much of what it has the test bets on each unit, and how much of its stake: on steady failures, on a few events.

With the first a unit without any failure loses everything, which is right where all units fail alike.
"""
_TAIL = 0.025
_BISECTIONS = 60

Numbers = NDArray[np.float64]


def evidence_beyond(bad: ArrayLike, requests: ArrayLike, limit: float) -> float:
    """Return what a bet on "the share is beyond the limit" has won: CERTAIN is proof, below 1 it has lost.

    Each unit's share pays 1 + bet x (share / limit - 1), which is at most 1 on the average while the share is within
    the limit, however unevenly failures fall on the units. So no burst makes it wrong more often than 1 in CERTAIN.

    Args:
        bad: Requests that failed (or were missed) in each unit.
        requests: All requests of each unit; units without any say nothing.
        limit: The allowed share.
    """
    shares = _shares(bad, requests)
    if limit == 0:
        return math.inf if shares.any() else 1.0
    return float(sum(stake * np.prod(1 + bet * (shares / limit - 1)) for bet, stake in _BETS))


def lowest(bad: ArrayLike, requests: ArrayLike) -> float:
    """Return the largest limit that the units prove the share to be beyond; 0 when they prove none."""
    shares = _shares(bad, requests)
    low, high = 0.0, float(shares.max(initial=0.0))
    for _ in range(_BISECTIONS if high else 0):
        middle = (low + high) / 2
        is_beyond = evidence_beyond(bad, requests, middle) >= CERTAIN
        low, high = (middle, high) if is_beyond else (low, middle)
    return low


def highest(bad: ArrayLike, requests: ArrayLike) -> float:
    """Return the upper end of the share's 95 % interval.

    It is the largest of several exact (Clopper-Pearson) ends, one for each number k: as if the failures of the k worst
    units had come in k equal events, and the other units had none. All units together with events of one request is
    the plain binomial end, so it is never below that; a single burst gives the end of one event in few.

    Args:
        bad: Requests that failed (or were missed) in each unit.
        requests: All requests of each unit.
    """
    from scipy.special import betaincinv  # noqa: PLC0415 # 0.4 s to import: not at every start

    worst = np.sort(np.asarray(bad, dtype=float))[::-1]
    good = float(np.asarray(requests, dtype=float).sum() - worst.sum())
    if good <= 0:
        return 1.0
    units = len(worst)
    k = np.arange(1, units + 1)
    sums = np.cumsum(worst)
    spread = (units - k) / (units - 1) if units > 1 else np.zeros(1)
    event = np.maximum(1.0, sums / k * spread)
    return float(betaincinv(sums / event + 1, good / event, 1 - _TAIL).max())


def _shares(bad: ArrayLike, requests: ArrayLike) -> Numbers:
    of, total = np.asarray(bad, dtype=float), np.asarray(requests, dtype=float)
    shares: Numbers = of[total > 0] / total[total > 0]
    return shares


def repeated(units: Sequence[int], number: int) -> list[int]:
    """Return so many units that go on as those did."""
    return [units[place % len(units)] for place in range(number)]
