"""Tells how far a contest is and how long it is likely to take."""

import math
from collections.abc import Sequence

from badgateway.model.contest import Contest, Ended, Purpose, Step
from badgateway.model.outlook import Outlook, Stage
from badgateway.search.contest import finalists
from badgateway.search.race import replay
from badgateway.search.trial_log import log_of

_STAGES = {Purpose.COMPARE: Stage.BLOCK, Purpose.SEARCH: Stage.SEARCH, Purpose.CONFIRM: Stage.LONG_WINDOW}
_LIKELY_SEARCH = 11
"""Trials that a search takes on the average, of simulated studies."""


def outlook(contest: Contest, ended: Sequence[Ended], due: Sequence[Step]) -> Outlook:
    """Return where a contest is, before the first of the due steps is run."""
    trial_log = log_of(contest, ended)
    race = replay(trial_log)
    spent_s = sum(one.took_s for one in ended)
    step = due[0]
    comparing = step.purpose is Purpose.COMPARE
    configurations = race.remaining if comparing else finalists(trial_log, race)
    left = len(due) + (_later_blocks(contest, step.block, len(configurations)) if comparing else 0)
    searches = _searches(contest, step, len(configurations))
    left_s = (left + searches) * _trial_s(contest, ended)
    if contest.budget_s is not None:
        left_s = min(left_s, max(contest.budget_s - spent_s, _trial_s(contest, ended)))
    return Outlook(
        stage=_STAGES[step.purpose],
        number=step.block,
        of=contest.blocks if comparing else None,
        remaining=len(configurations),
        left_s=left_s,
    )


def _later_blocks(contest: Contest, block: int, remaining: int) -> int:
    levels_of_first = len(contest.levels) - 1 if block == 1 else 0
    return (contest.blocks - block) * (remaining + contest.control) + levels_of_first * remaining // 2


def _searches(contest: Contest, step: Step, configurations: int) -> int:
    if contest.capacity is None:
        return 0
    most = min(_LIKELY_SEARCH, contest.capacity.max_trials)
    if step.purpose is Purpose.COMPARE:
        return math.ceil(configurations / 2) * most
    return configurations * max(most - step.block, 0)


def _trial_s(contest: Contest, ended: Sequence[Ended]) -> float:
    if ended:
        return sum(one.took_s for one in ended) / len(ended)
    return contest.cost.trial_s(contest.window_s)
