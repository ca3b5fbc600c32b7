"""Two sessions of one machine: what they differ by without a reason is in the reach."""

import numpy as np

from badgateway.judge.sessions import DRIFT, apart


def test_too_few_trials_say_nothing():
    assert apart([1.0, 1.1], [1.0, 1.1, 1.2], 0.01) is None


def test_however_many_trials_there_are_the_sessions_stay_two():
    found = apart([0.0, 0.001] * 500, [0.2, 0.201] * 500, 0.008)

    assert found is not None
    assert abs(found.estimate - 0.2) < 1e-6
    assert found.reach > 2 * DRIFT
    assert found.error > DRIFT


def test_it_is_wrong_no_more_often_than_it_says():
    dice = np.random.default_rng(3)
    wrong = 0
    for _ in range(2000):
        first, second = (dice.normal(dice.normal(0, DRIFT), 0.1, 8) for _ in range(2))
        found = apart(first.tolist(), second.tolist(), 0.01)
        assert found is not None
        wrong += found.estimate - found.reach > 0

    assert wrong / 2000 < 0.017
