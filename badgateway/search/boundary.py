"""What is believed about the load at which a configuration stops keeping the objective, after some trials."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray

from badgateway.judge.series import NOISES
from badgateway.model.capacity import CapacityGoal, Probe, Reading
from badgateway.search.curve import NEAR, CurveFit, fit

_CELLS_PER_WIDTH = 5
_LAPSE = 0.05
"""Chance that a trial says the opposite, whatever the load: a cron job, a burst."""
_LASTING = 0.7
"""Of the noise: that much may last for the whole search, so that no number of its trials averages it out."""
_QUIET = (0.25, 0.25, 0.2, 0.15, 0.1, 0.05)
"""How much each of the noises is believed in before; passes and failures alone tell little of it."""
_OUTLIER = 0.05
"""Chance that the p95 of a trial near the limit, the one at the lowest or highest load, is that of something else."""
_LEAST = 1e-300
"""Added before a logarithm is taken."""
_MOSTLY = 0.9
"""So sure it must be that the p95 ends what is carried, until capacities are compared by it."""
_NO_LIMIT = 0.5
"""Believed before: that up to the highest load no failures begin before the p95 is too slow."""

Weights = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Belief:
    """Probabilities over the boundary, on a grid of logarithms of loads."""

    logs: Weights
    weights: Weights
    readings: tuple[Reading, ...]

    def quantile(self, probability: float) -> float:
        """Return the load below which the boundary lies with that probability."""
        place = int(np.searchsorted(np.cumsum(self.weights), probability))
        return math.exp(self.logs[min(place, len(self.logs) - 1)])


@lru_cache(maxsize=512)
def believe(goal: CapacityGoal, probes: tuple[Probe, ...]) -> Belief:
    """Return what the probes make believable, starting from no preference between all loads of the goal's range.

    Two things can end what a configuration carries: its p95 reaches the limit, or failures begin. Each has its own
    boundary, told by its own trials, and the capacity is the lower one.
    """
    logs = _grid(goal.lowest, goal.highest, goal.width)
    slow, readings = _too_slow(logs, probes)
    failing = _failing(logs, probes)
    above_both = _above(slow) * _above(failing)
    weights = np.maximum(-np.diff(above_both, append=0.0), 0)
    # Where failures may begin first, it is not the p95 that tells the capacity.
    slow_first = np.searchsorted(np.cumsum(slow), _MOSTLY) <= np.searchsorted(np.cumsum(failing), 1 - _MOSTLY)
    return Belief(logs=logs, weights=weights / weights.sum(), readings=readings if slow_first else ())


def _above(weights: Weights) -> Weights:
    """Return the probability that the boundary lies at each place of the grid, or above."""
    return np.cumsum(weights[::-1])[::-1]


def _too_slow(logs: Weights, probes: Sequence[Probe]) -> tuple[Weights, tuple[Reading, ...]]:
    """Return where the p95 reaches its limit: the curve through trials near it, and on which side the others are."""
    timed = [(number, probe) for number, probe in enumerate(probes, 1) if not probe.overloaded]
    near = [(number, probe) for number, probe in timed if abs(probe.log_excess) <= NEAR]
    far = [(probe, probe.is_in_time) for _, probe in timed if abs(probe.log_excess) > NEAR]
    sides = _sides(logs, far)
    if not near:
        return _lasting(logs, sides), ()
    supposed = [_supposing(logs, kept, sides) for kept in _kept(near)]
    chances = [_OUTLIER / (2 * NEAR) if number else 1 - 2 * _OUTLIER for number in range(len(supposed))]
    top = max(float(one.joint.max()) for one in supposed)
    weighed = [chance * np.exp(one.joint - top) for chance, one in zip(chances, supposed, strict=True)]
    weights = np.sum([one.sum(axis=0) for one in weighed], axis=0)
    likeliest = int(np.argmax([one.sum() for one in weighed]))
    found: Weights = weights / weights.sum()
    return found, supposed[likeliest].readings(weighed[likeliest].sum(axis=1))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class _Supposed:
    """What is to be believed if all but the trials that were kept were hit by something else."""

    curve: CurveFit | None
    joint: Weights
    """Logarithms, shape (curves, logs)."""

    def readings(self, shares: Weights) -> tuple[Reading, ...]:
        """Return where each trial saw the boundary, over the curves as they are believed in."""
        return () if self.curve is None else self.curve.readings(shares)


def _kept(near: Sequence[tuple[int, Probe]]) -> list[list[tuple[int, Probe]]]:
    """Return all trials near the limit, and those without the one at the lowest, or the highest, load."""
    lowest, highest = (pick(near, key=lambda one: one[1].carried) for pick in (min, max))
    without = [[one for one in near if one is not odd] for odd in (lowest, highest)]
    return [list(near), *without]


def _supposing(logs: Weights, near: Sequence[tuple[int, Probe]], sides: Weights) -> _Supposed:
    """Return what these trials near the limit make believable, together with the sides of the others."""
    curve = fit(near) if near else None
    joint = sides[None, None] if curve is None else curve.likelihood.at(logs) + sides
    top = joint.max()
    summed = np.log(np.exp(joint - top).sum(axis=(1, 2)) + _LEAST)
    return _Supposed(curve=curve, joint=summed + top - math.log(len(joint)))


def _failing(logs: Weights, probes: Sequence[Probe]) -> Weights:
    """Return where failures begin; the last place of the grid stands for "nowhere in the range"."""
    if not any(probe.overloaded for probe in probes):
        return np.append(np.zeros(len(logs) - 1), 1.0)
    # Nowhere is beyond any load: there only a lapse fails, however much the boundary scatters.
    joint = _sides(np.append(logs[:-1], np.inf), [(probe, not probe.overloaded) for probe in probes])
    shares = np.exp(joint - joint.max())
    somewhere = _blurred(logs, shares[:, :-1]) * (1 - _NO_LIMIT) / (len(logs) - 1)
    weights = np.append(somewhere, shares[:, -1].sum() * _NO_LIMIT)
    found: Weights = weights / weights.sum()
    return found


def _sides(logs: Weights, trials: Sequence[tuple[Probe, bool]]) -> Weights:
    """Return the log likelihood of trials of which only counts on which side they were; shape (noises, logs)."""
    from scipy.special import ndtr  # noqa: PLC0415 # 0.4 s to import: not at every start

    log = np.zeros((len(NOISES), len(logs)))
    for probe, passed in trials:
        noises = np.hypot(NOISES, probe.error)[:, None]
        passes = _LAPSE + (1 - 2 * _LAPSE) * ndtr((logs - math.log(probe.level)) / noises)
        log += np.log(passes if passed else 1 - passes)
    believed: Weights = log + np.log(_QUIET)[:, None]
    return believed


def _lasting(logs: Weights, joint: Weights) -> Weights:
    weights = _blurred(logs, np.exp(joint - joint.max()))
    found: Weights = weights / weights.sum()
    return found


def _blurred(logs: Weights, shares: Weights) -> Weights:
    """Add up the noises, each blurred by what of it may have lasted for the whole search."""
    from scipy.ndimage import gaussian_filter1d  # noqa: PLC0415 # see _sides

    widths = _LASTING * np.array(NOISES) / (logs[1] - logs[0])
    blurred = [gaussian_filter1d(row, width, mode="nearest") for width, row in zip(widths, shares, strict=True)]
    found: Weights = np.sum(blurred, axis=0)
    return found


@cache
def _grid(lowest: float, highest: float, width: float) -> Weights:
    """Return the grid: a little beyond both ends, so that "less than the lowest" can be believed too."""
    step = math.log1p(width) / _CELLS_PER_WIDTH
    beyond = 4 * math.log1p(width)
    return np.arange(math.log(lowest) - beyond, math.log(highest) + beyond, step)
