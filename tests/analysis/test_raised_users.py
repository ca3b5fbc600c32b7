"""Load levels are taken around the number of users at which the p95 doubles or a request fails."""

import pytest

from badgateway.analysis.raised_users import STEPS, Step, levels, users_of_rates, why_enough


def step(users, p95_ms=20.0, *, failures=0, problem=""):
    return Step(users=users, requests=100, failures=failures, p95_ms=p95_ms, problem=problem)


@pytest.mark.parametrize(
    ("last", "why"),
    [
        (step(20, 69.0), ""),
        (step(20, 70.0), "with 20 users the p95 is 70 ms, and 20 ms with 5"),
        (step(20, 20.0, failures=1), "with 20 users 1 of 100 requests failed"),
        (step(20, None, failures=0), "with 20 users no request was OK"),
        (step(20, None, problem="it was aborted"), "with 20 users nothing could be measured: it was aborted"),
        (step(STEPS[-1]), "with 320 users, the most that are tried, the p95 is 20 ms"),
    ],
)
def test_users_are_raised_until_that_is_felt(last, why):
    assert why_enough([step(5), last]) == why


def test_twice_of_next_to_nothing_is_chance():
    assert why_enough([step(5, 18.0), step(10, 66.0)]) == ""
    assert why_enough([step(5, 80.0), step(10, 140.0)]) == ""


def test_levels_are_half_one_and_two_times_that():
    assert levels([step(5), step(10), step(20, 90.0)]) == (10, 20, 40)
    assert levels([step(5, failures=2)]) == (2, 5, 10)


def test_no_level_is_above_what_can_be_measured():
    assert levels([step(5), step(10), step(20, None, problem="x")]) == (2, 5, 10)
    assert levels([step(users) for users in STEPS]) == (80, 160, 320)
    assert levels([step(5, None, problem="x")]) == ()


def test_users_make_the_rates_that_one_of_them_makes_so_many_times():
    # 100 requests of 5 users in 4 s are 5 a second of one.
    assert users_of_rates(step(5), 4.0, (0.1, 5.0, 12.0, 100_000.0)) == (1, 3, 5000)
    assert users_of_rates(Step(users=5, requests=0, failures=0, p95_ms=None), 4.0, (1.0,)) == ()
    assert users_of_rates(step(5, None, problem="x"), 4.0, (1.0,)) == ()
