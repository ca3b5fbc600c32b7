"""What a configuration is measured at besides the load; that a second axis would take is in docs/how-to.md."""

from pathlib import Path

import pytest

from badgateway.model.axis import AXES, DATABASE_DISTANCE, USUAL, at_of, away, every_at, keys_of, moved, value_on
from badgateway.model.configuration import Configuration
from badgateway.model.experiment import Variant
from badgateway.model.trial import Trial

ENGINE = Path(__file__).parents[2] / "badgateway"
NAMED_IN = {
    "model/axis.py",
    "model/configuration.py",
    "model/experiment.py",
    "model/trial.py",
    "report/sections/axes/section.py",  # the key that reports of an earlier version have
    "stack/distance.py",
}
"""All that has to know that the distance to the database is an axis."""


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


def test_no_other_module_of_the_engine_names_an_axis():
    names = {name for axis in AXES for name in (axis.key, axis.values, "DATABASE_DISTANCE")}
    found = {
        str(file.relative_to(ENGINE)) for file in ENGINE.rglob("*.py") if any(one in file.read_text() for one in names)
    }

    assert found == NAMED_IN
