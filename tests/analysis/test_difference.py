"""Two runs of one experiment, side by side."""

from dataclasses import replace

import pytest

from badgateway.analysis.difference import difference
from badgateway.errors import ConfigurationError
from badgateway.model.places import Place, Places
from tests.report import samples


def test_a_run_beside_itself_differs_in_nothing():
    found = difference(samples.picked(), samples.picked())

    assert found.changes == ()
    assert all(pair.before == pair.after for pair in found.pairs)
    assert {pair.configuration for pair in found.pairs} == {
        one.configuration.name for one in samples.picked().configurations
    }


def test_what_the_file_the_machine_and_the_versions_have_otherwise_is_said_by_its_key():
    before = samples.picked()
    objective = before.experiment.objective.model_copy(update={"p95_ms": 1500})
    one, *others = before.experiment.configurations
    asked = before.experiment.model_copy(
        update={
            "objective": objective,
            "configurations": (one.model_copy(update={"listen": 77}), *others),
            "seed": before.experiment.seed + 1,
        }
    )
    machine = replace(before.environment, cores=64, versions=(("uWSGI", "9.9"),))
    found = difference(before, replace(before, experiment=asked, environment=machine))

    assert f"experiment: configurations.{one.name}.listen was {one.listen} and is 77" in found.changes
    assert f"machine: cores was {before.environment.cores} and is 64" in found.changes
    assert any(change.startswith("experiment: objective.p95_ms was ") for change in found.changes)
    assert any(change.startswith("version: uWSGI was ") for change in found.changes)
    assert not any("seed" in change for change in found.changes)


def test_a_configuration_that_one_run_lacks_is_there_with_nothing_on_that_side():
    whole = samples.picked()
    gone, *rest = whole.configurations
    found = difference(whole, replace(whole, configurations=tuple(rest)))
    lonely = [pair for pair in found.pairs if pair.configuration == gone.configuration.name]

    assert lonely
    assert all(pair.after is None and pair.before is not None for pair in lonely)


def test_a_configuration_that_one_file_lacks_is_told_in_a_line():
    whole = samples.picked()
    gone, *rest = whole.experiment.configurations
    fewer = replace(whole, experiment=whole.experiment.model_copy(update={"configurations": tuple(rest)}))

    assert difference(whole, fewer).changes == (f"experiment: configurations.{gone.name} was there and is none",)


def test_runs_of_two_experiments_are_not_compared():
    other = samples.picked()
    other = replace(other, experiment=other.experiment.model_copy(update={"name": "elsewhere"}))

    with pytest.raises(ConfigurationError, match=r"diff: the runs are of two experiments, .* and elsewhere"):
        difference(samples.picked(), other)


def test_a_place_that_one_run_lacks_is_told_in_a_line_with_what_somebody_wrote():
    before = samples.picked()
    places = Places(proxy=Place(round_trip_ms=100, somaxconn=4), target=Place())
    other = replace(before, experiment=before.experiment.model_copy(update={"places": places}))
    slower = places.model_copy(update={"proxy": Place(round_trip_ms=50, somaxconn=4)})
    third = replace(before, experiment=before.experiment.model_copy(update={"places": slower}))

    assert difference(before, other).changes == (
        "experiment: places.proxy was none and is there (round_trip_ms = 100 and somaxconn = 4)",
        "experiment: places.target was none and is there",
    )
    assert difference(other, before).changes[1] == "experiment: places.target was there and is none"
    assert difference(other, third).changes == ("experiment: places.proxy.round_trip_ms was 100 and is 50",)
