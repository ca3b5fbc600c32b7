"""One more trial is held to the noise of those before it: by their formula, and by how often that is wrong."""

import math

import numpy as np
import pytest

from badgateway.judge.prediction import (
    ERROR,
    FAILURES,
    LATENCY,
    MEASURES,
    THROUGHPUT,
    TrialFigures,
    compared,
    most_failures,
    one_more,
)


def figures(p95_ms: float | None = 100.0, failures: int = 0, requests: int = 1000, rps: float = 100.0) -> TrialFigures:
    return TrialFigures(requests=requests, failures=failures, p95_ms=p95_ms, throughput_rps=rps)


def test_the_interval_is_one_of_prediction_and_not_of_the_mean():
    found = one_more([90.0, 100.0, 110.0, 100.0, 95.0, 105.0])

    assert found is not None
    assert found.low < 85
    assert found.high > 117
    assert found.holds(100)
    assert not found.holds(200)


def test_it_is_right_as_often_as_it_says():
    random = np.random.default_rng(1)
    draws = random.lognormal(5, 0.2, size=(4000, 8))
    outside = 0
    for *before, one in draws.tolist():
        interval = one_more(before)
        assert interval is not None
        outside += not interval.holds(one)

    share, expected = outside / len(draws), ERROR / MEASURES
    assert abs(share - expected) < 4 * math.sqrt(expected / len(draws))


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 2.0], [1.0, 2.0, 0.0]])
def test_what_cannot_be_told_is_not_told(values):
    assert one_more(values) is None


def test_few_failures_may_come_by_chance_and_many_only_where_a_trial_had_them():
    none, some = [figures()] * 6, [figures(failures=0)] * 5 + [figures(failures=60)]

    assert most_failures(none, 1000) in range(1, 4)
    assert most_failures(some, 1000) == 60
    assert most_failures(none[:2], 1000) is None


def test_each_figure_is_beside_what_is_expected_of_it():
    before = [figures(p95_ms=value, rps=1000 / value) for value in (95.0, 100.0, 105.0, 101.0)]
    found = {one.figure: one.holds for one in compared(before, figures(p95_ms=400, failures=50, rps=10))}

    assert found == {FAILURES: False, LATENCY: False, THROUGHPUT: True}


def test_a_trial_without_one_good_answer_is_not_told_to_be_fast():
    found = {one.figure: one.holds for one in compared([figures()] * 3, figures(p95_ms=None))}

    assert found[LATENCY] is None
