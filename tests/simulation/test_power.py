"""How often the better configuration is picked, and how often none is better but one is picked."""

from collections import Counter

import pytest

from badgateway.judge.choice import choose
from badgateway.model.comparison import ChoiceKind
from tests.amounts import amounts
from tests.simulation.servers import Server, design, in_blocks


def picks(better_by: float, studies: int) -> Counter[str]:
    """Return how often each of two configurations is picked, when the p95 of the second is lower by that share."""
    servers = {"slower": Server(p95_ms=400), "faster": Server(p95_ms=400 * (1 - better_by))}
    asked = design(*servers, levels=(200,))
    choices = (choose(asked, in_blocks(servers, 8, seed)) for seed in range(studies))
    return Counter(choice.configuration or "none" for choice in choices if choice.kind is ChoiceKind.PICKED)


@pytest.mark.parametrize("studies", amounts(60, 500))
def test_a_configuration_that_is_ten_per_cent_better_is_picked_in_95_of_100_studies(studies):
    assert picks(0.10, studies)["faster"] >= 0.95 * studies


@pytest.mark.parametrize("studies", amounts(60, 500))
def test_a_configuration_that_is_five_per_cent_better_is_picked_in_60_of_100_studies(studies):
    found = picks(0.05, studies)

    assert found["faster"] >= 0.60 * studies
    assert found["slower"] == 0


@pytest.mark.parametrize("studies", amounts(60, 500))
def test_identical_configurations_are_called_different_in_at_most_5_of_100_studies(studies):
    assert picks(0.0, studies).total() <= 0.05 * studies
