"""What is believed about the load at which a configuration stops keeping the objective, after some trials."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from badgateway.model.capacity import CapacityGoal, Probe

_CELLS_PER_WIDTH = 6
_NOISES = (0.015, 0.04, 0.10)
"""Standard deviation of a trial's own boundary around the arm's, as a share: quiet, usual, noisy."""
_LAPSE = 0.02
"""Chance that a trial says the opposite, whatever the load: a cron job, a burst."""
_QUIETER = math.sqrt(3)
"""A window three times as long has less noise."""

Weights = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Belief:
    """Probabilities over the boundary, on a grid of logarithms of loads."""

    logs: Weights
    weights: Weights

    def quantile(self, probability: float) -> float:
        """Return the load below which the boundary lies with that probability."""
        place = int(np.searchsorted(np.cumsum(self.weights), probability))
        return math.exp(self.logs[min(place, len(self.logs) - 1)])

    def above(self, level: float) -> float:
        """Return the probability that the boundary lies at the load or above it."""
        return float(self.weights[self.logs >= math.log(level) - 1e-9].sum())


def believe(goal: CapacityGoal, probes: Sequence[Probe]) -> Belief:
    """Return what the probes make believable, starting from no preference between all loads of the goal's range.

    The noise is not known, so it is believed in too: probabilities are kept for each boundary with each of three
    noises, and the noises are added up at the end.
    """
    logs = _grid(goal.lowest, goal.highest, goal.width)
    joint = np.zeros((len(_NOISES), len(logs)))
    for probe in probes:
        joint += _log_likelihood(logs, probe)
    weights = np.exp(joint - joint.max()).sum(axis=0)
    return Belief(logs=logs, weights=weights / weights.sum())


def _log_likelihood(logs: Weights, probe: Probe) -> Weights:
    from scipy.special import ndtr  # noqa: PLC0415 # 0.4 s to import: not at every start

    noises = np.array(_NOISES)[:, None] / (_QUIETER if probe.confirming else 1)
    passes = _LAPSE + (1 - 2 * _LAPSE) * ndtr((logs - math.log(probe.level)) / noises)
    likelihood: Weights = np.log(passes if probe.passed else 1 - passes)
    return likelihood


@cache
def _grid(lowest: float, highest: float, width: float) -> Weights:
    """Return the grid: a little beyond both ends, so that "less than the lowest" can be believed too."""
    step = math.log1p(width) / _CELLS_PER_WIDTH
    beyond = 4 * math.log1p(width)
    return np.arange(math.log(lowest) - beyond, math.log(highest) + beyond, step)
