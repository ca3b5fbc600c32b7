"""Counts against the objective."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from badgateway.judge.objective import Counts, fisher_p, p95_with_failures, standing, verdict, why_hopeless
from badgateway.judge.verdicts import SEVERITY
from badgateway.model.contest import ArmFacts
from badgateway.model.experiment import Objective
from badgateway.model.summary import Verdict
from tests.judge.contests import OBJECTIVE, arm, facts

unhurried = settings(deadline=None)


def counts(requests: int, failures: int = 0, late: int = 0) -> Counts:
    return Counts(requests=requests, failures=failures, late=late)


@pytest.mark.parametrize(
    ("given_counts", "expected"),
    [
        (counts(2000), Verdict.PASS),
        (counts(100), Verdict.INCONCLUSIVE),
        (counts(2000, failures=100), Verdict.FAIL),
        (counts(2000, late=300), Verdict.FAIL),
        (counts(10, failures=10), Verdict.FAIL),
        (counts(0), Verdict.INVALID),
    ],
)
def test_the_whole_interval_must_be_within_the_limits(given_counts, expected):
    assert verdict(given_counts, OBJECTIVE) is expected


@unhurried
@given(st.integers(1, 3000), st.data())
def test_a_late_request_that_fails_instead_improves_no_verdict(requests, data):
    late = data.draw(st.integers(0, requests))
    failing = data.draw(st.integers(0, late))
    before, after = counts(requests, late=late), counts(requests, failures=failing, late=late - failing)

    assert SEVERITY.index(verdict(after, OBJECTIVE)) >= SEVERITY.index(verdict(before, OBJECTIVE))


@unhurried
@given(st.lists(st.floats(1, 1000), max_size=200), st.integers(0, 50))
def test_failures_never_lower_the_p95(latencies_ms, failures):
    before, after = p95_with_failures(latencies_ms, failures), p95_with_failures(latencies_ms, failures + 1)
    converted = p95_with_failures(sorted(latencies_ms)[:-1], failures + 1)

    for worse in (after, converted):
        assert worse is None or (before is not None and worse >= before)


def test_the_p95_counts_a_failed_request_as_slower_than_any():
    assert p95_with_failures([float(ms) for ms in range(1, 101)], 0) == 95
    assert p95_with_failures([float(ms) for ms in range(1, 97)], 4) == 95
    assert p95_with_failures([1.0] * 90, 10) is None
    assert p95_with_failures([], 0) is None


def test_a_level_with_few_requests_is_carried_by_a_higher_one_unless_something_speaks_against_it():
    def verdict_with(low_failures: int) -> Verdict:
        low, high = facts(requests=100, failures=low_failures), facts(requests=5000)
        both = ArmFacts(arm="a", cells=((10.0, 1, low), (200.0, 1, high)))
        return standing(both, (10.0, 200.0), OBJECTIVE).verdict

    assert verdict_with(0) is Verdict.PASS
    assert verdict_with(2) is Verdict.INCONCLUSIVE
    assert verdict_with(40) is Verdict.FAIL


def test_an_arm_that_failed_below_needs_no_higher_level_but_one_that_did_not_is_invalid_without():
    failed = standing(arm("a", [facts(failures=900)], level=10.0), (10.0, 200.0), OBJECTIVE)
    unmeasured = standing(arm("a", [facts()], level=10.0), (10.0, 200.0), OBJECTIVE)

    assert (failed.verdict, failed.level) == (Verdict.FAIL, 10.0)
    assert (unmeasured.verdict, unmeasured.level) == (Verdict.INVALID, None)


def test_only_what_is_far_beyond_the_limit_is_hopeless():
    assert why_hopeless(counts(1000, failures=15), OBJECTIVE) is None
    assert why_hopeless(counts(10, failures=1), OBJECTIVE) is None
    assert why_hopeless(counts(1000, failures=100), OBJECTIVE) == (
        "100 of 1,000 requests failed (10.0 %); allowed are 1 %"
    )
    assert why_hopeless(counts(1000, late=300), OBJECTIVE) == (
        "300 of 1,000 requests failed or took longer than 500 ms (30.0 %); allowed are 5 %"
    )
    none_allowed = Objective(max_failure_share=0, p95_ms=500)
    assert why_hopeless(counts(1000, failures=1), none_allowed) is not None
    assert why_hopeless(counts(1000), none_allowed) is None


def test_fisher_tells_arms_apart_by_their_failures():
    assert fisher_p(counts(1000), counts(1000, failures=20)) < 0.001
    assert fisher_p(counts(1000, failures=3), counts(1000, failures=4)) == 1
