"""Whether two shares of failures differ by more than chance, which lets failures come in bursts."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from badgateway.model.design import Counts
from badgateway.model.summary import LevelSummary, Measurement, RouteMeasurement

SIGNIFICANCE = 0.05
"""What is usual for one comparison."""
_LEAST_ODDS = 2.5
"""With one trial of either nothing shows how trials of one thing differ: a change must do more to the odds."""

_ONE_SIDED = 1.645
"""Standard deviations beyond which a twentieth lies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Failures of some requests, and how many events they were."""

    failures: int
    requests: int
    events: float
    """How many failures that do not depend on each other say as much as these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shares:
    """What is known of the failures of some requests: all of a level, or those of one of its routes."""

    failures: int
    requests: int
    seconds: tuple[Counts, ...]
    """() is not known; then all failures may have been one event."""
    trials: tuple[Counts, ...]
    """Of the level's valid trials."""

    @property
    def events(self) -> float:
        """How many failures that do not depend on each other say as much as these."""
        return self.failures / max(1.0, self._by_second, dispersion(self.trials))

    @property
    def _by_second(self) -> float:
        if not self.seconds:
            return float(self.failures)
        failed = [second.failures for second in self.seconds if second.failures]
        # Where all failed there is no spread to see, and each second is one event.
        return sum(failed) / len(failed) if self.failures == self.requests and failed else dispersion(self.seconds)


def dispersion(units: Sequence[Counts]) -> float:
    """Return how many times as much as single requests would the units' shares of failures vary (Pearson); 1 at least.

    Args:
        units: Seconds or trials; one alone shows nothing.
    """
    asked = [unit for unit in units if unit.requests]
    failed = np.array([unit.failures for unit in asked], dtype=float)
    total = np.array([unit.requests for unit in asked], dtype=float)
    share = failed.sum() / total.sum() if len(asked) > 1 else 0.0
    if not 0 < share < 1:
        return 1.0
    squares = (failed - total * share) ** 2 / (total * share * (1 - share))
    return max(1.0, float(squares.sum()) / (len(asked) - 1))


def chance(one: LevelSummary, other: LevelSummary) -> float:
    """Return how likely shares of failures so different are without a reason, at most 1.

    Fisher's exact test, two-sided, of all requests and of those of each route that failed at all; the smallest p-value
    counts, times their number. Before the test the failures are divided by how unevenly they fell on seconds and
    trials. With one trial on either side it is 1 where the odds differ by less than 2.5 times.
    """
    p_values = [_fisher(*pair) for pair in _pairs(one, other)]
    return min(1.0, len(p_values) * min(p_values)) if p_values else 1.0


def two_sided_p(one: Sample, other: Sample) -> float:
    """Return how likely two shares of failures so different are without a reason: Fisher's exact test of the events."""
    return _fisher(one, other)


def among_all(p_values: Sequence[float]) -> list[float]:
    """Return each p-value as it counts among all of them, in their order (Holm): below SIGNIFICANCE is no chance."""
    ascending = sorted(range(len(p_values)), key=lambda place: p_values[place])
    adjusted, worst = [1.0] * len(p_values), 0.0
    for rank, place in enumerate(ascending):
        worst = max(worst, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = worst
    return adjusted


def are_told_alike(one: LevelSummary, other: LevelSummary) -> bool:
    """Tell whether it is shown, with 95 %, that neither share of failures is twice the other.

    Of all requests together, or of each route that failed at all.
    """
    routes = {route.name for level in (one, other) for route in level.measured.routes if route.failures.count}
    pairs = [(_shares(one, name), _shares(other, name)) for name in sorted(routes)]
    return _is_within_double(_shares(one), _shares(other)) or (
        bool(pairs) and all(_is_within_double(*pair) for pair in pairs)
    )


def _is_within_double(one: Shares, other: Shares) -> bool:
    if not (one.failures and other.failures):
        return False
    apart, squares = 0.0, 0.0
    for sign, found in ((1, one), (-1, other)):
        requests = found.events / found.failures * found.requests
        apart += sign * math.log(found.failures / found.requests)
        squares += (1 - (found.events + 1) / (requests + 2)) / found.events
    return abs(apart) + _ONE_SIDED * math.sqrt(max(0.0, squares)) < math.log(2)


def _pairs(one: LevelSummary, other: LevelSummary) -> Iterator[tuple[Shares, Shares]]:
    before, after = _shares(one), _shares(other)
    is_less = before.failures * after.requests > after.failures * before.requests
    few_trials = min(len(before.trials), len(after.trials)) < 2
    routes = {route.name for level in (one, other) for route in level.measured.routes}
    for left, right in ((before, after), *((_shares(one, name), _shares(other, name)) for name in sorted(routes))):
        # A route that got worse is no evidence that the change helped.
        same_way = (left.failures * right.requests > right.failures * left.requests) == is_less
        # Where nothing failed on either side no test can find a difference, so it takes no part of the chance (Tarone).
        has_failed = bool(left.failures or right.failures)
        if has_failed and same_way and not (few_trials and _odds_apart(left, right) < _LEAST_ODDS):
            yield left, right


def _shares(level: LevelSummary, route: str = "") -> Shares:
    whole = _part(level.measured, route)
    if whole is None:
        return Shares(failures=0, requests=0, seconds=(), trials=())
    parts = [_part(trial.measurement, route) for trial in level.valid_trials if trial.measurement]
    return Shares(
        failures=whole.failures.count,
        requests=whole.requests,
        seconds=whole.seconds,
        trials=tuple(Counts(requests=one.requests, failures=one.failures.count, late=0) for one in parts if one),
    )


def _part(found: Measurement, route: str) -> Measurement | RouteMeasurement | None:
    return next((one for one in found.routes if one.name == route), None) if route else found


def _odds_apart(one: Shares, other: Shares) -> float:
    odds = sorted((found.failures + 0.5) / (found.requests - found.failures + 0.5) for found in (one, other))
    return odds[1] / odds[0]


def _fisher(one: Shares | Sample, other: Shares | Sample) -> float:
    if one.failures == other.failures == 0 or not (one.requests and other.requests):
        return 1.0
    # scipy.stats takes 1.2 s to import, and most reports tell no ladder.
    from scipy.stats import fisher_exact  # noqa: PLC0415 # see above

    # One of two is as bursty as the other, as far as few failures show it.
    part = min(found.events / found.failures for found in (one, other) if found.failures)
    counts = [(found.failures, found.requests - found.failures) for found in (one, other)]
    table = np.array([[round(count * part) for count in row] for row in counts])
    return float(fisher_exact(table).pvalue)
