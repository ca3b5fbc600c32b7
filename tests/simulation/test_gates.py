"""How often a gate is wrong, and what it finds, in worlds of known truth; benchmarks/gates.py counts more of them."""

import pytest

from badgateway.model.gate import Matter
from tests.amounts import amounts
from tests.simulation.gates import Site, false_alarms, gates, is_broken, power
from tests.simulation.worlds import Failures

GATES = amounts(100, 400)
QUARTER_OF_A_PERCENT = Failures(share=0.0025, burst=5)


@pytest.mark.parametrize("number", GATES)
@pytest.mark.parametrize("noise", [0.08, 0.21])
@pytest.mark.parametrize("is_paired", [True, False])
def test_a_change_that_changes_nothing_is_hardly_ever_called_worse(noise, is_paired, number):
    promise = false_alarms(Site(noise=noise), number, trials=10, is_paired=is_paired)

    assert not promise.is_broken, promise.line


@pytest.mark.parametrize("number", GATES)
def test_failures_that_were_there_before_are_no_news(number):
    promise = false_alarms(Site(failures=QUARTER_OF_A_PERCENT), number, trials=10)

    assert not promise.is_broken, promise.line


@pytest.mark.parametrize("number", GATES)
def test_a_fifth_of_the_capacity_is_missed(number):
    site = Site(noise=0.08)
    promise = power("20 % less capacity", site, site.slower(0.2), number, trials=10)

    assert not promise.is_broken, promise.line


@pytest.mark.parametrize("number", GATES)
@pytest.mark.parametrize(("burst", "at_least"), [(1, 0.95), (10, 0.9)])
def test_one_percent_of_502s_is_found(burst, at_least, number):
    site = Site(noise=0.21)
    back = Site(noise=0.21, failures=Failures(share=0.01, burst=burst))
    promise = power("1 % of 502s", site, back, number, trials=10, at_least=at_least)

    assert not promise.is_broken, promise.line


def test_the_cause_of_what_came_back_is_named():
    site, back = Site(), Site(failures=Failures(share=0.02))

    assert all(is_broken(found, Matter.CAUSE) for found in gates(site, back, 50, trials=10))
