"""Compares two arms block by block: exact signed-rank test, Hodges-Lehmann estimate and interval, Holm's correction."""

import math
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from badgateway.model.comparison import PairedRatio

_TAIL = 0.025
_EQUIVALENCE = 0.05
"""Of each of the two one-sided tests, as is usual; together they are wrong no more often."""
_POWER = 0.8
_MOST_BLOCKS = 100


def paired_ratio(logs: Sequence[float]) -> PairedRatio:
    """Return the ratio that the blocks' log ratios speak for.

    Args:
        logs: Natural logarithm of the second arm's number over the first one's, one a block; at least one, finite.
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


def is_equivalent(logs: Sequence[float], margin: float) -> bool:
    """Tell whether both "more by the margin" and "less by the margin" are refuted: two one-sided exact tests at 5 %."""
    bound = math.log1p(margin)
    return all(
        float(np.median(shifted)) < 0 and signed_rank_p(list(shifted)) / 2 <= _EQUIVALENCE
        for shifted in (np.asarray(logs) - bound, -np.asarray(logs) - bound)
    )


def smallest_p(blocks: int) -> float:
    """Return the least p that any distribution-free two-sided paired test can give with so many blocks."""
    return min(1.0, 2.0 ** (1 - blocks))


def blocks_to_prove(rivals: int, level: float) -> int:
    """Return with how many blocks a test against so many rivals can reach the level at all."""
    return math.ceil(1 + math.log2(max(rivals, 1) / level))


def signed_rank_p(logs: Sequence[float]) -> float:
    """Return the exact two-sided p of the Wilcoxon signed-rank test; blocks without a difference speak for neither."""
    from scipy.stats import rankdata  # noqa: PLC0415 # 1.2 s to import: not at every start

    differences = np.asarray([log for log in logs if log != 0])
    if not len(differences):
        return 1.0
    # Mid-ranks doubled are whole numbers, so ties keep the distribution exact too.
    doubled = np.rint(2 * rankdata(np.abs(differences))).astype(int)
    against = int(min(doubled[differences > 0].sum(), doubled[differences < 0].sum()))
    ways = _ways(tuple(sorted(int(rank) for rank in doubled)))
    return float(min(1.0, 2 * ways[: against + 1].sum() / 2.0 ** len(differences)))


def t_test_p(logs: Sequence[float], noise: float, freedom: int) -> float:
    """Return the two-sided p of a paired t test that knows the noise from all arms together.

    It believes log ratios to be about normal and all arms about equally noisy, so it may end an arm's race, but it
    proves nothing. An arm noisier than the others is held against its own noise.

    Args:
        logs: Log ratios, one a block.
        noise: Standard deviation of a log ratio, see `pooled_noise`.
        freedom: Its degrees of freedom.
    """
    from scipy.special import stdtr  # noqa: PLC0415 # see signed_rank_p

    own = float(np.std(logs, ddof=1)) if len(logs) > 1 else 0.0
    error = max(noise, own) / math.sqrt(len(logs))
    return float(2 * stdtr(freedom, -abs(float(np.mean(logs))) / error)) if error else 1.0


def pooled_noise(blocks: Sequence[Sequence[float]]) -> tuple[float, int]:
    """Return the standard deviation of a log ratio of two arms, and its degrees of freedom (0: nothing is known).

    Args:
        blocks: The logarithms of all arms, in the same order in each block; the blocks' and arms' means are taken out.
    """
    logs = np.asarray(blocks, dtype=float)
    rows, columns = logs.shape if logs.ndim == 2 else (0, 0)
    freedom = (rows - 1) * (columns - 1)
    if rows < 2 or columns < 2:
        return 0.0, 0
    left = logs - logs.mean(axis=0) - logs.mean(axis=1, keepdims=True) + logs.mean()
    return math.sqrt(2 * float((left**2).sum()) / freedom), freedom


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Return each p, corrected by Holm's method for there being so many."""
    adjusted: dict[str, float] = {}
    largest = 0.0
    for passed, name in enumerate(sorted(p_values, key=lambda one: (p_values[one], one))):
        largest = max(largest, (len(p_values) - passed) * p_values[name])
        adjusted[name] = min(1.0, largest)
    return adjusted


def detectable_share(spread: float, blocks: int, level: float) -> float | None:
    """Return the smallest difference that is found in 80 % of studies; None when no test could find any."""
    if smallest_p(blocks) > level:
        return None
    return math.expm1(_reach(blocks, level) * spread / math.sqrt(blocks))


def blocks_needed(found: PairedRatio, *, margin: float, level: float, rivals: int) -> int | None:
    """Return how many blocks in all it probably takes to tell a difference, or to prove equivalence.

    Returns:
        None when it takes more than a hundred, if ratio and spread stay as they are.
    """
    shift = abs(math.log(found.ratio))
    to_differ, to_equal = blocks_to_prove(rivals, level), blocks_to_prove(1, 2 * _EQUIVALENCE)
    if found.spread is None:
        return max(to_differ, found.blocks + 1)
    for blocks in range(found.blocks + 1, _MOST_BLOCKS + 1):
        error = found.spread / math.sqrt(blocks)
        tells = blocks >= to_differ and shift >= _reach(blocks, level / max(rivals, 1)) * error
        equals = blocks >= to_equal and math.log1p(margin) - shift >= _t_quantile(1 - _EQUIVALENCE, blocks - 1) * error
        if tells or equals:
            return blocks
    return None


def _reach(blocks: int, level: float) -> float:
    """Return how many standard errors an effect must be to be found in 80 % of studies."""
    return _t_quantile(1 - level / 2, blocks - 1) + _t_quantile(_POWER, blocks - 1)


def _t_quantile(probability: float, freedom: int) -> float:
    from scipy.special import stdtrit  # noqa: PLC0415 # see signed_rank_p

    return float(stdtrit(freedom, probability))


def _walsh_averages(logs: NDArray[np.float64]) -> NDArray[np.float64]:
    first, second = np.triu_indices(len(logs))
    return np.sort((logs[first] + logs[second]) / 2)


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
