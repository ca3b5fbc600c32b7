"""What a configuration is measured at besides the load; that a second axis would take is in docs/how-to.md."""

from pathlib import Path

import pytest

from badgateway.model import axis as module
from badgateway.model.axis import (
    AXES,
    DATABASE_DISTANCE,
    SIZE_CPU,
    USUAL,
    at_of,
    away,
    every_at,
    keys_of,
    moved,
    value_on,
)
from badgateway.model.configuration import Configuration
from badgateway.model.experiment import Variant
from badgateway.model.trial import Trial

ENGINE = Path(__file__).parents[2] / "badgateway"
NAMED_IN = {
    "emit/subject.py",  # a container's size is deployed
    "model/axis.py",
    "model/configuration.py",
    "model/experiment.py",
    "model/trial.py",
    "plan/sizes.py",  # the keys of [size]
    "report/sections/axes/section.py",  # the key that reports of an earlier version have
    "stack/containers.py",
    "stack/distance.py",
}
"""All that has to know that there is a certain axis."""


@pytest.mark.parametrize("axis", AXES, ids=lambda axis: axis.key)
def test_each_axis_has_its_fields_and_a_value_of_0_where_nothing_is_done(axis):
    assert Trial.__dataclass_fields__[axis.key].default == 0
    assert Configuration.model_fields[axis.values].default == (0,)
    assert Variant.model_fields[axis.values].default == ()


def test_a_trial_is_told_by_the_values_it_was_run_at():
    far = Trial(block=1, position=1, configuration="a", users=5, seed=1, database_distance_ms=2.5)

    assert at_of(far) == far.at == moved(DATABASE_DISTANCE, USUAL, 2.5)
    assert keys_of(far.at)["database_distance_ms"] == 2.5
    assert away(far.at) == ((DATABASE_DISTANCE, "2.5"),)
    assert away(USUAL) == ()
    found = Trial.named(far.id)
    assert found is not None
    assert found.at == far.at


def test_every_combination_of_values_begins_with_the_first_of_each():
    asked = dict.fromkeys(AXES, (0.0,)) | {DATABASE_DISTANCE: (3, 0, 1)}

    assert [value_on(DATABASE_DISTANCE, at) for at in every_at(asked)] == [3, 0, 1]
    assert value_on(DATABASE_DISTANCE, moved(DATABASE_DISTANCE, USUAL, 7)) == 7


@pytest.mark.parametrize("axis", AXES, ids=lambda axis: axis.key)
def test_0_is_printed_as_nothing_only_where_it_is_no_value_like_others(axis):
    assert axis.shown(0) == (axis.nothing or axis.value.format("0"))
    assert axis.shown(1.5) == axis.value.format("1.5")


@pytest.mark.parametrize("value", [-1, 0.001])
def test_a_value_that_cannot_be_had_is_refused_with_the_least_that_can(value):
    assert SIZE_CPU.fault(value) == "at least 0.01 CPU, or 0 for no quota"
    assert SIZE_CPU.fault(0) == SIZE_CPU.fault(0.5) == ""


def test_no_other_module_of_the_engine_names_an_axis():
    named = {name for name, value in vars(module).items() if value in AXES}
    names = {name for axis in AXES for name in (axis.key, axis.values)} | named
    found = {
        str(file.relative_to(ENGINE)) for file in ENGINE.rglob("*.py") if any(one in file.read_text() for one in names)
    }

    assert found == NAMED_IN
