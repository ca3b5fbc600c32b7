"""Reckons what a study will run and how long that takes, and fits it into a budget."""

import math
from collections.abc import Iterator
from dataclasses import replace

from badgateway.errors import ConfigurationError
from badgateway.judge.paired import ALONE, blocks_to_prove
from badgateway.model.design import Design
from badgateway.model.outlook import Forecast

_LIKELY_TO_STAND = 0.5
"""Share of the configurations that stay until the last block; most others fail at the first level above theirs."""
LIKELY_SEARCH = 11
"""Trials that a capacity search takes on the average of simulated studies."""
_SHORTEST_WINDOW_S = 5.0
_SHORTER = 0.8


def forecast(design: Design) -> Forecast:
    """Return how long the study takes, without its preparation and without repeats of INVALID trials."""
    configurations, levels = len(design.configurations), len(design.levels)
    stay = max(1, math.ceil(_LIKELY_TO_STAND * configurations))
    likely = _screening(design) + _later_blocks(design, stay)
    most = _screening(design) + _later_blocks(design, configurations)
    one_s = design.cost.trial_s(design.window_s)
    search_s = _search_s(design, LIKELY_SEARCH)
    longest_s = _search_s(design, design.capacity.max_trials) if design.capacity else 0.0
    searched = max(1, stay // 2) if design.capacity else 0
    most_s = most * one_s + configurations * longest_s
    return Forecast(
        least_s=configurations * one_s,
        likely_s=min(likely * one_s + searched * search_s, design.budget_s or math.inf),
        most_s=min(most_s, max(design.budget_s, (configurations * levels + 1) * one_s)) if design.budget_s else most_s,
        trials=likely + searched * LIKELY_SEARCH,
        asked=design,
        first_block=_screening(design),
        likely_to_stand=stay,
        later_blocks=_later_blocks(design, stay),
    )


def fit(design: Design, budget_s: float) -> Design:
    """Return the design cut to a budget, which also binds while it runs.

    What is given up, in this order, until the likely time fits: the width of the capacity search, the length of the
    window down to 5 s, blocks down to what a test needs to prove anything, the levels between the lowest and the
    highest, then blocks down to one.

    Raises:
        ConfigurationError: Not even one block at the lowest and the highest level fits.
    """
    for candidate in _cheaper_and_cheaper(design):
        if forecast(replace(candidate, budget_s=None)).likely_s <= budget_s:
            return replace(candidate, budget_s=budget_s)
    raise ConfigurationError(
        f"budget {budget_s:g} s (--budget, or study.budget_s): {len(design.configurations)} configurations need at "
        f"least {math.ceil(forecast(candidate).likely_s):,} s; give more time or fewer configurations (--only)"
    )


def _cheaper_and_cheaper(design: Design) -> Iterator[Design]:
    yield design
    if design.capacity is not None:
        design = replace(
            design, capacity=replace(design.capacity, max_trials=min(10, design.capacity.max_trials), width=0.1)
        )
        yield design
    while design.window_s * _SHORTER >= _SHORTEST_WINDOW_S:
        design = replace(design, window_s=round(design.window_s * _SHORTER, 1))
        yield design
    while design.blocks > blocks_to_prove(ALONE):
        design = _with_blocks(design, design.blocks - 1)
        yield design
    while len(design.levels) > 2:
        design = replace(design, levels=(*design.levels[: len(design.levels) - 2], design.levels[-1]))
        yield design
    design = replace(design, capacity=None)
    yield design
    while design.blocks > 1:
        design = _with_blocks(design, design.blocks - 1)
        yield design


def _with_blocks(design: Design, blocks: int) -> Design:
    return replace(design, blocks=blocks, looks=tuple(look for look in design.looks if look < blocks))


def _screening(design: Design) -> int:
    """Return the first block's trials, if every configuration sees every level."""
    return len(design.configurations) * len(design.levels) + design.control


def _later_blocks(design: Design, remaining: int) -> int:
    return (design.blocks - 1) * (remaining + design.control)


def _search_s(design: Design, trials: int) -> float:
    if design.capacity is None:
        return 0.0
    goal = design.capacity
    confirm_s = design.cost.trial_s(goal.confirm_windows * design.window_s)
    return (min(trials, goal.max_trials) - 1) * design.cost.trial_s(design.window_s) + confirm_s
