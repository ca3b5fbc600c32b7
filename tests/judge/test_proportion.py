import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from badgateway.judge.proportion import may_be, proportion


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


def test_where_nothing_was_bad_so_many_units_may_still_be():
    assert may_be(0, 8) == pytest.approx(0.312, abs=0.001)
    assert may_be(0, 64) == pytest.approx(0.0457, abs=0.0001)
    assert may_be(8, 8) == 1
