"""What a study will run, and how it is fitted into a budget."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from badgateway.errors import ConfigurationError
from badgateway.model.capacity import CapacityGoal
from badgateway.search import fit, forecast
from badgateway.words.progress import forecast_lines
from tests.simulation.servers import Machine, Server, design

CONFIGURATIONS = tuple(f"configuration-{index}" for index in range(6))
ASKED = design(*CONFIGURATIONS, control=True, capacity=CapacityGoal(lowest=20, highest=640))


def test_the_forecast_brackets_what_a_study_takes():
    for limit in (30, 150, 900):
        servers = {
            configuration: Server(p95_ms=300 + 30 * index, limit=limit)
            for index, configuration in enumerate(CONFIGURATIONS)
        }
        took_s = sum(one.took_s for one in Machine(servers=servers, seed=limit).run(ASKED))
        found = forecast(ASKED)

        assert found.least_s <= took_s <= found.most_s
    assert found.least_s < found.likely_s < found.most_s


def test_the_forecast_says_what_will_run():
    lines = list(forecast_lines(forecast(ASKED)))

    assert lines[0] == "Block 1: 6 configurations at 50, 100, 200 tasks/s, lowest first; at most 19 trials of 39 s."
    stand = "those that stand, likely 3, at 200 tasks/s, with a look after block 3, 5; likely 28 trials."
    assert lines[1] == f"Blocks 2 to 8: {stand}"
    assert lines[2].startswith(
        "Capacity of those that are not told apart, from 20 to 640 tasks/s: at most 14 trials each"
    )
    assert len(list(forecast_lines(forecast(replace(ASKED, blocks=1, looks=(), capacity=None))))) == 1


@given(st.floats(300, 20_000))
def test_a_study_fitted_into_a_budget_is_forecast_to_end_in_it(budget_s):
    fitted = fit(ASKED, budget_s)

    assert fitted.budget_s == budget_s
    assert forecast(fitted).likely_s <= budget_s
    assert forecast(fitted).trials >= len(CONFIGURATIONS)
    assert (fitted.levels[0], fitted.levels[-1]) == (ASKED.levels[0], ASKED.levels[-1])
    assert all(look < fitted.blocks for look in fitted.looks)


def test_a_large_budget_changes_nothing_and_a_smaller_one_gives_up_precision_before_proof():
    half_an_hour = fit(ASKED, 1800)

    assert replace(fit(ASKED, 1e6), budget_s=None) == ASKED
    assert half_an_hour.blocks >= 6
    assert half_an_hour.window_s < ASKED.window_s
    assert half_an_hour.capacity is not None


def test_a_budget_that_not_even_one_block_fits_is_refused_with_what_it_takes():
    with pytest.raises(
        ConfigurationError,
        match=r"budget 60 s \(--budget, or study.budget_s\): 6 configurations need at least \d+ s; give more time",
    ):
        fit(ASKED, 60)


def test_a_forecast_without_capacity_is_the_blocks_alone():
    plain = replace(ASKED, capacity=None, control=False, blocks=1, looks=())

    assert forecast(plain).most_s == math.prod((6, 3)) * 39
