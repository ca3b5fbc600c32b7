"""Says what a study will run, where a run is, and why a configuration left."""

from collections.abc import Iterator

from badgateway.model.design import CannotPass, ClearlySlower, Design, Elimination
from badgateway.model.load_level import LoadLevel
from badgateway.model.outcome import CheckReason, SelfCheck
from badgateway.model.outlook import Forecast, Outlook, Stage
from badgateway.numbers import plural, ratio
from badgateway.words.phrases import chance, limit_count, load
from badgateway.words.verdict_reasons import say


def stage(outlook: Outlook) -> str:
    """Return what is being done: 'block 3 of 8', 'capacity search, trial 4'."""
    if outlook.stage is Stage.BLOCK:
        return f"block {outlook.number} of {outlook.of}"
    if outlook.stage is Stage.CONFIRMATION:
        return "confirmation of the pick"
    what = "capacity search" if outlook.stage is Stage.SEARCH else "capacity, long window"
    return f"{what}, trial {outlook.number}"


def forecast_lines(found: Forecast) -> Iterator[str]:
    """Yield what a study will run, in the order of running, one sentence each."""
    asked = found.asked
    yield (
        f"Block 1: {plural(len(asked.configurations), 'configuration')} at {_levels(asked)}, lowest first; "
        f"at most {plural(found.first_block, 'trial')} of {asked.cost.trial_s(asked.window_s):.0f} s."
    )
    if asked.blocks > 1:
        looks = f", with a look after block {', '.join(str(look) for look in asked.looks)}" if asked.looks else ""
        yield (
            f"Blocks 2 to {asked.blocks}: those that stand, likely {found.likely_to_stand}, at "
            f"{load(asked.load(asked.levels[-1]))}{looks}; likely {plural(found.later_blocks, 'trial')}."
        )
    if asked.capacity is not None:
        goal = asked.capacity
        highest = load(LoadLevel(goal.highest, goal.unit))
        yield (
            f"Capacity of those that are not told apart, from {goal.lowest:g} to {highest}: "
            f"at most {plural(goal.max_trials, 'trial')} each, the last of {goal.confirm_windows} windows."
        )


def _levels(asked: Design) -> str:
    *lower, highest = asked.levels
    return ", ".join([*(f"{level:g}" for level in lower), load(asked.load(highest))])


def leaving(one: Elimination, asked: Design) -> str:
    """Return why one left, as a clause: 'at 50 tasks/s, 31 of 200 requests failed (15.5 %); allowed are 1 %'."""
    if one.slower is not None:
        return _slower(one.slower)
    at = f"at {load(asked.load(one.level))}, " if one.level is not None else ""
    if one.cannot_pass is None:
        return f"{at}every attempt was INVALID"
    broken = f", with {plural(len(one.broken), 'trial')} not got through: {_broke(one.broken[0])}" if one.broken else ""
    return f"{at}{cannot_pass(one.cannot_pass)}{broken}"


def cannot_pass(found: CannotPass) -> str:
    """Return why no further trial could save a configuration at a load."""
    if found.limit is None:
        return f"none of {found.requests:,} requests was OK"
    trials = f", in {plural(found.trials, 'trial')}" if found.trials > 1 else ""
    return f"{limit_count(found.limit)}{trials}"


def _slower(found: ClearlySlower) -> str:
    return (
        f"its p95 was {ratio(found.ratio)} times that of {found.leader} (t test over {plural(found.blocks, 'block')}, "
        f"{chance(found.p)} among all pairs)"
    )


def _broke(reason: str | SelfCheck) -> str:
    return say(CheckReason(check=reason)) if isinstance(reason, SelfCheck) else reason
