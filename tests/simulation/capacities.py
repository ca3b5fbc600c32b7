"""Searches of the capacity in worlds whose truth is known: curves of the p95, and what disturbs a trial."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.special import bdtrc

from badgateway.judge.capacities import is_proven_lower
from badgateway.model.capacity import Capacity, CapacityGoal, CapacityStatus, Probe
from badgateway.search.capacity import NextProbe, capacity, next_probe

GOAL = CapacityGoal(lowest=20, highest=640)
Curve = Callable[[float], float]
"""The p95 as a share of its limit, at a load as a share of the capacity; 1 at 1."""


def power_law(steepness: float) -> Curve:
    return lambda load: load**steepness


def closed_loop(load: float) -> float:
    """Flat until the workers are busy at 0.35 of the capacity, from then on as much longer as users are more."""
    return 0.05 + 0.95 * _softly((load - 0.3) / 0.7)


def tailed(load: float) -> float:
    """A closed loop whose tail grows faster beyond its capacity: threads that wait for one another."""
    return closed_loop(load) * (max(load, 1.0) ** 2)


def open_loop(load: float) -> float:
    """A queue: the p95 is ten times that of an idle one at its limit, and without end a tenth above it."""
    saturated = 1.1
    return 0.1 * (saturated - 0.1) / max(saturated - load, 1e-3) if load < saturated else 100.0


def cliff(load: float) -> float:
    """No warning: 0.4 of the limit up to the capacity, five times the limit beyond."""
    return 0.4 * (0.8 + 0.2 * load) if load <= 1 else 5.0


def _softly(load: float) -> float:
    return math.log1p(math.exp(12 * load)) / math.log1p(math.exp(12))


CURVES: dict[str, Curve] = {
    "power law 2": power_law(2),
    "closed loop": closed_loop,
    "tailed": tailed,
    "open loop": open_loop,
    "cliff": cliff,
}


@dataclass(slots=True, kw_only=True)
class Weather:
    """What disturbs trials, one after another: shares of the load at which a server is as slow as the curve says."""

    rng: np.random.Generator
    noise: float = 0.03
    resemblance: float = 0.0
    """AR(1) of the noise."""
    hits: float = 0.0
    """Chance that a window is three times as slow."""
    step: float = 0.0
    """From a random trial on the machine is so much slower, or faster."""
    drift: float = 0.0
    """So much slower over fourteen trials."""
    _last: float | None = field(default=None, init=False)
    _number: int = field(default=0, init=False)
    _step_at: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._step_at = int(self.rng.integers(1, 13))

    @property
    def machines(self) -> tuple[float, ...]:
        """Logarithms by which loads felt heavier: on the machine of most trials so far, and on that of the last one.

        A step makes another machine of it. One that ran the fewer trials, and none of the last, may have been gone
        before any trial came near its limit: no search can tell its capacity. Drift and noise have one machine.
        """
        after = max(self._number - self._step_at, 0)
        heavier = math.log1p(self.step)
        return (heavier * (after > self._number / 2), heavier * (after > 0))

    def next(self) -> float:
        """Return by what the load of the next trial feels heavier, as a logarithm."""
        fresh = self.rng.normal(0, self.noise)
        again = self.resemblance
        self._last = fresh if self._last is None else again * self._last + math.sqrt(1 - again**2) * fresh
        self._number += 1
        return (
            self._last
            + math.log1p(self.step) * (self._number > self._step_at)
            + math.log1p(self.drift) * (self._number / 14 - 0.5)
        )


@dataclass(slots=True, kw_only=True)
class Site:
    """A server: how its p95 rises, at which load it fails, and how often it fails whatever the load."""

    truth: float
    curve: Curve
    weather: Weather
    on_p95: bool = False
    """Whether the weather makes the p95 longer by that share, not the load heavier."""
    background: float = 0.0
    burst: int = 1
    failing: float = math.inf
    """Share of the capacity from which on a third of the requests fail."""
    hole: tuple[float, float] = (1.0, 1.0)
    """Shares of the capacity between which it fails too."""
    requests_per_window: int = 4000

    def end(self, due: NextProbe) -> Probe:
        """Run one trial."""
        heavier, rng = self.weather.next(), self.weather.rng
        load = due.level / self.truth
        felt = load if self.on_p95 else load * math.exp(heavier)
        share = self.curve(felt) * (math.exp(heavier) if self.on_p95 else 1.0)
        if rng.random() < self.weather.hits:
            share *= 3
        requests = self.requests_per_window * (3 if due.confirming else 1)
        failures = int(rng.binomial(requests // self.burst, self.background)) * self.burst
        if felt > self.failing or self.hole[0] <= felt < self.hole[1]:
            failures, share = requests // 3, math.inf
        overloaded = bool(failures and bdtrc(failures - 1, requests, GOAL.max_failure_share) < 0.01)
        late = share if share < 50 else None
        return Probe(level=due.level, p95_share=late, overloaded=overloaded, confirming=due.confirming)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One search against a known truth."""

    truth: float
    capacity: Capacity
    probes: tuple[Probe, ...]
    machines: tuple[float, ...] = (0.0,)
    """Logarithms by which loads felt heavier on those machines whose capacity the interval must hold."""

    @property
    def is_told(self) -> bool:
        return self.capacity.status is not CapacityStatus.NOT_TOLD

    @property
    def is_close(self) -> bool:
        """Tell whether the estimate is within 5 % of the truth."""
        estimate = self.capacity.estimate
        return estimate is not None and abs(estimate / self.truth - 1) <= 0.05

    @property
    def is_covered(self) -> bool:
        """Tell whether the interval holds the truth, of each of the machines."""
        return all(self.holds(self.truth * math.exp(-heavier)) for heavier in self.machines)

    def holds(self, load: float) -> bool:
        """Tell whether the load is in the interval."""
        return (self.capacity.low or math.inf) <= load <= (self.capacity.high or 0)


def search(goal: CapacityGoal, end: Callable[[NextProbe], Probe]) -> tuple[Capacity, tuple[Probe, ...]]:
    """Search to the end."""
    probes: list[Probe] = []
    while (due := next_probe(goal, probes)) is not None:
        probes.append(end(due))
    return capacity(goal, probes), tuple(probes)


def some_truth(rng: np.random.Generator, goal: CapacityGoal = GOAL) -> float:
    """Return a capacity anywhere in the goal's range but at its very ends."""
    return float(goal.lowest * (goal.highest / goal.lowest) ** rng.uniform(0.05, 0.95))


def search_in_rounds(goal: CapacityGoal, sites: list[Site], together: Weather | None = None) -> list[Capacity]:
    """Search the capacities of several servers in turns; what `together` does, it does to all of a round."""
    probes: list[list[Probe]] = [[] for _ in sites]
    while any(due := [next_probe(goal, one) for one in probes]):
        heavier = together.next() if together else 0.0
        for site, mine, step in zip(sites, probes, due, strict=True):
            if step is not None:
                mine.append(replace(site, truth=site.truth * math.exp(-heavier)).end(step))
    return [capacity(goal, one) for one in probes]


def behind(found: list[Capacity]) -> list[int]:
    """Return which of them are proven to carry less than the one in front."""
    known = [index for index, one in enumerate(found) if one.middle is not None]
    if not known:
        return []
    leader = max(known, key=lambda index: found[index].middle or 0)
    return [
        index
        for index, one in enumerate(found)
        if index != leader and is_proven_lower(one, found[leader], configurations=len(found))
    ]
