import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from badgateway.judge.chance import chance
from badgateway.judge.proportion import proportion

IMPORTS_FIRST = settings(deadline=None)
"""The first comparison of a process imports scipy.stats."""
SHARES = st.integers(1, 5000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total)))


def test_fishers_own_example_has_its_known_probability():
    assert chance(proportion(3, 4), proportion(1, 4)) == pytest.approx(0.4857, abs=1e-4)


def test_two_of_four_thousand_may_be_chance_and_twenty_are_not():
    nothing = proportion(0, 4000)
    assert chance(nothing, proportion(2, 4000)) > 0.1
    assert chance(nothing, proportion(20, 4000)) < 1e-4


@IMPORTS_FIRST
@given(one=SHARES, other=SHARES)
def test_it_is_a_probability_and_does_not_care_which_share_comes_first(one, other):
    there, back = chance(proportion(*one), proportion(*other)), chance(proportion(*other), proportion(*one))
    assert 0 <= there <= 1
    assert there == pytest.approx(back)


@IMPORTS_FIRST
@given(share=SHARES)
def test_equal_shares_are_always_chance(share):
    assert chance(proportion(*share), proportion(*share)) == pytest.approx(1)
