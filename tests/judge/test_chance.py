"""That failures which came together count as few, and steady ones as many."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from badgateway.judge.chance import SIGNIFICANCE, among_all, are_told_alike, chance, dispersion
from badgateway.judge.proportion import proportion
from badgateway.model.design import Counts
from badgateway.model.summary import LevelSummary, Measurement, RouteMeasurement, TrialSummary, Verdict
from badgateway.model.trial import Trial
from tests.judge.causes_of import evenly

IMPORTS_FIRST = settings(deadline=None)
"""The first comparison of a process imports scipy.stats."""
SHARES = st.integers(1, 5000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total)))


def measured(seconds, routes=()):
    failed, total = (sum(getattr(one, name) for one in seconds) for name in ("failures", "requests"))
    return Measurement(
        requests=total,
        outcomes=(),
        failures=proportion(failed, total),
        latency=None,
        first_byte=None,
        over_objective=None,
        throughput_rps=1,
        routes=routes,
        seconds=tuple(seconds),
    )


def a_level(*trials, routes=()):
    """Return a level of trials that are given second by second."""
    return LevelSummary(
        configuration="one",
        users=10,
        verdict=Verdict.FAIL,
        reasons=(),
        measurement=measured([second for trial in trials for second in trial], routes),
        trials=tuple(
            TrialSummary(
                trial=Trial(block=block, position=1, configuration="one", users=10, seed=1),
                verdict=Verdict.FAIL,
                reasons=(),
                measurement=measured(seconds),
                proxy_messages=(),
                uses=(),
                overhead_s=1.0,
            )
            for block, seconds in enumerate(trials, start=1)
        ),
    )


def route(name, seconds):
    whole = measured(seconds)
    return RouteMeasurement(
        name=name,
        requests=whole.requests,
        outcomes=(),
        failures=whole.failures,
        latency=None,
        first_byte=None,
        seconds=tuple(seconds),
    )


def second(failures, requests=100):
    return Counts(requests=requests, failures=failures, late=0)


def steady(failed, total):
    return a_level(evenly(failed, total), evenly(failed, total))


def test_steady_failures_are_tested_as_fishers_exact_test_does():
    assert chance(steady(2, 100), steady(0, 100)) == pytest.approx(0.1231, abs=1e-4)


def test_as_many_in_one_second_are_one_event():
    burst = [second(80), *[second(0)] * 9]
    calm = [second(0)] * 10
    assert chance(a_level(burst, calm), a_level(calm, calm)) > SIGNIFICANCE
    assert chance(steady(80, 1000), a_level(calm, calm)) < 1e-9


def test_as_many_in_one_trial_of_two_are_one_event_however_steady_they_are_in_it():
    failing, calm = [second(8)] * 10, [second(0)] * 10
    assert chance(a_level(failing, calm), a_level(calm, calm)) > SIGNIFICANCE


def test_where_nothing_is_known_of_seconds_all_failures_may_be_one_event():
    unknown = steady(80, 1000)
    assert unknown.measurement is not None
    object.__setattr__(unknown.measurement, "seconds", ())
    assert chance(unknown, steady(0, 1000)) > SIGNIFICANCE


def test_with_one_trial_of_each_the_odds_have_to_differ_clearly():
    assert chance(a_level(evenly(5000, 24_000)), a_level(evenly(3000, 24_000))) == 1
    assert chance(a_level(evenly(5000, 24_000)), a_level(evenly(1000, 24_000))) < 1e-9


def test_a_route_of_which_every_request_failed_is_proof_although_few_of_all_did():
    others = [second(0, 10)] * 20
    failing = [second(3, 3) if at % 5 == 0 else second(0, 0) for at in range(20)]
    well = [second(0, one.requests) for one in failing]

    def with_exports(exports):
        both = [second(one.failures, one.requests + other.requests) for one, other in zip(exports, others, strict=True)]
        known = [one for one in exports * 2 if one.requests]
        return a_level(both, both, routes=(route("GET /export", known), route("GET /", others * 2)))

    assert chance(with_exports(failing), with_exports(well)) < 0.002
    assert are_told_alike(with_exports(failing), with_exports(failing))


def test_few_failures_are_not_told_alike_and_many_are():
    assert not are_told_alike(steady(5, 1000), steady(5, 1000))
    assert are_told_alike(steady(200, 1000), steady(210, 1000))
    assert not are_told_alike(steady(200, 1000), steady(90, 1000))


def test_each_p_counts_among_all_comparisons_as_holm_says():
    assert among_all([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert among_all([]) == []
    assert max(among_all([0.5, 0.9])) == 1


def test_a_route_of_which_nothing_failed_takes_no_part_of_the_chance():
    calm = [second(0)] * 10
    quiet = tuple(route(f"GET /{number}/", calm) for number in range(9))

    failing = [second(1)] * 10

    def told(*routes):
        before = a_level(failing, failing, routes=(route("GET /", failing * 2), *routes))
        return chance(before, a_level(calm, calm, routes=(route("GET /", calm * 2), *routes)))

    assert told() == told(*quiet)
    assert told() == pytest.approx(2 * chance(a_level(failing, failing), a_level(calm, calm)))


def test_dispersion_is_that_of_pearson():
    assert dispersion([second(10), second(30)]) == pytest.approx(200 * 0.01 / 0.16 / 1)
    assert dispersion([second(10)]) == dispersion([second(0)] * 3) == dispersion([second(100)] * 3) == 1


def bursts(dice, burst, *, share=0.02, requests=450, seconds=7):
    """Return a trial whose failures come so many at a time, a burst going on into the next second."""
    failed = np.zeros(seconds + 1, dtype=int)
    for _ in range(dice.poisson(share * requests * seconds / burst)):
        at, part = dice.integers(seconds), dice.integers(burst + 1)
        failed[at] += part
        failed[at + 1] += burst - part
    return [second(int(min(number, requests)), requests) for number in failed[:seconds]]


@pytest.mark.parametrize("trials", [1, 2, 4])
@pytest.mark.parametrize("burst", [17, 60, 250])
def test_of_bursts_alone_hardly_any_step_is_called_help_or_harm(burst, trials):
    dice = np.random.default_rng(burst + trials)

    def drawn():
        return a_level(*(bursts(dice, burst) for _ in range(trials)))

    called = sum(chance(drawn(), drawn()) < SIGNIFICANCE for _ in range(300))
    assert proportion(called, 300).low <= 0.05


@IMPORTS_FIRST
@given(one=SHARES, other=SHARES)
def test_it_is_a_probability_and_does_not_care_which_share_comes_first(one, other):
    there, back = chance(steady(*one), steady(*other)), chance(steady(*other), steady(*one))
    assert 0 <= there <= 1
    assert there == pytest.approx(back)


@IMPORTS_FIRST
@given(share=SHARES)
def test_equal_shares_are_always_chance(share):
    assert chance(steady(*share), steady(*share)) == pytest.approx(1)
