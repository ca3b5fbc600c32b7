"""Turns an experiment into the design that decides on its trials, and a step of it into a trial."""

from collections.abc import Sequence

from badgateway.model.axis import keys_of
from badgateway.model.capacity import CapacityGoal
from badgateway.model.design import Design, Ended, Facts, Purpose, Step, TrialCost
from badgateway.model.experiment import Experiment
from badgateway.model.load_level import LoadUnit
from badgateway.model.study import CapacitySearch, Study
from badgateway.model.trial import Trial, TrialRecord
from badgateway.plan.expected_time import OVERHEAD_S

_DRAIN_S = 0.5
"""Whoever leaves requests unanswered for longer hardly stays in a study."""


def design_of(experiment: Experiment) -> Design:
    """Return the design of a study; its budget is not yet made to fit.

    Raises:
        ValueError: The experiment is no study.
    """
    study, load = experiment.study, experiment.load
    if study is None:
        raise ValueError(f"{experiment.name} declares no [study]")
    levels = load.users or load.rates_per_s
    return Design(
        configurations=tuple(configuration.name for configuration in experiment.configurations),
        levels=tuple(sorted(float(level) for level in levels)),
        objective=experiment.objective,
        unit=unit_of(experiment, study, Purpose.COMPARE),
        window_s=load.window_s,
        cost=TrialCost(warm_up_s=load.warm_up_s, drain_s=_DRAIN_S, overhead_s=OVERHEAD_S),
        seed=experiment.seed,
        blocks=study.blocks,
        looks=tuple(look for look in study.looks if look < study.blocks),
        control=study.control,
        margin=study.margin,
        negligible_ms=study.negligible_ms,
        capacity=_goal(study.capacity),
    )


def schedule_design(experiment: Experiment) -> Design:
    """Return the design of a fixed schedule: without looks and control, and with nobody dropped.

    Only candidates are in it; without any, somebody looks at a control or a trap by itself, and wants its verdict.
    """
    load = experiment.load
    candidates = [one for one in experiment.configurations if one.candidate] or experiment.configurations
    return Design(
        configurations=tuple(configuration.name for configuration in candidates),
        levels=tuple(sorted(float(level) for level in load.users or load.rates_per_s)),
        objective=experiment.objective,
        unit=LoadUnit.USERS if load.users else LoadUnit.RATE,
        window_s=load.window_s,
        cost=TrialCost(warm_up_s=load.warm_up_s, drain_s=_DRAIN_S, overhead_s=OVERHEAD_S),
        seed=experiment.seed,
        blocks=experiment.blocks,
        looks=(),
        control=False,
    )


def _goal(search: CapacitySearch | None) -> CapacityGoal | None:
    if search is None:
        return None
    return CapacityGoal(
        unit=search.unit,
        lowest=search.lowest,
        highest=search.highest,
        max_failure_share=search.max_failure_share,
        max_trials=search.max_trials,
    )


def unit_of(experiment: Experiment, study: Study, purpose: Purpose) -> LoadUnit:
    """Return in what the loads of such trials are counted."""
    if purpose is not Purpose.COMPARE and study.capacity is not None:
        return study.capacity.unit
    return LoadUnit.USERS if experiment.load.users else LoadUnit.RATE


def trial_of(step: Step, experiment: Experiment, position: int) -> Trial:
    """Return the step as a trial that can be run: users are whole, and a rate has three digits.

    Raises:
        ValueError: The experiment is no study.
    """
    if experiment.study is None:
        raise ValueError(f"{experiment.name} declares no [study]")
    in_users = unit_of(experiment, experiment.study, step.purpose) is LoadUnit.USERS
    return Trial(
        block=step.block,
        position=position,
        configuration=step.configuration,
        users=round(step.level) if in_users else 0,
        rate_per_s=None if in_users else _rounded(step.level, keep=_declared_levels(experiment)),
        seed=step.seed,
        **keys_of(experiment.configuration(step.configuration).measured_at[0]),
        purpose=step.purpose,
        control=step.control,
        attempt=step.attempt,
        window_s=step.window_s,
    )


def ended_of(record: TrialRecord, facts: Facts | None, window_s: float) -> Ended:
    """Return a kept trial as the design sees it, with the load that was run.

    Args:
        record: Of the trial.
        facts: Of its window, or of a trial that the configuration did not get through; None when it is INVALID.
        window_s: How long a window is where the trial does not say.
    """
    trial = record.trial
    step = Step(
        configuration=trial.configuration,
        level=trial.load.size,
        window_s=trial.window_s or window_s,
        purpose=trial.purpose,
        block=trial.block,
        control=trial.control,
        attempt=trial.attempt,
        seed=trial.seed,
    )
    return Ended(step=step, facts=facts, took_s=record.ended_s - record.started_s)


def _declared_levels(experiment: Experiment) -> tuple[float, ...]:
    search = experiment.study.capacity if experiment.study else None
    return (*experiment.load.rates_per_s, *((search.lowest, search.highest) if search else ()))


def _rounded(level: float, *, keep: Sequence[float]) -> float:
    """Round to three digits, unless it is a level that was declared: that one has to be met exactly."""
    return level if level in keep else float(f"{level:.3g}")
