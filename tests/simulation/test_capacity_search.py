"""The capacity search against servers whose capacity is known."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from badgateway.model.capacity import CapacityStatus, Probe
from badgateway.search.capacity import NextProbe
from tests.amounts import amounts, examples
from tests.simulation.capacities import CURVES, GOAL, Found, Site, Weather, behind, search, search_in_rounds, some_truth
from tests.simulation.queues import Queue

unhurried = settings(max_examples=examples(50))


def searched(curve: str, number: int, **weather: float) -> list[Found]:
    """Search so many servers with that curve."""
    found = []
    for seed in range(number):
        rng = np.random.default_rng([502, seed])
        truth = some_truth(rng)
        sky = Weather(rng=rng, **weather)
        capacity, probes = search(GOAL, Site(truth=truth, curve=CURVES[curve], weather=sky).end)
        found.append(Found(truth=truth, capacity=capacity, probes=probes, machines=sky.machines))
    return found


def sharp(truth: float) -> Callable[[NextProbe], Probe]:
    """Return a server without noise, which is far from its limit up to its capacity, and far beyond it above."""

    def end(due: NextProbe) -> Probe:
        return Probe(level=due.level, p95_share=0.3 if due.level <= truth else 4.0, confirming=due.confirming)

    return end


@pytest.mark.parametrize("number", amounts(10, 60))
@pytest.mark.parametrize("curve", ["closed loop", "cliff"])
def test_at_3_per_cent_of_noise_the_capacity_is_told_and_the_interval_holds_the_truth(curve, number):
    found = searched(curve, number, noise=0.03)

    assert sum(one.is_told for one in found) >= 0.9 * number
    assert sum(one.is_covered for one in found if one.is_told) >= 0.9 * number
    assert np.mean([len(one.probes) for one in found]) <= 14


@pytest.mark.parametrize("number", amounts(15, 60))
@pytest.mark.parametrize("weather", [{"noise": 0.2}, {"noise": 0.08, "resemblance": 0.8}, {"hits": 0.1}, {"step": 0.2}])
def test_what_is_told_under_much_noise_holds_the_truth(weather, number):
    told = [one for one in searched("cliff", number, **weather) if one.is_told]

    assert sum(one.is_covered for one in told) >= 0.85 * len(told)


def test_a_queue_that_grows_unseen_in_the_p95_does_not_raise_the_capacity():
    covered = []
    for seed in range(10):
        rng = np.random.default_rng([503, seed])
        queue = Queue(rate_per_s=math.exp(rng.uniform(4, 6)), weather=Weather(rng=rng, noise=0.0))
        capacity, _ = search(GOAL, queue.end)
        if capacity.status is not CapacityStatus.NOT_TOLD:
            covered.append((capacity.low or math.inf) <= queue.truth <= (capacity.high or 0))

    assert len(covered) >= 7
    assert all(covered)


def test_a_few_failures_that_come_at_any_load_are_no_limit():
    rng = np.random.default_rng(504)
    sites = [
        Site(truth=200, curve=CURVES["cliff"], weather=Weather(rng=rng, noise=0.03), background=0.0005)
        for _ in range(30)
    ]
    found = [search(GOAL, site.end)[0] for site in sites]

    assert all(one.status is not CapacityStatus.NONE for one in found)
    assert sum((one.low or 0) <= 200 <= (one.high or 0) for one in found) >= 27


@pytest.mark.parametrize("weather", [{"noise": 0.1}, {"noise": 0.08, "resemblance": 0.8}, {"noise": 0.03, "hits": 0.1}])
def test_of_four_servers_that_are_alike_hardly_ever_one_is_said_to_carry_less(weather):
    different = 0
    for seed in range(10):
        rng = np.random.default_rng([505, seed])
        truth = some_truth(rng)
        sites = [Site(truth=truth, curve=CURVES["cliff"], weather=Weather(rng=rng, **weather)) for _ in range(4)]
        different += bool(behind(search_in_rounds(GOAL, sites)))

    assert different <= 1


def test_half_as_much_is_told_and_what_all_servers_share_does_not_hide_it():
    found = 0
    for seed in range(4):
        rng = np.random.default_rng([506, seed])
        together = Weather(rng=rng, noise=0.1, resemblance=0.8)
        sites = [
            Site(truth=truth, curve=CURVES["closed loop"], weather=Weather(rng=rng, noise=0.02))
            for truth in (100.0, 200.0)
        ]
        found += behind(search_in_rounds(GOAL, sites, together)) == [0]

    assert found == 4


@unhurried
@given(st.floats(20.5, 600))
def test_a_server_without_noise_is_found_to_within_5_per_cent_or_not_told(truth):
    found, _ = search(GOAL, sharp(truth))

    assert found.estimate is None or abs(found.estimate / truth - 1) <= 0.05
    assert found.confirmed is None or found.confirmed <= truth


def test_of_servers_without_noise_nine_of_ten_are_told():
    found = [search(GOAL, sharp(truth))[0] for truth in np.geomspace(21, 590, 20)]

    assert sum(one.estimate is not None for one in found) >= 18


@unhurried
@given(st.floats(0.1, 19.9))
def test_a_server_that_fails_the_lowest_load_and_a_higher_one_has_no_capacity(truth):
    found, probes = search(GOAL, sharp(truth))

    assert found.status is CapacityStatus.NONE
    assert [probe.level for probe in probes] == [20, 20, 40]


@unhurried
@given(st.floats(700, 1e6))
def test_a_server_that_passes_the_highest_load_has_at_least_that_capacity(truth):
    found, _ = search(GOAL, sharp(truth))

    assert found.status is CapacityStatus.AT_LEAST
    assert found.confirmed is not None
    assert found.confirmed > 550


def test_a_load_that_fails_again_below_one_that_passes_leaves_the_capacity_untold():
    def end(due: NextProbe) -> Probe:
        return Probe(level=due.level, p95_share=4.0 if due.level < 30 or due.level > 200 else 0.3)

    found, probes = search(GOAL, end)

    assert (found.status, found.estimate, found.low) == (CapacityStatus.NOT_TOLD, None, None)
    assert [probe.level for probe in probes] == [20, 20, 40]


def test_a_server_that_dies_above_a_load_does_not_carry_more_than_that():
    def end(due: NextProbe) -> Probe:
        dead = due.level > 300
        return Probe(level=due.level, p95_share=None if dead else 0.2, overloaded=dead, confirming=due.confirming)

    found, _ = search(GOAL, end)

    assert found.estimate == pytest.approx(300, rel=0.06)
    assert found.confirmed is not None
    assert found.confirmed <= 300


@unhurried
@given(
    st.lists(st.tuples(st.floats(20, 640), st.floats(20, 640)), max_size=4),
    st.integers(0, 2**32 - 1),
    st.floats(0, 0.4),
)
def test_whatever_a_server_does_the_search_ends_and_says_none_only_when_nothing_ever_passed(gaps, seed, lapse):
    """Gaps are ranges of loads in which the server fails though it passes above: it is not monotone."""
    rng = np.random.default_rng(seed)

    def end(due: NextProbe) -> Probe:
        in_gap = any(min(gap) <= due.level <= max(gap) for gap in gaps)
        fails = in_gap != (rng.random() < lapse)
        share = float(rng.uniform(1.01, 5)) if fails else float(rng.uniform(0.1, 1))
        return Probe(level=due.level, p95_share=share, confirming=due.confirming)

    found, probes = search(GOAL, end)

    assert len(probes) <= GOAL.max_trials
    assert all(GOAL.lowest <= probe.level <= GOAL.highest for probe in probes)
    if found.status is CapacityStatus.NONE:
        assert not any(probe.passed for probe in probes)
    if found.confirmed is not None:
        assert any(probe.level == found.confirmed and probe.confirming and probe.passed for probe in probes)
        assert (found.high or math.inf) >= found.confirmed
