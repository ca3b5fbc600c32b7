"""What a short series of readings says of the value behind it."""

import numpy as np
import pytest

from badgateway.judge.series import Numbers, likelihood

_NOISE = 0.03
_STEP = 0.18


def interval(readings: Numbers) -> tuple[float, float]:
    """Return the ends of the 95 % interval of the value behind readings that follow each other."""
    values = np.linspace(-1, 1, 4001)
    own_variance = np.full((1, len(readings)), 1e-4)
    log = likelihood(readings[None, :], own_variance, tuple(range(len(readings)))).at(values)
    believed = np.cumsum(np.exp(log - log.max()).sum(axis=(0, 1, 2)))
    low, high = (values[np.searchsorted(believed, share * believed[-1])] for share in (0.025, 0.975))
    return float(low), float(high)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("stays_for", [3, 5, 7])
def test_of_readings_with_a_step_between_them_neither_level_is_ruled_out(stays_for, seed):
    noise = np.random.default_rng(seed).normal(0, _NOISE, 10)
    low, high = interval(noise - _STEP * (np.arange(10) >= stays_for))

    assert low < -_STEP
    assert high > 0


def test_ten_readings_without_a_step_mostly_tell_the_value_though_not_as_ten_independent_ones():
    widths, independent = [], []
    for seed in range(20):
        noise = np.random.default_rng(seed).normal(0, _NOISE, 10)
        low, high = interval(noise)
        widths.append(high - low)
        independent.append(2 * 1.96 * float(np.std(noise, ddof=1)) / np.sqrt(10))

    assert np.quantile(widths, 0.8) < 0.4
    assert all(np.array(widths) > 2 * np.array(independent))
