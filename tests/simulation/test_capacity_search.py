"""The capacity search against servers whose capacity is known."""

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from badgateway.model.capacity import CapacityGoal, CapacityStatus
from tests.simulation.capacities import noisy, repeats, search

GOAL = CapacityGoal(lowest=20, highest=640)
REPEATS = 500

# A busy machine is no fault of the search, and the first example imports scipy.
unhurried = settings(deadline=None)


def test_the_estimate_is_within_5_per_cent_in_88_of_100_searches_of_at_most_14_trials():
    found = list(repeats(GOAL, REPEATS, noise=0.03, lapse=0.02))

    assert sum(one.is_close for one in found) >= 0.88 * REPEATS
    assert max(len(one.probes) for one in found) <= 14


def test_the_interval_holds_the_truth_in_95_of_100_searches():
    found = list(repeats(GOAL, REPEATS, noise=0.03, lapse=0.02, seed=2))

    assert sum(one.is_covered for one in found) >= 0.95 * REPEATS


def test_a_confirmed_capacity_is_hardly_ever_more_than_the_truth():
    found = list(repeats(GOAL, REPEATS, noise=0.03, lapse=0.0, seed=3))
    promised = [one for one in found if one.capacity.confirmed is not None]

    assert len(promised) >= 0.98 * REPEATS
    assert sum((one.capacity.confirmed or 0) > 1.02 * one.truth for one in promised) <= 0.02 * REPEATS


@unhurried
@given(st.floats(20.5, 600))
def test_a_server_without_noise_is_found_to_within_5_per_cent(truth):
    found, _ = search(GOAL, lambda level, _: level <= truth)

    assert found.status is CapacityStatus.FOUND
    assert found.estimate is not None
    assert abs(found.estimate / truth - 1) <= 0.05
    assert found.confirmed is not None
    assert found.confirmed <= truth


@unhurried
@given(st.floats(0.1, 19.9))
def test_a_server_that_fails_the_lowest_load_has_no_capacity(truth):
    found, probes = search(GOAL, lambda level, _: level <= truth)

    assert found.status is CapacityStatus.NONE
    assert [probe.level for probe in probes] == [20, 20]


@unhurried
@given(st.floats(641, 1e6))
def test_a_server_that_passes_the_highest_load_has_at_least_that_capacity(truth):
    found, _ = search(GOAL, lambda level, _: level <= truth)

    assert found.status is CapacityStatus.AT_LEAST
    assert found.confirmed is not None
    assert found.confirmed > 600


@unhurried
@given(
    st.lists(st.tuples(st.floats(20, 640), st.floats(20, 640)), max_size=4),
    st.integers(0, 2**32 - 1),
    st.floats(0, 0.4),
)
def test_whatever_a_server_does_the_search_ends_and_says_none_only_when_the_lowest_load_failed(gaps, seed, lapse):
    """Gaps are ranges of loads in which the server fails though it passes above: it is not monotone."""
    rng = np.random.default_rng(seed)

    def passes(level: float, confirming: bool) -> bool:  # noqa: FBT001 # the type of a server
        in_gap = any(min(gap) <= level <= max(gap) for gap in gaps)
        return noisy(math.inf if not in_gap else 1.0, rng, noise=0, lapse=lapse)(level, confirming)

    found, probes = search(GOAL, passes)

    assert len(probes) <= GOAL.max_trials
    assert all(GOAL.lowest <= probe.level <= GOAL.highest for probe in probes)
    if found.status is CapacityStatus.NONE:
        assert all(probe.level == GOAL.lowest and not probe.passed for probe in probes)
    if found.confirmed is not None:
        assert any(probe.level == found.confirmed and probe.confirming and probe.passed for probe in probes)
        assert found.estimate is not None
        assert found.confirmed <= found.estimate
