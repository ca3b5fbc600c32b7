from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badgateway.judge.axis_rankings import rank_along_axes
from badgateway.model.axis import DATABASE_DISTANCE, USUAL, moved, value_on
from badgateway.model.experiment import Experiment
from badgateway.model.summary import ConfigurationSummary, Verdict
from badgateway.words.axes import sentence
from badgateway.words.verdict_reasons import said
from tests.declared import declared
from tests.judge.causes_of import level
from tests.judge.evidence_of import BAD_GATEWAY, OK, evidence, record, summarised

DISTANCES = (0.0, 1.0, 5.0)


def experiment(*names, distances=DISTANCES):
    configuration = {
        "server": "servers/uwsgi.ini",
        "driver": "mysqlclient",
        "workers": 2,
        "database_distances_ms": distances,
    }
    return Experiment.model_validate(
        declared(
            configurations=[{"name": name, **configuration} for name in names],
            load={"locustfile": "experiments/load.py", "users": [50]},
        )
    )


def trial(name, distance_ms, p95_ms, failed=0):
    one = record(name)
    moved = replace(one, trial=replace(one.trial, database_distance_ms=distance_ms))
    return evidence({OK: 400 - failed, BAD_GATEWAY: failed}, moved, latencies_ms=[p95_ms])


def ranking(p95s_ms, failed=None):
    """Return the ranking of configurations from their p95s, and their failures if they have some, at each distance."""
    asked = experiment(*p95s_ms)
    failures = failed or {}
    trials = {
        name: [
            trial(name, distance, p95, failures.get(name, (0, 0, 0))[place])
            for place, (distance, p95) in enumerate(zip(DISTANCES, values, strict=False))
        ]
        for name, values in p95s_ms.items()
    }
    (found,) = rank_along_axes(asked, summarised(asked, trials))
    return found


def test_without_a_second_distance_there_is_nothing_to_rank():
    asked = experiment("one", "two", distances=(0.0,))
    assert rank_along_axes(asked, summarised(asked, {"one": trial("one", 0.0, 10)})) == ()


def test_the_levels_at_other_distances_are_shown_and_in_no_verdict():
    asked = experiment("one")
    (one,) = summarised(asked, {"one": [trial("one", 0.0, 10), trial("one", 1.0, 10, 300), trial("one", 5.0, 10)]})
    assert [level.at for level in one.levels] == [USUAL]
    assert [value_on(DATABASE_DISTANCE, level.at) for level in one.distant_levels] == [1, 5]
    assert [level.verdict for level in one.distant_levels] == ["FAIL", "INCONCLUSIVE"]
    assert one.verdict == "INCONCLUSIVE"
    assert not any("300" in reason for reason in said(one.reasons))


def test_the_same_order_everywhere_is_told_as_such():
    found = ranking({"one": (100, 200, 300), "two": (200, 300, 600)})
    assert [order.configurations for order in found.orders] == [("one", "two")] * 3
    assert sentence(found) == "The ranking is the same with 0, 1 and 5 ms a round trip to the database."


@pytest.mark.parametrize(
    ("two_ms", "said"),
    [
        ((200, 150, 100), "from 1 ms on two is ahead of one"),
        ((200, 300, 100), "at 5 ms two is ahead of one"),
        ((200, 150, 900), "at 1 ms two is ahead of one"),
    ],
)
def test_a_change_is_told_with_where_it_begins(two_ms, said):
    found = ranking({"one": (100, 200, 300), "two": two_ms})
    assert sentence(found) == f"The ranking changes with the distance: {said}."


def test_one_that_overtakes_several_is_told_once():
    found = ranking({"one": (100, 100, 300), "two": (200, 200, 400), "three": (300, 300, 100)})
    assert sentence(found) == "The ranking changes with the distance: at 5 ms three is ahead of one and two."


def test_failures_put_the_quick_one_behind():
    found = ranking({"one": (100, 100, 100), "two": (200, 200, 200)}, {"one": (0, 0, 200)})
    assert found.orders[-1].configurations == ("two", "one")
    assert sentence(found) == "The ranking changes with the distance: at 5 ms two is ahead of one."


def test_configurations_too_close_to_tell_are_not_said_to_change_places():
    found = ranking({"one": (100, 105, 100), "two": (104, 100, 104)})
    assert found.orders[0].configurations != found.orders[1].configurations
    assert sentence(found).endswith(
        "only configurations change places that are too close to each other to tell which is better."
    )


def test_a_configuration_that_was_not_measured_everywhere_is_left_out():
    found = ranking({"one": (100, 200, 300), "two": (200, 300, 600), "three": (10, 10)})
    assert found.left_out == ("three",)
    assert found.orders[0].configurations == ("one", "two")


def test_with_one_configuration_left_there_is_nothing_to_rank():
    found = ranking({"one": (100, 200, 300), "two": (200,)})
    assert sentence(found) == "Measured at every distance: only 1 configuration, so there is nothing to rank."


def summed(name, p95s_ms):
    levels = [
        replace(level(name, 400, 0, None, users=50, p95_ms=p95_ms), at=moved(DATABASE_DISTANCE, USUAL, distance))
        for distance, p95_ms in zip(DISTANCES, p95s_ms, strict=True)
    ]
    (configuration,) = experiment(name).configurations
    return ConfigurationSummary(
        configuration=configuration,
        verdict=Verdict.PASS,
        reasons=(),
        levels=(levels[0],),
        distant_levels=tuple(levels[1:]),
    )


P95S = st.lists(st.integers(10, 900), min_size=3, max_size=3)


@given(one=P95S, two=P95S, three=P95S)
def test_the_order_at_each_distance_is_by_the_p95_where_all_pass(one, two, three):
    given_ms = {"one": one, "two": two, "three": three}
    (found,) = rank_along_axes(experiment(*given_ms), [summed(*configuration) for configuration in given_ms.items()])
    for place, order in enumerate(found.orders):
        p95s_ms = [given_ms[name][place] for name in order.configurations]
        assert p95s_ms == sorted(p95s_ms)
