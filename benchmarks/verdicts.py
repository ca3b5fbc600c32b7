"""Measures every promise of the verdicts in worlds of known truth: one line each, kept or BROKEN.

In the project's root: `python benchmarks/verdicts.py` (`--quick` in minutes). With MLRsearch installed, which the kit
does not need, the capacity search is held against it on the same servers.
"""

import functools
import importlib.util
import itertools
import math
import os
import random
import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import numpy as np

# The simulated servers live with the tests that hold them to the same truth.
sys.path.insert(0, str(Path(__file__).parent.parent))

from badgateway.model.capacity import CapacityGoal
from tests.simulation import promises
from tests.simulation.capacity_rows import capacity_questions
from tests.simulation.promises import WEATHERS, Question
from tests.simulation.races import raced_and_full
from tests.simulation.test_failures_never_win import became_the_pick, improved_ranks
from tests.simulation.worlds import Failures

_QUICK = 50
"""Studies a line with --quick."""
_SEARCHES = 400
"""Studies a line at most where each is a capacity search, which is as long as fifty others."""
_CLOSE = 8
"""So many times the studies where the truth lies close to the promise: fewer cannot tell on which side."""
_GOAL = CapacityGoal(lowest=20, highest=640)
_WEATHER = ((0.0, 0.0), (0.03, 0.0), (0.03, 0.02), (0.05, 0.02))
"""Noise of a window's boundary, and the chance that a window says the opposite."""


def _alike(number: int, *, is_quick: bool) -> Iterator[Question]:
    for configurations in (2, 5) if is_quick else (2, 5, 12, 34):
        for weather in WEATHERS:
            # With two configurations, six blocks leave the exact test one level alone, and it is the largest.
            blocks, looks = (6, (2, 3)) if configurations == 2 else (8, (3, 5))
            yield functools.partial(promises.different, weather, configurations, number, blocks=blocks, looks=looks)


def _shares(number: int) -> Iterator[Question]:
    for burst in (1, 17, 60, 250, 1000):
        for requests, blocks in ((1560, 6), (4000, 8)):
            where = {"requests": requests, "blocks": blocks}
            twice, half = (Failures(share=share, burst=burst) for share in (0.02, 0.005))
            yield functools.partial(promises.false_pass, f"bursts of {burst}", twice, number, **where)
            yield functools.partial(promises.false_fail, f"bursts of {burst}", half, number, **where)
    quarter = Failures(share=0.02, trials=0.25)
    yield functools.partial(promises.false_pass, "1 of 4 trials", quarter, number)
    yield functools.partial(promises.false_pass_below, number)
    yield functools.partial(promises.false_fail, "1 of 4 trials", Failures(share=0.005, trials=0.25), number)


def _picks(number: int) -> Iterator[Question]:
    quiet, spiky = WEATHERS[0], next(one for one in WEATHERS if one.name == "spikes")
    yield functools.partial(promises.picked, quiet, number, 0.75, blocks=6, looks=(2, 3))
    yield functools.partial(promises.picked, quiet, number, 0.97, blocks=8)
    # A spike of the best in any of the eight blocks keeps the test from proving it: none comes in 0.9 ** 8, 43 %.
    yield functools.partial(promises.picked, spiky, _CLOSE * number, 0.40, blocks=8)
    for weather in WEATHERS:
        yield functools.partial(promises.quick_is_answered, weather, number)
    for configurations, blocks in ((2, 8), (5, 8), (12, 8), (34, 8), (2, 6), (3, 6)):
        yield functools.partial(promises.throughput_told, configurations, number, blocks=blocks)


def _regrets(number: int) -> Iterator[Question]:
    for weather in WEATHERS:
        for configurations, spread in ((2, 0.0), (5, 0.0), (5, 0.3)):
            p95s_ms = promises.in_a_line(configurations, spread)
            yield functools.partial(promises.regret_is_true, weather, p95s_ms, number, blocks=6, looks=(2, 3))


def _others(number: int) -> Iterator[Question]:
    yield functools.partial(_dying, number)
    yield functools.partial(_failing, number)
    yield functools.partial(_races, max(1, number // 4))


def _dying(number: int) -> tuple[str]:
    counted, dead = (promises.passes_when_dying(dies, number) for dies in (0, 1))
    return (f"1 of 4 trials fails 8 %: PASS {counted:.1%} if it is counted, {dead:.1%} if the server dies instead",)


def _failing(number: int) -> tuple[str, str]:
    sets = 10 * number
    return (
        f"failures made a configuration the one to run in {became_the_pick(sets)} of {sets:,} random results",
        f"failures improved a configuration's rank in {improved_ranks(sets)} of {sets:,} random results",
    )


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


def _races(number: int) -> tuple[str]:
    pairs = [raced_and_full(seed) for seed in range(number)]
    same = sum(
        (pair.raced.kind, pair.raced.configuration) == (pair.full.kind, pair.full.configuration) for pair in pairs
    )
    ratios = [pair.time_ratio for pair in pairs]
    line = (
        f"race and grid, 8 configurations x 4 levels x 8 blocks: same answer {same / number:.1%}, load time of the "
        f"race {np.mean(ratios):.3f} of the grid's (95 % of studies up to {np.quantile(ratios, 0.95):.3f}, "
        f"at most {max(ratios):.3f})"
    )
    return (line,)


@click.command()
@click.option("--repeats", default=1000, show_default=True, help="Studies a line.")
@click.option("--quick", is_flag=True, help="Fifty studies a line, and few configurations: minutes.")
def main(*, repeats: int, quick: bool) -> None:
    """Print a line a promise: kept by the far end of the exact 95 % interval, BROKEN even by the near one, or open."""
    started_s = time.perf_counter()
    number = min(repeats, _QUICK) if quick else repeats
    searches = min(number, _SEARCHES)
    asked = (
        *_alike(number, is_quick=quick),
        *_shares(number),
        *_picks(number),
        *_regrets(number),
        *capacity_questions(searches),
        *_others(number),
    )
    for line in itertools.chain(promises.lines(asked), () if quick else _mlrsearch(number)):
        click.echo(line)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    click.echo(
        f"{number:,} studies a line ({searches:,} with a capacity search) in {time.perf_counter() - started_s:.0f} s, "
        f"with {used.ru_utime + used.ru_stime:.0f} s of CPU time on {os.cpu_count()} cores"
    )


if __name__ == "__main__":
    main()
