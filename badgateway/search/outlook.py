"""Tells how far a study is and how long it is likely to take."""

import math
from collections.abc import Sequence

from badgateway.model.design import Design, Ended, Purpose, Step
from badgateway.model.outlook import Outlook, Stage
from badgateway.search.budget import LIKELY_SEARCH
from badgateway.search.next_trials import finalists
from badgateway.search.race import replay
from badgateway.search.trial_log import log_of

_STAGES = {Purpose.COMPARE: Stage.BLOCK, Purpose.SEARCH: Stage.SEARCH, Purpose.CONFIRM: Stage.LONG_WINDOW}


def outlook(design: Design, ended: Sequence[Ended], due: Sequence[Step]) -> Outlook:
    """Return where a study is, before the first of the due steps is run."""
    trial_log = log_of(design, ended)
    race = replay(trial_log)
    spent_s = sum(one.took_s for one in ended)
    step = due[0]
    comparing = step.purpose is Purpose.COMPARE
    configurations = race.remaining if comparing else finalists(trial_log, race)
    left = len(due) + (_later_blocks(design, step.block, len(configurations)) if comparing else 0)
    searches = _searches(design, step, len(configurations))
    left_s = (left + searches) * _trial_s(design, ended)
    if design.budget_s is not None:
        left_s = min(left_s, max(design.budget_s - spent_s, _trial_s(design, ended)))
    return Outlook(
        stage=_STAGES[step.purpose],
        number=step.block,
        of=design.blocks if comparing else None,
        remaining=len(configurations),
        left_s=left_s,
    )


def _later_blocks(design: Design, block: int, remaining: int) -> int:
    levels_of_first = len(design.levels) - 1 if block == 1 else 0
    return (design.blocks - block) * (remaining + design.control) + levels_of_first * remaining // 2


def _searches(design: Design, step: Step, configurations: int) -> int:
    if design.capacity is None:
        return 0
    most = min(LIKELY_SEARCH, design.capacity.max_trials)
    if step.purpose is Purpose.COMPARE:
        return math.ceil(configurations / 2) * most
    return configurations * max(most - step.block, 0)


def _trial_s(design: Design, ended: Sequence[Ended]) -> float:
    if ended:
        return sum(one.took_s for one in ended) / len(ended)
    return design.cost.trial_s(design.window_s)
