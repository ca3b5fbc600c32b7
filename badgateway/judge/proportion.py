"""Exact binomial intervals: what a count says about the share behind it, if each counts for itself."""

from badgateway.model.summary import Proportion

_TAIL = 0.025
"""Of a two-sided 95 % interval."""


def proportion(count: int, total: int) -> Proportion:
    """Return the share with its exact (Clopper-Pearson) two-sided 95 % interval.

    Raises:
        ValueError: There is nothing to take a share of, or more than all of it was counted.
    """
    if not 0 <= count <= total or total == 0:
        raise ValueError(f"{count} of {total} is no proportion")
    return Proportion(count=count, total=total, low=_low(count, total), high=_high(count, total))


def may_be(seen: int, units: int) -> float:
    """Return the share of units (trials, seconds) that may be bad, with 95 % confidence, when so many of them were.

    Of 8 trials none of which was bad, 31 % may be.
    """
    return 1.0 if seen >= units else _beta_quantile(1 - 2 * _TAIL, seen + 1, units - seen)


def _low(count: int, total: int) -> float:
    return 0.0 if count == 0 else _beta_quantile(_TAIL, count, total - count + 1)


def _high(count: int, total: int) -> float:
    return 1.0 if count >= total else _beta_quantile(1 - _TAIL, count + 1, total - count)


def _beta_quantile(probability: float, a: float, b: float) -> float:
    # scipy.special takes 0.4 s to import and scipy.stats, which does the same with it, 1.2 s: not at every start.
    from scipy.special import betaincinv  # noqa: PLC0415 # see above

    return float(betaincinv(a, b, probability))
