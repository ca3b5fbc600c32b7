"""Measures capacity searches on simulated servers whose capacity is known: rows of benchmarks/verdicts.py."""

import math
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from badgateway.model.capacity import CapacityStatus
from tests.simulation.capacities import CURVES, GOAL, Found, Site, Weather, behind, search, search_in_rounds, some_truth
from tests.simulation.promises import Promise, Question
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
_FAILING: dict[str, float] = {"background": 0.0005}
_HOLE = (0.5, 0.7)
_TOLD = {"noise 3 %": 0.9, "noise 10 %": 0.6}
_MOST_TRIALS = 14
_CLOSE = {("noise 20 %", "tailed"), ("noise 20 %", "open loop"), ("step of 20 %", "open loop")}
"""Worlds in which the intervals hold about as much as is promised: few searches cannot tell on which side."""
_CLOSER = 3
"""So many times the searches there."""


def capacity_questions(number: int) -> Iterator[Question]:
    """Yield a question for each world: how many are told and true, and whether servers alike are told apart."""
    for weather in _WEATHER:
        for curve in CURVES:
            yield partial(_of_world, weather, curve, number * (_CLOSER if (weather, curve) in _CLOSE else 1))
    yield partial(_of_failing, number)
    yield partial(_with_a_hole, number * _CLOSER)
    yield partial(_of_queue, number)
    for weather in _WEATHER:
        yield partial(_alike, weather, number)
    yield partial(_alike_and_failing, number)


def _of_world(weather: str, curve: str, number: int) -> tuple[Promise | str, ...]:
    found = [_searched(curve, _WEATHER[weather], seed) for seed in range(number)]
    return _promises(f"capacity, {weather}, {curve}", found, at_least_told=_TOLD.get(weather))


def _of_failing(number: int) -> tuple[Promise | str, ...]:
    found = [_searched(_curve(seed), _WEATHER["noise 3 %"], seed, **_FAILING) for seed in range(number)]
    return _promises("capacity, 0.05 % fail at any load", found)


def _with_a_hole(number: int) -> tuple[Promise | str, ...]:
    """Take for the capacity of a server that also fails at lower loads where it fails first, or where it fails last.

    Where the lowest load of the range is one of those, "none" is true.
    """
    found = [_searched(_curve(seed), _WEATHER["noise 3 %"], seed, hole=_HOLE) for seed in range(number)]
    told = [one for one in found if one.is_told]
    covered = sum(one.is_covered or _holds_the_first(one) for one in told)
    what = f"capacity, fails from {_HOLE[0]} to {_HOLE[1]} of it too: the interval holds either end, where told"
    return (Promise(what=what, count=covered, total=len(told), at_least=0.9),)


def _holds_the_first(found: Found) -> bool:
    fails_first = found.truth * _HOLE[0]
    return found.holds(fails_first) or (found.capacity.status is CapacityStatus.NONE and fails_first <= GOAL.lowest)


def _of_queue(number: int) -> tuple[Promise | str, ...]:
    return _promises("capacity, open-loop queue", [_queue(seed) for seed in range(number)])


def _alike(weather: str, number: int) -> Promise:
    different = sum(_is_different(_WEATHER[weather], seed) for seed in range(number))
    return _called_different(weather, different, number)


def _alike_and_failing(number: int) -> Promise:
    different = sum(_is_different(_WEATHER["noise 3 %"], seed, **_FAILING) for seed in range(number))
    return _called_different("0.05 % fail at any load", different, number)


def _called_different(where: str, different: int, number: int) -> Promise:
    what = f"called different, 4 alike, capacity search, {where}"
    return Promise(what=what, count=different, total=number, at_most=0.06)


def _curve(seed: int) -> str:
    return list(CURVES)[seed % len(CURVES)]


def _searched(curve: str, weather: dict[str, float], seed: int, **of_site: Any) -> Found:
    dice = np.random.default_rng([81, seed])
    truth = some_truth(dice)
    sky = Weather(rng=dice, **weather)
    capacity, probes = search(GOAL, Site(truth=truth, curve=CURVES[curve], weather=sky, **of_site).end)
    return Found(truth=truth, capacity=capacity, probes=probes, machines=sky.machines)


def _queue(seed: int) -> Found:
    dice = np.random.default_rng([82, seed])
    queue = Queue(rate_per_s=math.exp(dice.uniform(math.log(40), math.log(500))), weather=Weather(rng=dice))
    capacity, probes = search(GOAL, queue.end)
    return Found(truth=queue.truth, capacity=capacity, probes=probes)


def _is_different(weather: dict[str, float], seed: int, **of_site: Any) -> bool:
    dice = np.random.default_rng([83, seed])
    truth, curve = some_truth(dice), CURVES[_curve(seed)]
    sites = [Site(truth=truth, curve=curve, weather=Weather(rng=dice, **weather), **of_site) for _ in range(4)]
    return bool(behind(search_in_rounds(GOAL, sites)))


def _promises(what: str, found: list[Found], at_least_told: float | None = None) -> tuple[Promise | str, ...]:
    told = [one for one in found if one.is_told]
    covered = sum(one.is_covered for one in told)
    trials = np.mean([len(one.probes) for one in found])
    return (
        Promise(what=f"{what}: told", count=len(told), total=len(found), at_least=at_least_told),
        Promise(what=f"{what}: the interval holds the truth, where told", count=covered, total=len(told), at_least=0.9),
        f"{'kept' if trials <= _MOST_TRIALS else 'BROKEN':6} {trials:7.1f} trials{'':12} <= {_MOST_TRIALS:<6} {what}",
    )
