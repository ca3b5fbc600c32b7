"""Holds trials of one session to those of another on the same machine: sessions differ by more than their trials."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

DRIFT = 0.08
"""Standard deviation, as a logarithm, of what a machine does from session to session; docs/how-the-pick-is-made.md."""
LEAST_TRIALS = 3
"""Of either; with fewer nothing is known of how trials differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """How far the trials of two sessions are apart, as logarithms."""

    estimate: float
    """Of the second over the first."""
    reach: float
    """By how much less it may be, at the level that was asked."""
    error: float
    """Its standard error, with the drift."""


def apart(before: Sequence[float], now: Sequence[float], level: float) -> Apart | None:
    """Return how far apart the means of two sessions' logarithms are; None with too few trials of either.

    Args:
        before: One a trial.
        now: One a trial.
        level: How often the truth may be beyond the reach, one-sided.
    """
    if min(len(before), len(now)) < LEAST_TRIALS:
        return None
    from scipy.special import ndtri, stdtrit  # noqa: PLC0415 # 0.4 s to import: not at every start

    first, second = np.asarray(before, dtype=float), np.asarray(now, dtype=float)
    freedom = len(first) + len(second) - 2
    squares = float(((first - first.mean()) ** 2).sum() + ((second - second.mean()) ** 2).sum())
    of_trials = math.sqrt(squares / freedom * (1 / len(first) + 1 / len(second)))
    of_sessions = math.sqrt(2) * DRIFT
    return Apart(
        estimate=float(second.mean() - first.mean()),
        reach=math.hypot(float(stdtrit(freedom, 1 - level)) * of_trials, float(ndtri(1 - level)) * of_sessions),
        error=math.hypot(of_trials, of_sessions),
    )
