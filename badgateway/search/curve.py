"""Fits how the p95 rises with the load, near the limit only: there a straight line on logarithms is good enough."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from badgateway.judge.series import Likelihood, Numbers, likelihood
from badgateway.model.capacity import Probe, Reading

NEAR = math.log(2)
"""A p95 from half the limit to twice it is near. Farther away only counts whether it was within the limit."""
_STEEPNESS = (0.7, 1.5, 4.0, 12.0, 30.0)
"""Per cent of p95 for one per cent of load: about 1 beyond saturation in a closed loop, very much in an open one."""
_BENT = 0.3
"""Standard error of a distance that is read off a straight line, as a share: real curves are bent."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CurveFit:
    """What trials near the limit say of the boundary, for each pair of steepnesses, below the limit and above."""

    likelihood: Likelihood
    rounds: tuple[int, ...]
    boundaries: Numbers
    """Logarithms of loads, shape (curves, trials): where each trial saw the boundary."""
    errors: Numbers

    def readings(self, shares: Numbers) -> tuple[Reading, ...]:
        """Return where each trial saw the boundary, over the curves as they are believed in."""
        believed = shares / shares.sum()
        middle = believed @ self.boundaries
        variance = believed @ (self.errors**2 + (self.boundaries - middle) ** 2)
        return tuple(
            Reading(round=number, load=math.exp(log), error=math.sqrt(square))
            for number, log, square in zip(self.rounds, middle, variance, strict=True)
        )


def fit(near: Sequence[tuple[int, Probe]]) -> CurveFit:
    """Return the fit.

    Args:
        near: Trials whose p95 was near the limit, with the number of their round.
    """
    below, above = (one.ravel() for one in np.meshgrid(_STEEPNESS, _STEEPNESS))
    excess = np.array([probe.log_excess for _, probe in near])
    carried = np.log([probe.carried for _, probe in near])
    steepness = np.where(excess > 0, above[:, None], below[:, None])
    distance = excess / steepness
    boundaries = carried - distance
    counted = np.array([probe.error for _, probe in near])
    errors = np.hypot(_BENT * distance, counted)
    rounds = tuple(number for number, _ in near)
    found = likelihood(boundaries, errors**2, rounds)
    # Densities are of the p95, so each reading's density of the boundary is divided by the steepness.
    by_p95 = np.array([probe.sustained is None for _, probe in near])
    scaled = found.constant - np.log(steepness[:, by_p95]).sum(axis=1)[:, None, None]
    return CurveFit(
        likelihood=Likelihood(constant=scaled, linear=found.linear, square=found.square),
        rounds=rounds,
        boundaries=boundaries,
        errors=errors,
    )
