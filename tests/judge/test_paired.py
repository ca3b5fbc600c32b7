"""The paired comparison."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import wilcoxon

from badgateway.judge.paired import (
    blocks_needed,
    blocks_to_prove,
    detectable_share,
    holm,
    paired_ratio,
    pooled_noise,
    signed_rank_p,
    smallest_p,
    t_test_p,
)

unhurried = settings(deadline=None)
some_logs = st.lists(st.floats(-2, 2).map(lambda log: round(log, 3)), min_size=1, max_size=12)


@unhurried
@given(st.lists(st.floats(-2, 2), min_size=3, max_size=12, unique_by=abs).filter(lambda logs: 0 not in logs))
def test_the_p_is_that_of_scipy_where_there_are_no_ties(logs):
    assert signed_rank_p(logs) == pytest.approx(wilcoxon(logs, method="exact").pvalue)


@unhurried
@given(some_logs)
def test_no_p_is_below_what_the_number_of_blocks_can_give(logs):
    assert signed_rank_p(logs) >= smallest_p(len(logs))


@unhurried
@given(some_logs, st.data())
def test_a_block_that_gets_worse_makes_worse_more_probable_ties_or_not(logs, data):
    """So further failures, which can only raise a p95, never rescue an arm that is behind."""
    behind = [abs(log) for log in logs]
    which = data.draw(st.integers(0, len(logs) - 1))
    worse = [log + (0.5 if index == which else 0) for index, log in enumerate(behind)]

    assert signed_rank_p(worse) <= signed_rank_p(behind)
    assert paired_ratio(worse).ratio >= paired_ratio(behind).ratio


@unhurried
@given(some_logs)
def test_the_interval_holds_the_estimate_and_turns_over_with_the_arms(logs):
    found, turned = paired_ratio(logs), paired_ratio([-log for log in logs])

    assert found.low <= found.ratio <= found.high
    assert turned.ratio == pytest.approx(1 / found.ratio)
    assert turned.low == pytest.approx(1 / found.high)
    assert turned.high == pytest.approx(1 / found.low)
    assert turned.p == found.p


@pytest.mark.parametrize(("blocks", "confidence"), [(1, 0), (2, 0.5), (3, 0.75), (5, 0.9375), (8, 0.9609)])
def test_few_blocks_give_an_interval_with_the_confidence_they_can_give(blocks, confidence):
    assert paired_ratio([0.1 * block for block in range(blocks)]).confidence == pytest.approx(confidence, abs=1e-4)


def test_the_interval_of_eight_blocks_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(8)
    found = [paired_ratio(list(rng.normal(0.1, 0.05, 8))) for _ in range(2000)]

    covered = sum(one.low <= math.exp(0.1) <= one.high for one in found) / 2000
    assert covered == pytest.approx(0.961, abs=0.015)


def test_blocks_without_any_difference_speak_for_neither():
    assert paired_ratio([0.0, 0.0, 0.0]).p == 1
    assert paired_ratio([0.0, 0.0, 0.0]).ratio == 1


@pytest.mark.parametrize(("rivals", "blocks"), [(1, 6), (2, 7), (4, 8), (5, 8), (10, 9)])
def test_the_blocks_it_takes_to_prove_anything_grow_with_the_rivals(rivals, blocks):
    assert blocks_to_prove(rivals, 0.04) == blocks
    assert rivals * smallest_p(blocks) <= 0.04 < rivals * smallest_p(blocks - 1)


def test_holm_corrects_the_smallest_p_most_and_keeps_the_order():
    assert holm({"a": 0.01, "b": 0.04, "c": 0.03}) == {
        "a": pytest.approx(0.03),
        "c": pytest.approx(0.06),
        "b": pytest.approx(0.06),
    }
    assert holm({"only": 0.5}) == {"only": 0.5}
    assert holm({"a": 0.9, "b": 0.8}) == {"a": 1, "b": 1}


def test_what_can_be_detected_gets_smaller_with_blocks_and_is_nothing_with_few():
    assert detectable_share(0.04, 5, 0.04) is None
    eight, sixteen = detectable_share(0.04, 8, 0.04), detectable_share(0.04, 16, 0.04)
    assert eight is not None
    assert sixteen is not None
    assert sixteen < eight == pytest.approx(0.049, abs=0.003)


def test_the_blocks_needed_are_those_with_which_the_test_then_decides():
    found = paired_ratio([0.05, 0.01, 0.06, 0.02])
    total = blocks_needed(found, margin=0.001, level=0.04, rivals=1)

    assert total is not None
    assert 6 <= total <= 20
    alike = paired_ratio([0.01, -0.01, 0.02, -0.02, 0.01, -0.01])
    assert blocks_needed(alike, margin=0.05, level=0.04, rivals=1) == 7
    assert blocks_needed(alike, margin=0.0001, level=0.04, rivals=1) is None
    assert blocks_needed(paired_ratio([0.3]), margin=0.05, level=0.04, rivals=1) == 6


def test_the_pooled_noise_is_found_whatever_the_blocks_and_arms_are_like():
    rng = np.random.default_rng(1)
    blocks = rng.normal(0, 0.08, (400, 1)) + np.array([5.0, 6.0, 7.0]) + rng.normal(0, 0.03, (400, 3))
    noise, freedom = pooled_noise([list(block) for block in blocks])

    assert noise == pytest.approx(0.03 * math.sqrt(2), rel=0.1)
    assert freedom == 399 * 2
    assert pooled_noise([[1.0, 2.0]]) == (0.0, 0)
    assert pooled_noise([]) == (0.0, 0)


def test_a_t_test_needs_noise_to_compare_with():
    assert t_test_p([0.1, 0.1], 0.0, 2) == 1
    assert t_test_p([0.3, 0.31, 0.29], 0.03, 6) < 0.001
    # An arm noisier than the others is held against its own noise.
    assert t_test_p([0.0, 0.6, 0.3], 0.03, 6) > 0.05
