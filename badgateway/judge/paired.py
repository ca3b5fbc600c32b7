"""Compares two configurations block by block: exact signed-rank test, Hodges-Lehmann estimate and interval, t tests."""

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from badgateway.judge.permutation import mid_ranks
from badgateway.model.comparison import PairedRatio

LOOKS = 0.003
"""All looks before the last block together; they only end a race, by a t test."""
ALONE = 0.032
"""One comparison alone, both sides; a configuration is proven best when it is ahead of each rival at this level.

The exact test with 6 blocks uses 0.031 of it, with 8 blocks 0.023.
"""
TOGETHER = 0.02
"""Any pair of the study: the range of aligned ranks, with three and more configurations."""
THROUGHPUT = 0.002
"""Any pair of the study: t tests, after Bonferroni's correction for all pairs."""
REGRET = 0.05
"""That some configuration is better than the chosen one by more than is said."""


_TAIL = ALONE / 2
_EQUIVALENCE = 0.05
"""Of each of the two one-sided tests, as is usual; together they are wrong no more often."""
_POWER = 0.8
_MOST_BLOCKS = 100
_LEAST_BLOCKS = 3
"""With fewer, nothing is said to be ahead, not even to choose between two."""


def paired_ratio(logs: Sequence[float]) -> PairedRatio:
    """Return the ratio that the blocks' log ratios speak for.

    Args:
        logs: Natural logarithm of the second one's number over the first one's, one a block; at least one, finite.
    """
    averages = _walsh_averages(np.asarray(logs, dtype=float))
    depth, confidence = _interval_depth(len(logs))
    return PairedRatio(
        ratio=math.exp(float(np.median(averages))),
        low=math.exp(averages[depth]),
        high=math.exp(averages[-1 - depth]),
        confidence=confidence,
        p=signed_rank_p(logs),
        blocks=len(logs),
        spread=float(np.std(logs, ddof=1)) if len(logs) > 1 else None,
    )


def is_beyond(differences: Sequence[float], bound: float = 0.0) -> bool:
    """Tell whether the blocks' differences are proven to lie above a bound, one-sided, by this comparison alone.

    It is the lower end of the interval that `paired_ratio` gives. No difference that grows can make it less sure,
    which a t test cannot say of itself: a single bad trial of a slow configuration must not make it "not told apart".
    """
    depth, _ = _interval_depth(len(differences)) if differences else (0, 0.0)
    if len(differences) < _LEAST_BLOCKS:
        return False
    return bool(_walsh_averages(np.asarray(differences, dtype=float))[depth] > bound)


def least_beyond(differences: Sequence[float], level: float) -> float | None:
    """Return what the blocks' differences are proven to lie above, one-sided, at a level of this one comparison.

    By the exact signed-rank test, as in `is_beyond`; None with so few blocks that it could prove nothing.
    """
    tails = np.cumsum(_ways(tuple(range(1, len(differences) + 1)))) / 2.0 ** len(differences)
    depth = int(np.searchsorted(tails, level, side="right"))
    return float(_walsh_averages(np.asarray(differences, dtype=float))[depth - 1]) if depth and differences else None


def t_interval(logs: Sequence[float], level: float) -> tuple[float, float]:
    """Return the two-sided t interval of the mean difference, at 1 - level; unlimited with fewer than two blocks."""
    if len(logs) < 2:
        return -math.inf, math.inf
    middle = float(np.mean(logs))
    reach = _t_quantile(1 - level / 2, len(logs) - 1) * float(np.std(logs, ddof=1)) / math.sqrt(len(logs))
    return middle - reach, middle + reach


def own_t_test_p(logs: Sequence[float]) -> float:
    """Return the two-sided p of a paired t test by these blocks alone."""
    from scipy.special import stdtr  # noqa: PLC0415 # 0.4 s to import: not at every start

    if len(logs) < 2:
        return 1.0
    middle, error = float(np.mean(logs)), float(np.std(logs, ddof=1)) / math.sqrt(len(logs))
    if not error:
        return 0.0 if middle else 1.0
    return float(2 * stdtr(len(logs) - 1, -abs(middle) / error))


def smallest_p(blocks: int) -> float:
    """Return the least p that the exact signed-rank test between two configurations can give with so many blocks."""
    return min(1.0, 2.0 ** (1 - blocks))


def blocks_to_prove(level: float) -> int:
    """Return with how many blocks the signed-rank test between two configurations can reach the level at all."""
    return math.ceil(1 - math.log2(level))


