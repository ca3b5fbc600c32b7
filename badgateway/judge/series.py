"""What a short series of readings says of the value behind it, when neighbours may resemble each other.

Ten readings that follow each other count as fewer than ten where a slow minute lasts for several of them. How much
readings resemble each other cannot be told from ten of them, so each likelihood here is kept for several resemblances
and several noises, and whoever uses it adds them up.
"""

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

RESEMBLANCES = (0.0, 0.5, 0.8, 0.95)
"""Correlation of a reading with the one before it; near 1 the series has levels, and steps between them."""
_BELIEVED = (0.08, 0.12, 0.4, 0.4)
"""Mostly in slow minutes: to take them for independent noise makes an interval too narrow, the reverse only wider."""
NOISES = (0.012, 0.025, 0.05, 0.1, 0.2, 0.4)
"""Standard deviation of one reading, as a share."""
_CELLS = 801
_BEYOND = 12.0


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Likelihood:
    """The logarithm of a likelihood, as a quadratic function of the value: `constant + linear v - square v² / 2`.

    Each array has the shape (curves, resemblances, noises).
    """

    constant: Numbers
    linear: Numbers
    square: Numbers

    def at(self, values: Numbers) -> Numbers:
        """Return the logarithms at some values; shape (curves, resemblances, noises, values)."""
        log: Numbers = (
            self.constant[..., None] + self.linear[..., None] * values - 0.5 * self.square[..., None] * values**2
        )
        return log


def likelihood(readings: Numbers, own_variance: Numbers, rounds: tuple[int, ...]) -> Likelihood:
    """Return what readings say of the value they scatter around.

    Args:
        readings: Shape (curves, readings): the same readings as several curves would have them.
        own_variance: Same shape: variance that each reading has besides the noise.
        rounds: When each reading was taken.
    """
    count = readings.shape[1]
    alike = _alike(rounds)
    noise = np.square(NOISES)
    covariance = alike[None, :, None] * noise[None, None, :, None, None] + (
        own_variance[:, None, None, :, None] * np.eye(count)
    )
    weight = np.linalg.inv(covariance)
    _, log_size = np.linalg.slogdet(covariance)
    weighted = np.einsum("crnij,cj->crni", weight, readings)
    constant = -0.5 * (np.einsum("crni,ci->crn", weighted, readings) + log_size + count * math.log(2 * math.pi))
    prior = np.log(_BELIEVED)[None, :, None]
    return Likelihood(constant=constant + prior, linear=weighted.sum(axis=-1), square=weight.sum(axis=(-2, -1)))


def chance_below_zero(readings: Numbers, own_variance: Numbers, rounds: tuple[int, ...]) -> float:
    """Return the probability that the value behind the readings is zero or less."""
    spread = max(float(np.std(readings)), min(NOISES))
    values = float(np.mean(readings)) + np.linspace(-_BEYOND, _BEYOND, _CELLS) * spread
    log = likelihood(readings[None, :], own_variance[None, :], rounds).at(values)
    believed = np.exp(log - log.max()).sum(axis=(0, 1, 2))
    return float(believed[values <= 0].sum() / believed.sum())


@cache
def _alike(rounds: tuple[int, ...]) -> Numbers:
    """Return the correlations; shape (resemblances, readings, readings)."""
    apart = np.abs(np.subtract.outer(rounds, rounds)).astype(float)
    return np.stack([np.eye(len(rounds)) if one == 0 else one**apart for one in RESEMBLANCES])
