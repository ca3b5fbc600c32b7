"""Exact binomial intervals: what a count says about the share behind it."""

from badgateway.model.summary import Proportion

_TAIL = 0.025
_MOST_REQUESTS = 100_000_000


def proportion(count: int, total: int) -> Proportion:
    """Return the share with its exact (Clopper-Pearson) two-sided 95 % interval.

    Raises:
        ValueError: There is nothing to take a share of, or more than all of it was counted.
    """
    if not 0 <= count <= total or total == 0:
        raise ValueError(f"{count} of {total} is no proportion")
    return Proportion(count=count, total=total, low=_low(count, total), high=_high(count, total))


def requests_to_decide(observed: Proportion, limit: float) -> int | None:
    """Return how many requests it takes until the observed share is clearly on one side of the limit.

    Args:
        observed: A share whose interval holds the limit.
        limit: The allowed share.

    Returns:
        The total, if the share stays as observed; None when no number of requests would do, or none that anyone sends.
    """
    share = observed.share

    def decides(total: int) -> bool:
        return _high(share * total, total) <= limit or _low(share * total, total) > limit

    if not decides(_MOST_REQUESTS):
        return None
    too_few, enough = observed.total, _MOST_REQUESTS
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        too_few, enough = (too_few, middle) if decides(middle) else (middle, enough)
    return enough


def _low(count: float, total: int) -> float:
    return 0.0 if count == 0 else _beta_quantile(_TAIL, count, total - count + 1)


def _high(count: float, total: int) -> float:
    return 1.0 if count >= total else _beta_quantile(1 - _TAIL, count + 1, total - count)


def _beta_quantile(probability: float, a: float, b: float) -> float:
    # scipy.special takes 0.4 s to import and scipy.stats, which does the same with it, 1.2 s: not at every start.
    from scipy.special import betaincinv  # noqa: PLC0415 # see above

    return float(betaincinv(a, b, probability))
