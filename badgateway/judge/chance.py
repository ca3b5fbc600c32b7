"""Whether two shares differ by more than chance."""

import numpy as np

from badgateway.model.summary import Proportion

SIGNIFICANCE = 0.05
"""What is usual for one comparison."""


def chance(one: Proportion, other: Proportion) -> float:
    """Return the p-value of Fisher's exact test, two-sided: how likely shares so different are without a reason."""
    if one.count == other.count == 0:
        return 1.0
    # scipy.stats takes 1.2 s to import, and most reports tell no ladder.
    from scipy.stats import fisher_exact  # noqa: PLC0415 # see above

    table = np.array([[found.count, found.total - found.count] for found in (one, other)])
    return float(fisher_exact(table).pvalue)
