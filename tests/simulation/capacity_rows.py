"""Measures capacity searches on simulated servers whose capacity is known: rows of benchmarks/verdicts.py."""

import math
from collections.abc import Iterator

import numpy as np
from scipy.stats import beta

from tests.simulation.capacities import CURVES, GOAL, Found, Site, Weather, behind, search, search_in_rounds, some_truth
from tests.simulation.queues import Queue

_WEATHER: dict[str, dict[str, float]] = {
    "noise 3 %": {"noise": 0.03},
    "noise 10 %": {"noise": 0.1},
    "noise 20 %": {"noise": 0.2},
    "AR(0.8) 8 %": {"noise": 0.08, "resemblance": 0.8},
    "step of 20 %": {"noise": 0.03, "step": 0.2},
    "drift of 15 %": {"noise": 0.03, "drift": 0.15},
    "10 % of windows hit": {"noise": 0.03, "hits": 0.1},
}


def capacity_rows(number: int) -> Iterator[str]:
    """Yield a line for each world: what is told, whether it is true, and whether servers alike are told apart."""
    for weather, given in _WEATHER.items():
        for curve in CURVES:
            yield f"capacity, {weather}, {curve}: {_told([_searched(curve, given, seed) for seed in range(number)])}"
    yield f"capacity, open-loop queue: {_told([_queue(seed) for seed in range(number)])}"
    for weather, given in _WEATHER.items():
        different = sum(_is_different(given, seed) for seed in range(number))
        yield f"capacity, 4 servers alike, {weather}: one said to carry less {_share(different, number)}"


def _searched(curve: str, weather: dict[str, float], seed: int) -> Found:
    dice = np.random.default_rng([81, seed])
    truth = some_truth(dice)
    sky = Weather(rng=dice, **weather)
    capacity, probes = search(GOAL, Site(truth=truth, curve=CURVES[curve], weather=sky).end)
    return Found(truth=truth, capacity=capacity, probes=probes, machines=sky.machines)


def _queue(seed: int) -> Found:
    dice = np.random.default_rng([82, seed])
    queue = Queue(rate_per_s=math.exp(dice.uniform(math.log(40), math.log(500))), weather=Weather(rng=dice))
    capacity, probes = search(GOAL, queue.end)
    return Found(truth=queue.truth, capacity=capacity, probes=probes)


def _is_different(weather: dict[str, float], seed: int) -> bool:
    dice = np.random.default_rng([83, seed])
    truth, curve = some_truth(dice), list(CURVES.values())[seed % len(CURVES)]
    sites = [Site(truth=truth, curve=curve, weather=Weather(rng=dice, **weather)) for _ in range(4)]
    return bool(behind(search_in_rounds(GOAL, sites)))


def _told(found: list[Found]) -> str:
    told = [one for one in found if one.is_told]
    trials = np.mean([len(one.probes) for one in found])
    covered = _share(sum(one.is_covered for one in told), len(told))
    first = _share(sum(one.holds(one.truth) for one in told), len(told))
    before = f" (that from before the step {first})" if any(any(one.machines) for one in found) else ""
    of_told = f"of these the interval holds the truth {covered}{before}"
    return f"told {_share(len(told), len(found))}, {of_told}, trials {trials:.1f}"


def _share(count: int, total: int) -> str:
    """Say a share with its exact 95 % interval."""
    if not total:
        return "0 of 0"
    low = beta.ppf(0.025, count, total - count + 1) if count else 0.0
    high = beta.ppf(0.975, count + 1, total - count) if count < total else 1.0
    return f"{count / total:.1%} [{low:.1%}, {high:.1%}]"
