"""Replays the capacity searches from the ended trials: which steps are due, and what was found."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from badgateway.model.capacity import Capacity, CapacityGoal, Probe
from badgateway.model.design import Design, Ended, Facts, Purpose, Step
from badgateway.model.load_level import LoadUnit
from badgateway.search.capacity import NextProbe, capacity, next_probe
from badgateway.search.trial_log import Slot, TrialLog

_BY_CHANCE = 0.01
"""A window fails for its failures when so many come by chance at most so often, if no more fail than may."""
_SURELY_GREW = 3.0
"""Standard errors of the requests in flight, by which a queue grew."""
_LATE = math.log(20)
"""The p95 of a queue of random arrivals and services is so many times one over what it serves more than it is sent."""
_LEAST = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationSearch:
    """One configuration's search so far."""

    configuration: str
    probes: tuple[Probe, ...]
    due: NextProbe | None
    """None when the search has ended, or when its last step was INVALID too often."""


def due_steps(trial_log: TrialLog, configurations: Sequence[str]) -> tuple[Step, ...]:
    """Return the due steps of the round: each configuration's next one, where none is a round ahead of another."""
    goal = trial_log.design.capacity
    if goal is None:
        return ()
    running = [
        one for configuration in configurations if (one := _search(trial_log, goal, configuration)).due is not None
    ]
    number = min((len(one.probes) for one in running), default=0) + 1
    if not running or not _is_affordable(trial_log):
        return ()
    due = {Slot(one.configuration, number, None, control=False): one.due for one in running if len(one.probes) < number}
    return tuple(
        trial_log.step(slot, level=probe.level, confirming=probe.confirming)
        for slot in trial_log.shuffled(list(due), f"search/{number}")
        if (probe := due[slot]) is not None
    )


def found_capacities(trial_log: TrialLog) -> dict[str, Capacity]:
    """Return what the searches say, of each configuration that has a valid step."""
    goal = trial_log.design.capacity
    if goal is None:
        return {}
    searches = (_search(trial_log, goal, configuration) for configuration in trial_log.design.configurations)
    return {one.configuration: capacity(goal, one.probes) for one in searches if one.probes}


def probe_of(ended: Ended, design: Design) -> Probe:
    """Return what a valid trial of a search says; the load that was run counts, as users are whole numbers."""
    step, facts, goal = ended.step, ended.facts, design.capacity
    assert facts is not None
    assert goal is not None
    limit_s, is_open = design.objective.p95_ms / 1000, goal.unit is LoadUnit.RATE
    probe = Probe(
        level=step.level,
        p95_share=None if facts.p95_ms is None or not facts.requests else facts.p95_ms / design.objective.p95_ms,
        overloaded=_is_overloaded(facts, goal),
        confirming=step.purpose is Purpose.CONFIRM,
    )
    if not is_open or not facts.requests:
        return probe
    # At the very rate that it serves, a queue of random arrivals is too long in the end; by how much less it must be
    # depends on how random they are, so half of the most is taken, give or take as much.
    less = min(0.5, _LATE / (limit_s * step.level) / 2)
    error = math.hypot(math.sqrt(2 / facts.requests), less)
    if facts.answered is None:
        return replace(probe, error=error, may_hide=less + limit_s / step.window_s)
    served = max(step.level * facts.answered, _LEAST)
    grew = _queue_grew(facts, step.window_s)
    return replace(probe, sustained=served * (1 - less) if grew else None, error=error, may_hide=less)


def _queue_grew(facts: Facts, window_s: float) -> bool:
    """Tell whether a queue grew by more than chance.

    Requests in flight come and go by chance, about as Poisson's numbers do; their number is at most the rate times
    the p95.
    """
    if facts.answered is None or facts.p95_ms is None:
        return False
    in_flight = facts.requests / window_s * facts.p95_ms / 1000
    return (1 - facts.answered) * facts.requests > _SURELY_GREW * (1 + math.sqrt(in_flight))


def _is_overloaded(facts: Facts, goal: CapacityGoal) -> bool:
    """Tell whether the window is proven to fail more than it may; a server that died answers nothing."""
    from scipy.special import bdtrc  # noqa: PLC0415 # 0.4 s to import: not at every start

    if facts.failures >= facts.requests:
        return True
    if facts.failures <= goal.max_failure_share * facts.requests:
        return False
    return bool(bdtrc(facts.failures - 1, facts.requests, goal.max_failure_share) <= _BY_CHANCE)


def _search(trial_log: TrialLog, goal: CapacityGoal, configuration: str) -> ConfigurationSearch:
    probes: list[Probe] = []
    while (due := next_probe(goal, probes)) is not None:
        slot = Slot(configuration, len(probes) + 1, None, control=False)
        valid = [one for one in trial_log.entries.get(slot, ()) if one.facts is not None]
        if not valid:
            return ConfigurationSearch(
                configuration=configuration, probes=tuple(probes), due=None if trial_log.is_settled(slot) else due
            )
        probes.append(probe_of(valid[0], trial_log.design))
    return ConfigurationSearch(configuration=configuration, probes=tuple(probes), due=None)


def _is_affordable(trial_log: TrialLog) -> bool:
    """Tell whether a further step still fits, even if it is a confirmation with its long window."""
    design = trial_log.design
    if design.budget_s is None or design.capacity is None:
        return True
    longest_s = design.cost.trial_s(design.window_s * design.capacity.confirm_windows)
    return trial_log.spent_s() + longest_s <= design.budget_s
