"""Proofs of written files whose truth is known: how often one that is as measured is called so, and the power."""

import math
from dataclasses import dataclass

import numpy as np

from badgateway.judge.prediction import TrialFigures, compared
from tests.simulation.promises import Promise
from tests.simulation.worlds import Dice, Failures

NONE = Failures()


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """What a deployment does, beside what was measured."""

    slower: float = 0.0
    """So much less capacity, under a load that is beyond it."""
    failures: Failures = NONE


AS_MEASURED = Deployed()


def _figures(what: Deployed, dice: Dice, noise: float, requests: int) -> TrialFigures:
    return TrialFigures(
        requests=requests,
        failures=what.failures.of(dice, requests),
        p95_ms=300 / (1 - what.slower) * math.exp(float(dice.normal(0, noise))),
        # Throughput has half the noise of p95, as in results/reference/servers.
        throughput_rps=400 * (1 - what.slower) * math.exp(float(dice.normal(0, noise / 2))),
    )


def called_different(what: Deployed, number: int, *, trials: int, noise: float, requests: int = 1500) -> int:
    """Return how many of so many proofs say DIFFERENT."""
    found = 0
    for seed in range(number):
        dice = np.random.default_rng([seed, trials])
        before = [_figures(AS_MEASURED, dice, noise, requests) for _ in range(trials)]
        one = _figures(what, dice, noise, requests)
        found += any(each.holds is False for each in compared(before, one))
    return found


def wrong(number: int, *, trials: int, noise: float) -> Promise:
    """Count the files that are as measured, and called different."""
    found = called_different(AS_MEASURED, number, trials=trials, noise=noise)
    return Promise(
        what=f"called different, {trials} trials, noise {noise:.0%}", count=found, total=number, at_most=0.015
    )


def power(what: Deployed, number: int, *, trials: int, noise: float) -> Promise:
    """Count the files that do something else, and are called different."""
    found = called_different(what, number, trials=trials, noise=noise)
    return Promise(what=f"told different, {trials} trials, noise {noise:.0%}", count=found, total=number)
