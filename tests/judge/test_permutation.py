"""The permutation test of all pairs of a study."""

import numpy as np
import pytest

from badgateway.judge.permutation import behind_p, mid_ranks


def alike(seed: int, blocks: int, configurations: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    logs = rng.normal(0, 0.1, (blocks, 1)) + rng.normal(0, 0.05, (blocks, configurations))
    return logs[:, np.argsort(logs.mean(axis=0))]


def test_of_configurations_that_are_alike_any_is_called_behind_as_often_as_the_level_says():
    least = [behind_p(alike(seed, 8, 5)).min() for seed in range(400)]

    assert np.mean(np.array(least) <= 0.05) == pytest.approx(0.05, abs=0.03)


def test_a_configuration_that_is_slower_in_every_block_is_behind_among_many():
    logs = alike(1, 8, 6)
    logs[:, -1] += 0.3

    p = behind_p(logs)

    assert p[0] == 1
    assert p[-1] < 0.01


def test_one_block_proves_nothing_and_a_missing_value_is_left_out():
    assert (behind_p([[1.0, 2.0, 3.0]]) > 0.1).all()
    logs = alike(2, 8, 4)
    logs[3, 2] = np.nan
    assert not np.isnan(behind_p(logs)).any()


def test_the_same_study_gives_the_same_p():
    logs = alike(3, 6, 4)

    assert (behind_p(logs) == behind_p(logs)).all()


def test_values_alike_share_the_mean_of_their_ranks():
    assert mid_ranks(np.array([0.3, 0.1, 0.3, 0.2, 0.3])).tolist() == [4, 1, 4, 2, 4]
