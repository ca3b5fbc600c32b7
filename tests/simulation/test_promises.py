"""The promises of verdicts and choices, in few studies each; benchmarks/verdicts.py measures them all, in many."""

import pytest

from badgateway.judge.proportion import proportion
from tests.simulation import promises
from tests.simulation.promises import WEATHERS, Weather
from tests.simulation.worlds import Failures, normal, spikes

QUIET, SPIKES = Weather(name="noise 3 %", noise=normal(0.03)), Weather(name="spikes", noise=spikes(0.03))
FEW = 25


@pytest.mark.parametrize("weather", WEATHERS, ids=lambda weather: weather.name)
def test_of_arms_that_are_alike_hardly_ever_one_is_called_different(weather):
    """So few studies find a rate of 30 %; the table has a thousand of each."""
    found = promises.different(weather, 3, FEW)

    assert proportion(found.count, found.total).low <= 0.06


@pytest.mark.parametrize("burst", [17, 60, 250, 1000])
def test_who_fails_twice_as_often_as_allowed_in_bursts_is_no_pass_where_one_was_seen(burst):
    assert promises.false_pass("bursts", Failures(share=0.02, burst=burst), 100).count == 0


def test_who_fails_in_one_trial_of_four_is_no_pass_where_one_was_seen():
    assert promises.false_pass("1 of 4 trials", Failures(share=0.02, trials=0.25), 100).count == 0


def test_who_fails_in_one_trial_of_four_at_the_lower_load_is_no_pass_where_one_was_seen():
    assert promises.false_pass_below(60).count == 0


@pytest.mark.parametrize("burst", [60, 250])
def test_who_fails_half_as_often_as_allowed_in_bursts_is_hardly_ever_a_fail(burst):
    assert promises.false_fail("bursts", Failures(share=0.005, burst=burst), 100).count <= 5


def test_a_server_that_dies_passes_no_more_often_than_one_that_fails():
    assert promises.passes_when_dying(1, 100) <= promises.passes_when_dying(0, 100) + 0.02


def test_ten_per_cent_better_of_eight_is_picked_and_no_other_one():
    right, wrong = promises.picked(QUIET, FEW, 0.75, blocks=8)

    assert right.count >= 0.9 * FEW
    assert wrong.count == 0


def test_less_throughput_is_told():
    assert promises.throughput_told(2, FEW, blocks=6).count >= 0.9 * FEW


@pytest.mark.parametrize("weather", [QUIET, SPIKES], ids=lambda weather: weather.name)
def test_the_stated_regret_is_true(weather):
    found = promises.regret_is_true(weather, promises.in_a_line(4, 0.2), FEW, blocks=6, looks=())

    assert found.total == FEW
    assert found.count >= FEW - 4


def test_a_promise_is_kept_only_when_the_far_end_of_its_interval_keeps_it():
    def kept(count: int, **limit: float) -> bool:
        return promises.Promise(what="x", count=count, total=1000, **limit).is_kept

    assert kept(45, at_most=0.06)
    assert not kept(55, at_most=0.06)
    assert not promises.Promise(what="x", count=55, total=1000, at_most=0.06).is_broken
    assert promises.Promise(what="x", count=90, total=1000, at_most=0.06).line.startswith("BROKEN")
    assert kept(970, at_least=0.95)
    assert not kept(955, at_least=0.95)
