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
    is_beyond,
    look_p,
    own_t_test_p,
    paired_ratio,
    signed_rank_p,
    smallest_p,
    t_interval,
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
    """So further failures, which can only raise a p95, never rescue a configuration that is behind."""
    behind = [abs(log) for log in logs]
    which = data.draw(st.integers(0, len(logs) - 1))
    worse = [log + (0.5 if index == which else 0) for index, log in enumerate(behind)]

    assert signed_rank_p(worse) <= signed_rank_p(behind)
    assert paired_ratio(worse).ratio >= paired_ratio(behind).ratio


@unhurried
@given(some_logs)
def test_the_interval_holds_the_estimate_and_turns_over_with_the_configurations(logs):
    found, turned = paired_ratio(logs), paired_ratio([-log for log in logs])

    assert found.low <= found.ratio <= found.high
    assert turned.ratio == pytest.approx(1 / found.ratio)
    assert turned.low == pytest.approx(1 / found.high)
    assert turned.high == pytest.approx(1 / found.low)
    assert turned.p == found.p


@pytest.mark.parametrize(("blocks", "confidence"), [(1, 0), (2, 0.5), (3, 0.75), (5, 0.9375), (8, 0.9766)])
def test_few_blocks_give_an_interval_with_the_confidence_they_can_give(blocks, confidence):
    assert paired_ratio([0.1 * block for block in range(blocks)]).confidence == pytest.approx(confidence, abs=1e-4)


def test_the_interval_of_eight_blocks_covers_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(8)
    found = [paired_ratio(list(rng.normal(0.1, 0.05, 8))) for _ in range(2000)]

    covered = sum(one.low <= math.exp(0.1) <= one.high for one in found) / 2000
    assert covered == pytest.approx(0.977, abs=0.015)


def test_blocks_without_any_difference_speak_for_neither():
    assert paired_ratio([0.0, 0.0, 0.0]).p == 1
    assert paired_ratio([0.0, 0.0, 0.0]).ratio == 1


@pytest.mark.parametrize(("level", "blocks"), [(0.032, 6), (0.01, 8), (0.5, 2)])
def test_the_blocks_it_takes_to_prove_anything_grow_with_the_level(level, blocks):
    assert blocks_to_prove(level) == blocks
    assert smallest_p(blocks) <= level < smallest_p(blocks - 1)


@unhurried
@given(st.lists(st.floats(-1, 1), min_size=1, max_size=9), st.data(), st.floats(-0.5, 0.5))
def test_a_difference_that_grows_never_makes_it_less_sure(logs, data, bound):
    """A t test may: one very bad trial of a slow configuration would make it "not told apart"."""
    which = data.draw(st.integers(0, len(logs) - 1))
    grown = [log + (data.draw(st.floats(0, 3)) if index == which else 0) for index, log in enumerate(logs)]

    assert is_beyond(grown, bound) or not is_beyond(logs, bound)


def test_fewer_than_three_blocks_put_nobody_ahead():
    assert not is_beyond([0.5, 0.5])
    assert is_beyond([0.5, 0.5, 0.5])
    assert not is_beyond([0.5, 0.5, 0.5], 0.6)
    assert not is_beyond([])


def test_what_can_be_detected_gets_smaller_with_blocks_and_is_nothing_with_few():
    assert detectable_share(0.04, 5, 0.04) is None
    eight, sixteen = detectable_share(0.04, 8, 0.04), detectable_share(0.04, 16, 0.04)
    assert eight is not None
    assert sixteen is not None
    assert sixteen < eight == pytest.approx(0.049, abs=0.003)


def test_the_blocks_needed_are_those_with_which_the_test_then_decides():
    found = paired_ratio([0.05, 0.01, 0.06, 0.02])
    total = blocks_needed(found, margin=0.001, level=0.04)

    assert total is not None
    assert 6 <= total <= 20
    alike = paired_ratio([0.01, -0.01, 0.02, -0.02, 0.01, -0.01])
    assert blocks_needed(alike, margin=0.05, level=0.04) == 7
    assert blocks_needed(alike, margin=0.0001, level=0.04) is None
    assert blocks_needed(paired_ratio([0.3]), margin=0.05, level=0.04) == 6


def test_the_t_interval_holds_the_mean_as_often_as_it_says():
    rng = np.random.default_rng(5)
    found = [t_interval(list(rng.normal(0.2, 0.1, 6)), 0.1) for _ in range(2000)]

    assert sum(low <= 0.2 <= high for low, high in found) / 2000 == pytest.approx(0.9, abs=0.02)
    assert t_interval([0.1], 0.05) == (-math.inf, math.inf)


def test_a_t_test_by_its_own_blocks_needs_two_of_them():
    assert own_t_test_p([0.1]) == 1
    assert own_t_test_p([0.1, 0.1]) == 0
    assert own_t_test_p([0.0, 0.0]) == 1
    assert own_t_test_p([0.3, 0.31, 0.29]) < 0.001


def looked(*logs_of_configurations: tuple[float, ...], beyond: float = 0.0) -> float:
    """Return the p of the second configuration over the first."""
    first, second, *_ = logs_of_configurations
    ratios = [after - before for before, after in zip(first, second, strict=True)]
    return look_p(ratios, list(zip(*logs_of_configurations, strict=True)), beyond=beyond)


def test_a_look_goes_by_the_noise_of_the_noisiest_configuration():
    quiet, slow = (0.0, 0.01, 0.02), (0.5, 0.52, 0.51)

    assert looked(quiet, slow, quiet) < 0.001
    assert looked(quiet, slow, quiet, beyond=0.5) > 0.1
    assert looked(quiet, slow, (0.0, 0.9, 0.4)) > 0.05


def test_a_look_at_nothing_puts_nobody_out():
    assert looked((0.0,), (1.0,)) == 1
    assert look_p([1.0, 1.0], [], beyond=0) == 1
    assert looked((0.0, 0.0), (0.0, 0.0)) == 1
