"""The promises of verdicts and choices, in few studies each; benchmarks/verdicts.py measures them all, in many."""

from dataclasses import replace

import pytest

from badgateway.judge.proportion import proportion
from badgateway.model.comparison import Relation
from tests.amounts import amounts
from tests.simulation import promises
from tests.simulation.promises import WEATHERS, Weather
from tests.simulation.worlds import Failures, SimulatedServer, alike, normal, spikes, study

QUIET, SPIKES = Weather(name="noise 3 %", noise=normal(0.03)), Weather(name="spikes", noise=spikes(0.03))
MANY = 200
FEW = amounts(10, MANY)
SHARES = amounts(20, MANY)


@pytest.mark.parametrize("studies", FEW)
@pytest.mark.parametrize("weather", WEATHERS, ids=lambda weather: weather.name)
def test_of_configurations_that_are_alike_hardly_ever_one_is_called_different(weather, studies):
    """So few studies find a rate of 50 %; the table has a thousand of each."""
    found = promises.different(weather, 3, studies)

    assert proportion(found.count, found.total).low <= 0.06


@pytest.mark.parametrize("studies", SHARES)
@pytest.mark.parametrize("burst", [17, 60, 250, 1000])
def test_who_fails_twice_as_often_as_allowed_in_bursts_is_no_pass_where_one_was_seen(burst, studies):
    assert promises.false_pass("bursts", Failures(share=0.02, burst=burst), studies).count <= 0.01 * studies


@pytest.mark.parametrize("studies", SHARES)
def test_who_fails_in_one_trial_of_four_is_no_pass_where_one_was_seen(studies):
    assert promises.false_pass("1 of 4 trials", Failures(share=0.02, trials=0.25), studies).count <= 0.01 * studies


@pytest.mark.parametrize("studies", SHARES)
def test_who_fails_in_one_trial_of_four_at_the_lower_load_is_no_pass_where_one_was_seen(studies):
    assert promises.false_pass_below(studies).count <= 0.01 * studies


@pytest.mark.parametrize("studies", SHARES)
@pytest.mark.parametrize("burst", [60, 250])
def test_who_fails_half_as_often_as_allowed_in_bursts_is_hardly_ever_a_fail(burst, studies):
    assert promises.false_fail("bursts", Failures(share=0.005, burst=burst), studies).count <= 0.05 * studies


@pytest.mark.parametrize("studies", SHARES)
def test_a_server_that_dies_passes_no_more_often_than_one_that_fails(studies):
    assert promises.passes_when_dying(1, studies) <= promises.passes_when_dying(0, studies) + 0.02


@pytest.mark.parametrize("studies", FEW)
def test_ten_per_cent_better_of_eight_is_picked_and_no_other_one(studies):
    right, wrong = promises.picked(QUIET, studies, 0.75, blocks=8)

    assert right.count >= 0.9 * studies
    assert wrong.count == 0


@pytest.mark.parametrize("studies", FEW)
@pytest.mark.parametrize("name", ["noise 20 %", "two states"])
def test_a_quick_study_says_whom_to_run(name, studies):
    (weather,) = (one for one in WEATHERS if one.name == name)

    assert promises.quick_is_answered(weather, studies).count >= 0.95 * studies


@pytest.mark.parametrize("studies", FEW)
def test_less_throughput_is_told(studies):
    assert promises.throughput_told(2, studies, blocks=6).count >= 0.9 * studies


@pytest.mark.parametrize("seed", [30, 41])
def test_who_is_proven_to_serve_less_is_not_run_for_a_p95_that_is_ahead_of_one_other_by_chance(seed):
    less = SimulatedServer(throughput=0.8)
    servers = {**alike(5, less), "configuration-0": SimulatedServer()}

    choice = study(servers, seed, normal(0.03), blocks=8, looks=(), throughput_noise=0.03)

    assert len([one for one in choice.rivalries if one.relation is Relation.WORSE]) == 4
    assert choice.configuration == "configuration-0"


@pytest.mark.parametrize("studies", FEW)
@pytest.mark.parametrize("weather", [QUIET, SPIKES], ids=lambda weather: weather.name)
def test_the_stated_regret_is_true(weather, studies):
    found = promises.regret_is_true(weather, promises.in_a_line(4, 0.2), studies, blocks=6, looks=())

    assert found.total == studies
    assert not replace(found, at_least=0.95).is_broken


def test_a_promise_is_kept_only_when_the_far_end_of_its_interval_keeps_it():
    def kept(count: int, **limit: float) -> bool:
        return promises.Promise(what="x", count=count, total=1000, **limit).is_kept

    assert kept(45, at_most=0.06)
    assert not kept(55, at_most=0.06)
    assert not promises.Promise(what="x", count=55, total=1000, at_most=0.06).is_broken
    assert promises.Promise(what="x", count=90, total=1000, at_most=0.06).line.startswith("BROKEN")
    assert kept(970, at_least=0.95)
    assert not kept(955, at_least=0.95)