def signed_rank_p(logs: Sequence[float]) -> float:
    """Return the exact two-sided p of the Wilcoxon signed-rank test; blocks without a difference speak for neither."""
    differences = np.asarray([log for log in logs if log != 0])
    if not len(differences):
        return 1.0
    # Mid-ranks doubled are whole numbers, so ties keep the distribution exact too.
    doubled = np.rint(2 * mid_ranks(np.abs(differences))).astype(int)
    against = int(min(doubled[differences > 0].sum(), doubled[differences < 0].sum()))
    ways = _ways(tuple(sorted(int(rank) for rank in doubled)))
    return float(min(1.0, 2 * ways[: against + 1].sum() / 2.0 ** len(differences)))


def look_p(logs: Sequence[float], blocks: Sequence[Sequence[float]], *, beyond: float) -> float:
    """Return the p of a t test that a rival is slower by more than a bound, one-sided.

    It believes log ratios to be about normal, so it may end a configuration's race, but it proves nothing. Few blocks
    tell little of the noise of two configurations, and to pool that of all would make a noisy one look quiet: so the
    noise is that of the noisiest of all, or of these two if that is more.

    Args:
        logs: Log ratios of the rival over the leader, one a block.
        blocks: The logarithms of all configurations, in the same order in each block.
        beyond: The bound, as a logarithm.
    """
    from scipy.special import stdtr  # noqa: PLC0415 # 0.4 s to import: not at every start

    values = np.asarray(blocks, dtype=float)
    rows, columns = values.shape if values.ndim == 2 else (0, 0)
    if rows < 2 or columns < 2 or len(logs) < 2:
        return 1.0
    left = values - values.mean(axis=1, keepdims=True)
    noisiest = math.sqrt(2 * columns / (columns - 1)) * float(np.std(left, axis=0, ddof=1).max())
    error = max(noisiest, float(np.std(logs, ddof=1))) / math.sqrt(len(logs))
    further = float(np.mean(logs)) - beyond
    if not error:
        return 0.0 if further > 0 else 1.0
    return float(stdtr((rows - 1) * (columns - 1), -further / error))


def detectable_share(spread: float, blocks: int, level: float) -> float | None:
    """Return the smallest difference that is found in 80 % of studies; None when no test could find any."""
    if smallest_p(blocks) > level:
        return None
    return math.expm1(_reach(blocks, level) * spread / math.sqrt(blocks))


def blocks_needed(found: PairedRatio, *, margin: float, level: float) -> int | None:
    """Return how many blocks in all it probably takes to tell a difference, or to prove equivalence.

    Returns:
        None when it takes more than a hundred, if ratio and spread stay as they are.
    """
    shift = abs(math.log(found.ratio))
    to_differ, to_equal = blocks_to_prove(level), blocks_to_prove(2 * _EQUIVALENCE)
    if found.spread is None:
        return max(to_differ, found.blocks + 1)
    for blocks in range(found.blocks + 1, _MOST_BLOCKS + 1):
        error = found.spread / math.sqrt(blocks)
        tells = blocks >= to_differ and shift >= _reach(blocks, level) * error
        equals = blocks >= to_equal and math.log1p(margin) - shift >= _t_quantile(1 - _EQUIVALENCE, blocks - 1) * error
        if tells or equals:
            return blocks
    return None


def _reach(blocks: int, level: float) -> float:
    """Return how many standard errors an effect must be to be found in 80 % of studies."""
    return _t_quantile(1 - level / 2, blocks - 1) + _t_quantile(_POWER, blocks - 1)


def _t_quantile(probability: float, freedom: int) -> float:
    from scipy.special import stdtrit  # noqa: PLC0415 # 0.4 s to import: not at every start

    return float(stdtrit(freedom, probability))


def _walsh_averages(logs: NDArray[np.float64]) -> NDArray[np.float64]:
    first, second = _pairs(len(logs))
    return np.sort((logs[first] + logs[second]) / 2)


@cache
def _pairs(blocks: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    first, second = np.triu_indices(blocks)
    return first, second


@cache
def _interval_depth(blocks: int) -> tuple[int, float]:
    """Return how many of the sorted averages lie outside the interval on each side, and its exact confidence."""
    tails = np.cumsum(_ways(tuple(range(1, blocks + 1)))) / 2.0**blocks
    depth = int(np.searchsorted(tails, _TAIL, side="right"))
    # tails[depth - 1] is the chance that the truth lies beyond; with few blocks nothing is cut off.
    return (depth - 1, 1 - 2 * float(tails[depth - 1])) if depth else (0, max(0.0, 1 - 2 * float(tails[0])))


@cache
def _ways(ranks: tuple[int, ...]) -> NDArray[np.float64]:
    """Return in how many of the 2 ** n choices of signs the positive ranks add up to 0, 1, 2, ..."""
    ways = np.ones(1)
    for rank in ranks:
        larger = np.zeros(len(ways) + rank)
        larger[: len(ways)] += ways
        larger[rank:] += ways
        ways = larger
    return ways
