"""From an experiment that is a study to its design, from a step to a trial, and back."""

import dataclasses

import pytest

from badgateway.model.capacity import CapacityGoal
from badgateway.model.design import Purpose, Step
from badgateway.model.load_level import LoadUnit
from badgateway.model.trial import TrialRecord, TrialStatus
from badgateway.plan.design import design_of, ended_of, trial_of
from tests.declared import experiment

LOAD = {"locustfile": "experiments/load.py"}


def study(users=(50, 5), **changes):
    return experiment(load=LOAD | {"users": list(users)}, study=changes)


def step(level, purpose=Purpose.COMPARE, **changes):
    return Step(
        configuration="second",
        level=level,
        window_s=7.0,
        purpose=purpose,
        block=2,
        control=False,
        attempt=1,
        seed=3,
        **changes,
    )


def record(trial):
    return TrialRecord(
        trial=trial,
        status=TrialStatus.COMPLETED,
        reason="",
        window=None,
        started_s=100,
        ended_s=112,
        load_s=9,
        generator_cpu_share=0.1,
    )


def test_a_design_has_the_configurations_in_their_order_and_the_levels_ascending():
    design = design_of(study(blocks=4, looks=[2, 3, 5], capacity={"lowest": 5, "highest": 80}))

    assert design.configurations == ("first", "second", "third")
    assert list(design.levels) == [5, 50]
    assert (design.blocks, design.looks) == (4, (2, 3))
    assert design.capacity == CapacityGoal(unit=LoadUnit.USERS, lowest=5, highest=80)
    assert design.budget_s is None


def test_an_experiment_without_a_study_is_no_design():
    with pytest.raises(ValueError, match=r"small declares no \[study\]"):
        design_of(experiment())
    with pytest.raises(ValueError, match=r"small declares no \[study\]"):
        trial_of(step(5), experiment(), 1)


def test_users_are_whole_and_what_was_run_is_what_the_design_is_told():
    asked = study(capacity={"lowest": 5, "highest": 80})
    trial = trial_of(step(41.7, Purpose.SEARCH), asked, 9)

    assert (trial.users, trial.rate_per_s, trial.window_s) == (42, None, 7.0)
    assert trial.id == "009-second-42u-search"
    ended = ended_of(record(trial), None, 10)
    assert ended.step == dataclasses.replace(step(42, Purpose.SEARCH))
    assert ended.took_s == 12


def test_capacity_can_be_searched_in_another_unit_than_the_blocks_have():
    asked = study(capacity={"unit": "rate", "lowest": 33.333, "highest": 80})

    assert trial_of(step(50), asked, 1).users == 50
    assert trial_of(step(61.2345, Purpose.SEARCH), asked, 1).rate_per_s == 61.2
    assert trial_of(step(33.333, Purpose.CONFIRM), asked, 1).rate_per_s == 33.333


def test_an_open_loop_is_compared_at_its_rates():
    asked = experiment(load=LOAD | {"rates_per_s": [12.345]}, study={})

    assert design_of(asked).levels == (12.345,)
    assert trial_of(step(12.345), asked, 1).rate_per_s == 12.345


def test_the_second_of_an_a_a_pair_and_a_repetition_are_told_by_their_names():
    trial = trial_of(dataclasses.replace(step(5), control=True, attempt=2), study(), 12)

    assert trial.id == "012-second-5u-again-attempt-2"
    assert ended_of(record(trial), None, 10).step == dataclasses.replace(step(5), control=True, attempt=2)
