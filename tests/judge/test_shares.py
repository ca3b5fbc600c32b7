"""Shares of which nobody knows how unevenly they fall on trials and seconds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from badgateway.judge.proportion import proportion
from badgateway.judge.shares import CERTAIN, evidence_beyond, highest, lowest

unhurried = settings(deadline=None)
some_units = st.lists(st.tuples(st.integers(0, 300), st.integers(1, 3000)), min_size=1, max_size=9)


def split(units: list[tuple[int, int]]) -> tuple[list[int], list[int]]:
    return [bad for bad, _ in units], [bad + good for bad, good in units]


def test_one_trial_proves_only_what_no_single_event_explains():
    assert evidence_beyond([240], [1000], 0.01) < CERTAIN <= evidence_beyond([250], [1000], 0.01)


def test_trials_that_all_fail_alike_prove_more_than_one():
    assert evidence_beyond([50, 50], [1000, 1000], 0.01) < CERTAIN < evidence_beyond([52, 52], [1000, 1000], 0.01)
    assert evidence_beyond([16] * 8, [1000] * 8, 0.01) > CERTAIN


def test_without_an_allowed_failure_one_is_proof():
    assert evidence_beyond([1], [1000], 0) > CERTAIN
    assert evidence_beyond([0], [1000], 0) < CERTAIN


@pytest.mark.parametrize("share", [0.01, 0.3, 1.0])
@pytest.mark.parametrize("units", [1, 2, 8])
def test_at_the_limit_itself_any_mixture_of_good_and_bad_trials_is_rarely_called_beyond_it(share, units):
    """A trial fails with all of a share or not at all, so that the mean is exactly the limit."""
    rng = np.random.default_rng(1)
    bad = 1000 * share * (rng.random((4000, units)) < 0.01 / share)
    wrong = sum(evidence_beyond(one, [1000] * units, 0.01) >= CERTAIN for one in bad)

    assert wrong <= 4000 / CERTAIN


@unhurried
@given(some_units)
def test_the_lowest_limit_is_where_the_proof_ends(units):
    bad, requests = split(units)
    low = lowest(bad, requests)

    assert low <= max(one / all_of_them for one, all_of_them in zip(bad, requests, strict=True))
    if low > 1e-6:
        assert evidence_beyond(bad, requests, low * 0.99) >= CERTAIN > evidence_beyond(bad, requests, low * 1.01)


@unhurried
@given(some_units)
def test_the_highest_share_is_never_below_the_binomial_end(units):
    bad, requests = split(units)

    assert highest(bad, requests) >= proportion(sum(bad), sum(requests)).high - 1e-9


@unhurried
@given(some_units, st.data())
def test_neither_end_gets_better_by_a_further_failure(units, data):
    place = data.draw(st.integers(0, len(units) - 1))
    instead, more = data.draw(st.integers(0, units[place][1] - 1)), data.draw(st.integers(0, 500))
    worse = list(units)
    worse[place] = (units[place][0] + instead + more, units[place][1] - instead)

    assert highest(*split(worse)) >= highest(*split(units)) - 1e-12
    assert evidence_beyond(*split(worse), 0.01) >= evidence_beyond(*split(units), 0.01) * (1 - 1e-9)


def test_a_burst_counts_as_one_event():
    burst, steady = highest([240, 0, 0, 0, 0, 0, 0, 0], [4000] * 8), highest([30] * 8, [4000] * 8)

    assert burst > 0.04
    assert steady == pytest.approx(0.0085, abs=0.0015)


def test_all_bad_may_be_all():
    assert highest([5], [5]) == 1
