"""The race beside the exhaustive grid."""

import numpy as np
import pytest

from tests.amounts import amounts
from tests.simulation.races import raced_and_full


@pytest.mark.parametrize("studies", amounts(8, 100))
def test_the_race_picks_the_same_configuration_as_the_grid_with_about_a_quarter_of_its_load_time(
    studies, record_property
):
    pairs = [raced_and_full(seed) for seed in range(studies)]
    same = sum(
        (pair.raced.kind, pair.raced.configuration) == (pair.full.kind, pair.full.configuration) for pair in pairs
    )
    ratios = [pair.time_ratio for pair in pairs]

    record_property("load time of the race over that of the grid", float(np.mean(ratios)))
    assert same >= 0.95 * studies
    assert max(ratios) <= 0.27
