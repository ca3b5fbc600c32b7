"""Runs capacity searches against servers whose capacity is known."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from badgateway.model.capacity import Capacity, CapacityGoal, Probe
from badgateway.search.capacity import capacity, next_probe

Passes = Callable[[float, bool], bool]
"""Whether a window at a load keeps the objective; the second argument says whether it is the long one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One search against a known truth."""

    truth: float
    capacity: Capacity
    probes: tuple[Probe, ...]

    @property
    def is_close(self) -> bool:
        """Tell whether the estimate is within 5 % of the truth."""
        estimate = self.capacity.estimate
        return estimate is not None and abs(estimate / self.truth - 1) <= 0.05

    @property
    def is_covered(self) -> bool:
        """Tell whether the interval holds the truth."""
        return (self.capacity.low or math.inf) <= self.truth <= (self.capacity.high or 0)


def search(goal: CapacityGoal, passes: Passes) -> tuple[Capacity, tuple[Probe, ...]]:
    """Search to the end."""
    probes: list[Probe] = []
    while (due := next_probe(goal, probes)) is not None:
        passed = passes(due.level, due.confirming)
        probes.append(Probe(level=due.level, passed=passed, confirming=due.confirming))
    return capacity(goal, probes), tuple(probes)


def noisy(truth: float, rng: np.random.Generator, *, noise: float, lapse: float) -> Passes:
    """Return a server whose capacity is a little different in each window, and that sometimes does the opposite."""

    def passes(level: float, confirming: bool) -> bool:  # noqa: FBT001 # the type of a server
        today = truth * math.exp(rng.normal(0, noise / (math.sqrt(3) if confirming else 1)))
        return bool((level < today) != (rng.random() < lapse))

    return passes


def repeats(goal: CapacityGoal, number: int, *, noise: float, lapse: float, seed: int = 1) -> Iterator[Found]:
    """Search so many servers, whose capacities are anywhere in the goal's range but at its very ends."""
    rng = np.random.default_rng(seed)
    for _ in range(number):
        truth = goal.lowest * (goal.highest / goal.lowest) ** rng.uniform(0.05, 0.95)
        found, probes = search(goal, noisy(truth, rng, noise=noise, lapse=lapse))
        yield Found(truth=truth, capacity=found, probes=probes)
