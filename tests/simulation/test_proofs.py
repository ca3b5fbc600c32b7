"""How often `emit --prove` is wrong, and what it tells, in worlds of known truth; benchmarks/proofs.py counts more."""

import pytest

from tests.amounts import amounts
from tests.simulation.proofs import Deployed, power, wrong
from tests.simulation.worlds import Failures


@pytest.mark.parametrize("number", amounts(200, 1000))
@pytest.mark.parametrize("noise", [0.08, 0.21])
@pytest.mark.parametrize("trials", [3, 8])
def test_files_that_are_as_measured_are_hardly_ever_called_different(trials, noise, number):
    promise = wrong(number, trials=trials, noise=noise)

    assert not promise.is_broken, promise.line


def test_files_that_fail_or_serve_half_are_told():
    failing = power(Deployed(failures=Failures(share=0.05)), 200, trials=6, noise=0.21)
    half = power(Deployed(slower=0.5), 200, trials=8, noise=0.08)

    assert failing.count == 200
    assert half.count > 0.9 * 200
