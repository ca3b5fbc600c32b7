"""Reckons what a study will run and how long that takes, and fits it into a budget."""

import math
from collections.abc import Iterator
from dataclasses import replace

from badgateway.errors import ConfigurationError
from badgateway.judge.paired import ALONE, blocks_to_prove
from badgateway.model.contest import Contest
from badgateway.model.outlook import Forecast

_LIKELY_TO_STAND = 0.5
"""Share of the configurations that stay until the last block; the others mostly fail at the first level above theirs."""
_LIKELY_SEARCH = 11
"""Trials that a capacity search takes on the average of simulated studies."""
_SHORTEST_WINDOW_S = 5.0
_SHORTER = 0.8


def forecast(contest: Contest) -> Forecast:
    """Return how long the study takes, without its preparation and without repeats of INVALID trials."""
    configurations, levels = len(contest.configurations), len(contest.levels)
    stay = max(1, math.ceil(_LIKELY_TO_STAND * configurations))
    likely = _screening(contest) + _later_blocks(contest, stay)
    most = _screening(contest) + _later_blocks(contest, configurations)
    one_s = contest.cost.trial_s(contest.window_s)
    search_s = _search_s(contest, _LIKELY_SEARCH)
    longest_s = _search_s(contest, contest.capacity.max_trials) if contest.capacity else 0.0
    searched = max(1, stay // 2) if contest.capacity else 0
    most_s = most * one_s + configurations * longest_s
    return Forecast(
        least_s=configurations * one_s,
        likely_s=min(likely * one_s + searched * search_s, contest.budget_s or math.inf),
        most_s=min(most_s, max(contest.budget_s, (configurations * levels + 1) * one_s))
        if contest.budget_s
        else most_s,
        trials=likely + searched * _LIKELY_SEARCH,
        asked=contest,
        first_block=_screening(contest),
        likely_to_stand=stay,
        later_blocks=_later_blocks(contest, stay),
    )


def fit(contest: Contest, budget_s: float) -> Contest:
    """Return the contest cut to a budget, which also binds while it runs.

    What is given up, in this order, until the likely time fits: the width of the capacity search, the length of the
    window down to 5 s, blocks down to what a test needs to prove anything, the levels between the lowest and the
    highest, then blocks down to one.

    Raises:
        ConfigurationError: Not even one block at the lowest and the highest level fits.
    """
    for candidate in _cheaper_and_cheaper(contest):
        if forecast(replace(candidate, budget_s=None)).likely_s <= budget_s:
            return replace(candidate, budget_s=budget_s)
    raise ConfigurationError(
        f"--budget {budget_s:g} s: {len(contest.configurations)} configurations need at least "
        f"{math.ceil(forecast(candidate).likely_s):,} s; give more time or fewer configurations (--only)"
    )


def _cheaper_and_cheaper(contest: Contest) -> Iterator[Contest]:
    yield contest
    if contest.capacity is not None:
        contest = replace(
            contest, capacity=replace(contest.capacity, max_trials=min(10, contest.capacity.max_trials), width=0.1)
        )
        yield contest
    while contest.window_s * _SHORTER >= _SHORTEST_WINDOW_S:
        contest = replace(contest, window_s=round(contest.window_s * _SHORTER, 1))
        yield contest
    while contest.blocks > blocks_to_prove(ALONE):
        contest = _with_blocks(contest, contest.blocks - 1)
        yield contest
    while len(contest.levels) > 2:
        contest = replace(contest, levels=(*contest.levels[: len(contest.levels) - 2], contest.levels[-1]))
        yield contest
    contest = replace(contest, capacity=None)
    yield contest
    while contest.blocks > 1:
        contest = _with_blocks(contest, contest.blocks - 1)
        yield contest


def _with_blocks(contest: Contest, blocks: int) -> Contest:
    return replace(contest, blocks=blocks, looks=tuple(look for look in contest.looks if look < blocks))


def _screening(contest: Contest) -> int:
    """Return the first block's trials, if every configuration sees every level."""
    return len(contest.configurations) * len(contest.levels) + contest.control


def _later_blocks(contest: Contest, remaining: int) -> int:
    return (contest.blocks - 1) * (remaining + contest.control)


def _search_s(contest: Contest, trials: int) -> float:
    if contest.capacity is None:
        return 0.0
    goal = contest.capacity
    confirm_s = contest.cost.trial_s(goal.confirm_windows * contest.window_s)
    return (min(trials, goal.max_trials) - 1) * contest.cost.trial_s(contest.window_s) + confirm_s
