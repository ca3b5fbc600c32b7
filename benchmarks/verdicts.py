"""Measures the verdicts on simulated servers whose truth is known: power, capacity, racing, in many repeats.

In the project's root: `python benchmarks/verdicts.py --repeats 2000`. With MLRsearch installed, which the kit does not
need, the capacity search is held against it on the same servers.
"""

import functools
import importlib.util
import itertools
import math
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np

# The simulated servers live with the tests that hold them to the same truth.
sys.path.insert(0, str(Path(__file__).parent.parent))

from badgateway.judge.choice import choose
from badgateway.model.capacity import CapacityGoal
from badgateway.model.comparison import ChoiceKind, Relation
from badgateway.search import conclude
from tests.simulation.capacity_rows import capacity_rows
from tests.simulation.races import raced_and_full
from tests.simulation.servers import DRIFT, NOISE, Machine, Server, contest, in_blocks

_GOAL = CapacityGoal(lowest=20, highest=640)
_WEATHER = ((0.0, 0.0), (0.03, 0.0), (0.03, 0.02), (0.05, 0.02))
"""Noise of a window's boundary, and the chance that a window says the opposite."""


def _power(number: int) -> Iterator[str]:
    for better_by in (0.0, 0.03, 0.05, 0.10):
        servers = {"slower": Server(p95_ms=400), "faster": Server(p95_ms=400 * (1 - better_by))}
        asked = contest(*servers, levels=(200,))
        found = Counter[str]()
        for seed in range(number):
            choice = choose(asked, in_blocks(servers, 8, seed))
            found[choice.arm or "" if choice.kind is ChoiceKind.PICKED else choice.kind.value] += 1
        shares = ", ".join(f"{name} {count / number:.1%}" for name, count in sorted(found.items()))
        yield f"p95 lower by {better_by:.0%}, 8 blocks: {shares}"


def _best_of_three(number: int) -> Iterator[str]:
    """Compare with what leaderboards do: one session for each arm, and the best of three runs in it."""
    dice = np.random.default_rng(1)
    logs = dice.normal(0, DRIFT, (number, 2)) + dice.normal(0, NOISE, (3, number, 2)).min(axis=0)
    for better_by in (0.05, 0.10):
        wrong = logs[:, 0] < logs[:, 1] + math.log(1 - better_by)
        yield f"p95 lower by {better_by:.0%}, best of three of one session: the slower arm wins {wrong.mean():.1%}"


def _alike(number: int) -> Iterator[str]:
    for arms in (2, 3, 5):
        servers = {f"arm-{index}": Server(p95_ms=400) for index in range(arms)}
        asked = contest(*servers, levels=(200,))
        choices = [conclude(asked, Machine(servers=servers, seed=seed).run(asked)) for seed in range(number)]
        picked = sum(choice.kind is ChoiceKind.PICKED for choice in choices)
        any_worse = sum(any(one.relation is Relation.WORSE for one in choice.rivalries) for choice in choices)
        yield f"{arms} arms alike, raced: picked {picked / number:.1%}, any called worse {any_worse / number:.1%}"


def _said(noise: float, lapse: float) -> str:
    return f"noise {noise:.0%}, lapses {lapse:.0%}"


def _mlrsearch(number: int) -> Iterator[str]:
    if importlib.util.find_spec("MLRsearch") is None:
        yield "MLRsearch is not installed, so there is no comparison; install it with: pip install MLRsearch"
        return
    for noise, lapse in _WEATHER:
        for windows_a_load in (1, 3):
            close, trials = _searched_by_mlrsearch(number, noise, lapse, windows_a_load)
            yield (
                f"MLRsearch, {windows_a_load} windows a load, {_said(noise, lapse)}: within 5 % {close / number:.1%}, "
                f"never confirmed, trials {np.mean(trials):.1f} (at most {max(trials)})"
            )


def _searched_by_mlrsearch(number: int, noise: float, lapse: float, windows: int) -> tuple[int, list[int]]:
    import MLRsearch as mlr  # type: ignore[import-not-found] # noqa: N813, PLC0415 # not one of the kit's dependencies

    dice, close, trials = random.Random(1), 0, []  # noqa: S311 # a simulation
    for _ in range(number):
        truth = _GOAL.lowest * (_GOAL.highest / _GOAL.lowest) ** dice.uniform(0.05, 0.95)
        config = mlr.Config()
        config.min_load, config.max_load = _GOAL.lowest, _GOAL.highest
        config.warmup_duration, config.search_duration_max = None, 1e9
        goal = mlr.SearchGoal(relative_width=0.05, duration_sum=windows, fail_fast=False)
        config.goals = [goal]
        measurer = _measurer(mlr, functools.partial(_passes, truth=truth, noise=noise, lapse=lapse, dice=dice))
        (found,) = mlr.MultipleLossRatioSearch(config).search(measurer).values()
        trials.append(measurer.trials)
        low, high = found.relevant_lower_bound, found.relevant_upper_bound
        # The middle of its interval, which is kinder to it than the lower bound that it calls the result.
        close += bool(low and high) and abs(math.sqrt(float(low) * float(high)) / truth - 1) <= 0.05
    return close, trials


def _passes(level: float, *, truth: float, noise: float, lapse: float, dice: random.Random) -> bool:
    return (level < truth * math.exp(dice.gauss(0, noise))) != (dice.random() < lapse)


def _measurer(mlr: Any, passes: Callable[[float], bool]) -> Any:
    class Measurer(mlr.AbstractMeasurer):  # type: ignore[misc] # its base is only known at run time
        trials = 0

        def measure(self, intended_duration: float, intended_load: float) -> Any:
            self.trials += 1
            lost = 0 if passes(intended_load) else 1000
            return mlr.MeasurementResult(
                intended_duration=intended_duration,
                intended_load=intended_load,
                offered_count=1000,
                loss_count=lost,
            )

    return Measurer()


def _races(number: int) -> Iterator[str]:
    pairs = [raced_and_full(seed) for seed in range(number)]
    same = sum((pair.raced.kind, pair.raced.arm) == (pair.full.kind, pair.full.arm) for pair in pairs)
    ratios = [pair.time_ratio for pair in pairs]
    yield (
        f"race and grid, 8 arms x 4 levels x 8 blocks: same answer {same / number:.1%}, load time of the race "
        f"{np.mean(ratios):.3f} of the grid's (95 % of studies up to {np.quantile(ratios, 0.95):.3f}, "
        f"at most {max(ratios):.3f})"
    )


@click.command()
@click.option("--repeats", default=2000, show_default=True)
def main(repeats: int) -> None:
    """Print one line per question."""
    started_s = time.perf_counter()
    few = max(1, repeats // 4)
    questions = (
        _power(repeats),
        _best_of_three(repeats),
        _alike(few),
        capacity_rows(few),
        _mlrsearch(repeats),
        _races(few),
    )
    for line in itertools.chain.from_iterable(questions):
        click.echo(line)
    click.echo(f"{repeats:,} repeats in {time.perf_counter() - started_s:.0f} s")


if __name__ == "__main__":
    main()
