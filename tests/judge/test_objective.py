"""Counts against the objective."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from badgateway.judge.configuration_order import configuration_verdict
from badgateway.judge.objective import SEVERITY, more_units, p95_with_failures, units_of, verdict, why_it_cannot_pass
from badgateway.model.design import ConfigurationFacts, Counts
from badgateway.model.experiment import Objective
from badgateway.model.summary import Verdict
from badgateway.words.progress import cannot_pass
from tests.judge.designs import OBJECTIVE, configuration, facts

unhurried = settings(deadline=None)


def counts(requests: int, failures: int = 0, late: int = 0) -> Counts:
    return Counts(requests=requests, failures=failures, late=late)


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ([counts(1000), counts(1000)], Verdict.PASS),
        ([counts(2000)], Verdict.INCONCLUSIVE),
        ([counts(100), counts(100)], Verdict.INCONCLUSIVE),
        ([counts(1000, failures=60), counts(1000, failures=60)], Verdict.FAIL),
        ([counts(1000, failures=300)], Verdict.FAIL),
        ([counts(1000, failures=90)], Verdict.INCONCLUSIVE),
        ([counts(1000, late=300), counts(1000, late=300)], Verdict.FAIL),
        ([counts(10, failures=10)], Verdict.FAIL),
        ([counts(0)], Verdict.INVALID),
        ([], Verdict.INVALID),
    ],
)
def test_a_level_is_judged_by_how_unevenly_failures_fall_on_its_trials(units, expected):
    assert verdict(units, OBJECTIVE) is expected


def test_a_failed_request_counts_as_a_late_one_too():
    """550 of 10,000 are over the 5 % of a p95, though neither the failures nor the late ones are by themselves."""
    units = [counts(10_000, failures=250, late=300)] * 40

    assert verdict(units, Objective(max_failure_share=0.03, p95_ms=1000)) is Verdict.FAIL


def test_a_burst_in_one_of_eight_trials_proves_neither_pass_nor_fail():
    assert verdict([counts(4000, failures=60), *[counts(4000)] * 7], OBJECTIVE) is Verdict.INCONCLUSIVE


def test_a_trial_that_was_not_got_through_counts_as_failed_from_end_to_end():
    assert units_of([counts(100), counts(300)], 1) == (counts(100), counts(300), counts(300, failures=300))
    assert verdict(units_of([], 1), OBJECTIVE) is Verdict.FAIL


def test_it_is_said_how_many_more_trials_decide():
    assert more_units([counts(100)], OBJECTIVE) == 3
    assert more_units([counts(1000, failures=10)], OBJECTIVE) is None


a_unit = st.tuples(st.integers(1, 4000), st.integers(0, 300), st.integers(0, 300)).map(
    lambda drawn: counts(drawn[0] + drawn[1] + drawn[2], failures=drawn[1], late=drawn[2])
)


@unhurried
@given(st.lists(a_unit, min_size=1, max_size=8), st.data())
def test_no_further_failure_improves_a_verdict(units, data):
    place = data.draw(st.integers(0, len(units) - 1))
    before = units[place]
    instead = data.draw(st.integers(0, before.requests - before.failures))
    more = data.draw(st.integers(0, 500))
    worse = counts(
        before.requests + more, failures=before.failures + instead + more, late=max(0, before.late - instead)
    )
    after = [*units[:place], worse, *units[place + 1 :]]

    assert SEVERITY.index(verdict(after, OBJECTIVE)) >= SEVERITY.index(verdict(units, OBJECTIVE))


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


def test_a_level_that_ran_once_is_carried_by_a_higher_one_unless_something_speaks_against_it():
    def verdict_with(low_failures: int) -> Verdict:
        low, high = facts(requests=100, failures=low_failures), facts(requests=5000)
        trials = ((10.0, 1, low), (200.0, 1, high), (200.0, 2, high))
        return configuration_verdict(
            ConfigurationFacts(configuration="a", trials=trials), (10.0, 200.0), OBJECTIVE
        ).verdict

    assert verdict_with(0) is Verdict.PASS
    assert verdict_with(2) is Verdict.INCONCLUSIVE
    assert verdict_with(40) is Verdict.FAIL


def test_a_configuration_that_failed_below_needs_no_higher_level_but_one_that_did_not_is_invalid_without():
    failed = configuration_verdict(configuration("a", [facts(failures=900)], level=10.0), (10.0, 200.0), OBJECTIVE)
    unmeasured = configuration_verdict(configuration("a", [facts()], level=10.0), (10.0, 200.0), OBJECTIVE)

    assert (failed.verdict, failed.level) == (Verdict.FAIL, 10.0)
    assert (unmeasured.verdict, unmeasured.level) == (Verdict.INVALID, None)


def said(units) -> str:
    found = why_it_cannot_pass(units, OBJECTIVE)
    assert found is not None
    return cannot_pass(found)


def test_only_what_no_burst_explains_is_hopeless():
    assert why_it_cannot_pass([counts(1000, failures=100)], OBJECTIVE) is None
    assert why_it_cannot_pass([counts(1000)], OBJECTIVE) is None
    assert why_it_cannot_pass([], OBJECTIVE) is None
    assert said([counts(1000, failures=300)]) == ("300 of 1,000 requests failed (30.0 %); allowed are 1 %")
    assert said([counts(1000, late=300), counts(1000, late=300)]) == (
        "600 of 2,000 requests failed or took longer than 500 ms (30.0 %); allowed are 5 %, in 2 trials"
    )
    none_allowed = Objective(max_failure_share=0, p95_ms=500)
    assert why_it_cannot_pass([counts(1000, failures=1)], none_allowed) is not None
    assert why_it_cannot_pass([counts(1000)], none_allowed) is None


def test_who_lets_more_fail_than_a_p95_leaves_out_lets_as_many_be_late():
    lenient = Objective(max_failure_share=0.1, p95_ms=500)

    assert verdict([counts(4000, late=240)] * 8, lenient) is Verdict.PASS
    assert verdict([counts(4000, late=4000)] * 8, lenient) is Verdict.FAIL
