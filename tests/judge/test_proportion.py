import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from badgateway.judge.proportion import proportion, requests_to_decide


@settings(deadline=None)  # a busy machine is no fault of the interval
@given(st.integers(1, 5000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total))))
def test_the_interval_is_the_exact_one_of_scipys_own_test(counted):
    count, total = counted
    expected = binomtest(count, total).proportion_ci(method="exact")
    found = proportion(count, total)

    assert (found.count, found.total) == (count, total)
    assert math.isclose(found.low, expected.low, rel_tol=1e-6, abs_tol=1e-9)
    assert math.isclose(found.high, expected.high, rel_tol=1e-6, abs_tol=1e-9)


def test_no_failure_in_n_requests_bounds_the_share_as_computed_by_hand():
    # (1 - p)^n = 0.025
    assert math.isclose(proportion(0, 100).high, 1 - 0.025 ** (1 / 100))
    assert math.isclose(proportion(100, 100).low, 0.025 ** (1 / 100))


@pytest.mark.parametrize(("count", "total"), [(0, 0), (-1, 10), (11, 10), (1, 0)])
def test_a_share_of_nothing_is_refused(count, total):
    with pytest.raises(ValueError, match="is no proportion"):
        proportion(count, total)


def test_without_failures_the_requests_needed_are_those_computed_by_hand():
    needed = math.ceil(math.log(0.025) / math.log(1 - 0.01))

    assert requests_to_decide(proportion(0, 100), 0.01) == needed == 368


@pytest.mark.parametrize(("count", "total", "limit"), [(1, 300, 0.01), (5, 300, 0.01), (3, 40, 0.05)])
def test_the_requests_needed_are_the_fewest_that_decide_at_the_observed_share(count, total, limit):
    needed = requests_to_decide(proportion(count, total), limit)
    assert needed is not None
    share = count / total

    def undecided(n):
        # The nearest whole count differs by at most a half from the share's.
        low = proportion(math.floor(share * n), n).low
        high = proportion(math.ceil(share * n), n).high
        return low <= limit < high

    assert undecided(int(needed * 0.98))
    whole = needed * 2 - needed * 2 % total
    grown = proportion(count * whole // total, whole)
    assert grown.high <= limit or grown.low > limit


def test_a_share_that_is_the_limit_is_never_decided():
    assert requests_to_decide(proportion(3, 300), 0.01) is None


def test_none_ever_failing_is_never_proven():
    assert requests_to_decide(proportion(0, 300), 0) is None
