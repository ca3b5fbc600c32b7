from dataclasses import replace

import pytest

from badgateway.judge.ladder import ladder
from badgateway.model.experiment import Experiment
from badgateway.model.ladder import Effect
from badgateway.words.effects import sentence
from tests.declared import declared
from tests.judge.evidence_of import BAD_GATEWAY, OK, evidence, record, summarised

GOOD, BAD = {OK: 4000}, {OK: 1000, BAD_GATEWAY: 3000}
BEGAN, MORE = "Where it began", "More workers"


def configuration(name, **changes):
    return {"name": name, "server": "servers/uwsgi.ini", "driver": "mysqlclient", "workers": 2} | changes


def experiment(*configurations):
    return Experiment.model_validate(
        declared(configurations=list(configurations), load={"locustfile": "experiments/load.py", "users": [50]})
    )


def trial(name, distance_ms=0.0):
    one = record(name)
    return replace(one, trial=replace(one.trial, database_distance_ms=distance_ms))


def told(asked, counts):
    trials = {name: evidence(found, trial(name)) for name, found in counts.items()}
    found = ladder(asked, summarised(asked, trials))
    assert found is not None
    return found


def test_an_experiment_without_steps_tells_no_ladder():
    asked = experiment(configuration("first"), configuration("second"))
    trials = {name: evidence(GOOD, trial(name)) for name in ("first", "second")}
    assert ladder(asked, summarised(asked, trials)) is None


def test_configurations_of_one_step_are_told_together_in_the_order_of_the_file_and_those_without_come_last():
    asked = experiment(
        configuration("first", step=BEGAN),
        configuration("other"),
        configuration("four", step=MORE, workers=4),
        configuration("again", step=BEGAN),
    )
    found = told(asked, dict.fromkeys(("first", "other", "four", "again"), GOOD))
    names = [(step.title, [one.configuration for one in step.configurations]) for step in found.steps]
    assert names == [(BEGAN, ["first", "again"]), (MORE, ["four"]), ("", ["other"])]


def test_a_configuration_is_compared_with_the_one_it_names_and_else_with_the_first():
    asked = experiment(
        configuration("first", step=BEGAN),
        configuration("four", step=MORE, workers=4),
        configuration("eight", step=MORE, workers=8, against="four"),
    )
    found = told(asked, {"first": BAD, "four": GOOD, "eight": BAD})
    first, four, eight = (one for step in found.steps for one in step.configurations)
    assert (first.against, four.against, eight.against) == (None, "first", "four")
    assert [one.effects[0].effect for one in (first, four, eight)] == [Effect.START, Effect.HELPED, Effect.WORSE]
    assert "because of workers (8 instead of 4)" in sentence(eight.effects[0])


def test_a_configuration_that_was_not_run_is_not_compared():
    asked = experiment(configuration("first", step=BEGAN), configuration("four", step=MORE, workers=4))
    found = told(asked, {"first": BAD})
    assert (
        sentence(found.steps[1].configurations[0].effects[0])
        == "Not compared: four was not measured, no trial was run."
    )


def test_with_the_database_farther_away_a_configuration_is_compared_at_that_distance_only():
    asked = experiment(
        configuration("first", step=BEGAN, database_distances_ms=[0, 5]),
        configuration("far", step=MORE, database_distances_ms=[5]),
        configuration("farthest", step=MORE, database_distances_ms=[9]),
    )
    trials = {
        "first": [evidence(GOOD, trial("first")), evidence(BAD, trial("first", 5.0))],
        "far": [evidence(GOOD, trial("far", 5.0))],
        "farthest": [evidence(GOOD, trial("farthest", 9.0))],
    }
    found = ladder(asked, summarised(asked, trials))
    assert found is not None
    far, farthest = found.steps[1].configurations
    assert far.effects[0].effect is Effect.HELPED
    assert sentence(farthest.effects[0]) == "Not compared: first was not measured with the database 9 ms away."


def of_few_failures_beside(*others):
    """Return what is told of a configuration with few failures, when others are compared, too."""
    few = {OK: 3992, BAD_GATEWAY: 8}
    names = [f"configuration-{number}" for number in range(1 + len(others))]
    asked = experiment(configuration("first", step=BEGAN), *(configuration(name, step=MORE) for name in names))
    found = told(asked, {"first": GOOD} | dict(zip(names, (few, *others), strict=True)))
    return found.steps[1].configurations[0].effects[0]


def test_the_more_is_compared_the_less_is_taken_for_proof():
    fewer = {OK: 3999, BAD_GATEWAY: 1}
    assert of_few_failures_beside().effect is Effect.WORSE
    assert of_few_failures_beside(*[fewer] * 10).effect is Effect.NOT_PROVEN
    assert of_few_failures_beside(*[fewer] * 10).p_value == pytest.approx(11 * of_few_failures_beside().p_value)


def test_what_is_plain_in_some_comparisons_leaves_more_of_the_chance_to_the_others():
    assert of_few_failures_beside(*[BAD] * 10).p_value == pytest.approx(of_few_failures_beside().p_value)


def test_what_never_failed_takes_no_part_of_the_chance():
    assert of_few_failures_beside(*[GOOD] * 10).p_value == of_few_failures_beside().p_value
