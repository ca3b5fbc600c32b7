"""Tests all pairs of a study at once: aligned ranks, permuted within blocks."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

_PERMUTATIONS = 1999
_SEED = 1
"""The same study gives the same p."""

Numbers = NDArray[np.float64]


def behind_p(logs: ArrayLike) -> Numbers:
    """Return of each configuration the p that any two differ so much by chance as it is behind the first.

    Each block's mean is taken from its values, all of what is left is ranked together, and a configuration's number is
    the mean of its ranks. If all configurations were alike, any order of a block's values would be as likely as the
    observed one; the p counts in how many such orders the range of their means is as large. So one p is good for all
    pairs.

    Args:
        logs: Blocks by configurations, the leader first; NaN where one has no value in a block. Each has one at least.
    """
    values = np.asarray(logs, dtype=float)
    known = ~np.isnan(values)
    ranks = _aligned_ranks(values, known)
    counts = known.sum(axis=0)
    means = np.where(known, ranks, 0).sum(axis=0) / counts
    ranges = _permuted_ranges(ranks, known, counts)
    return np.array([(1 + np.count_nonzero(ranges >= mean - means[0] - 1e-9)) / (1 + len(ranges)) for mean in means])


def mid_ranks(values: Numbers) -> Numbers:
    """Return the rank of each value, from 1; of values alike, the mean of the ranks that they share.

    As scipy.stats.rankdata does it, which takes a second to import.
    """
    _, places, counts = np.unique(values, return_inverse=True, return_counts=True)
    means: Numbers = np.cumsum(counts) - (counts - 1) / 2
    return means[places]


def _aligned_ranks(values: Numbers, known: NDArray[np.bool_]) -> Numbers:
    aligned = values - np.nanmean(values, axis=1, keepdims=True)
    ranks = np.full(values.shape, np.nan)
    ranks[known] = mid_ranks(aligned[known])
    return ranks


def _permuted_ranges(ranks: Numbers, known: NDArray[np.bool_], counts: NDArray[np.int_]) -> Numbers:
    dice = np.random.default_rng(_SEED)
    sums = np.zeros((_PERMUTATIONS, ranks.shape[1]))
    for block, present in zip(ranks, known, strict=True):
        own = np.broadcast_to(block[present], (_PERMUTATIONS, int(present.sum())))
        sums[:, present] += dice.permuted(own, axis=1)
    means = sums / counts
    spread: Numbers = means.max(axis=1) - means.min(axis=1)
    return spread
