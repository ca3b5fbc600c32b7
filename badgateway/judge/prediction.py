"""Says what one more trial is to be like, from the noise between the trials of a run, and holds one to it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

ERROR = 0.01
"""How often a trial that is like the others is called different: all that it is asked together."""
MEASURES = 3
"""Failures, p95 and throughput share it."""
LEAST_TRIALS = 3
"""With two, the interval would be so wide that nothing is outside of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """In which a figure of one more trial is, but for a chance of ERROR / MEASURES."""

    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Tell whether a value is in it."""
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialFigures:
    """What one trial came to."""

    requests: int
    failures: int
    p95_ms: float | None
    """None when no request was OK."""
    throughput_rps: float


def one_more(values: Sequence[float]) -> Interval | None:
    """Return where the next of some positive figures is: a t interval of prediction of their logarithms.

    None with fewer than LEAST_TRIALS, or where one is none or 0.
    """
    if len(values) < LEAST_TRIALS or min(values) <= 0:
        return None
    logs = np.log(np.asarray(values, dtype=float))
    count = len(logs)
    middle, spread = float(logs.mean()), float(logs.std(ddof=1))
    quantile = float(stats.t.ppf(1 - ERROR / MEASURES / 2, count - 1))
    half = quantile * spread * math.sqrt(1 + 1 / count)
    return Interval(low=math.exp(middle - half), high=math.exp(middle + half))


def most_failures(trials: Sequence[TrialFigures], requests: int) -> int | None:
    """Return how many of the requests of one more trial may fail; None with fewer than LEAST_TRIALS trials.

    The larger of two: as if failures came one by one (beta-binomial, Jeffreys' prior), and the share of the worst
    trial, since they come in bursts.
    """
    if len(trials) < LEAST_TRIALS:
        return None
    failed, total = sum(one.failures for one in trials), sum(one.requests for one in trials)
    by_chance = int(stats.betabinom.ppf(1 - ERROR / MEASURES, requests, failed + 0.5, total - failed + 0.5))
    worst = max(one.failures / one.requests for one in trials if one.requests)
    return max(by_chance, math.ceil(worst * requests))


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One figure of a trial, beside where it was to be."""

    figure: str
    value: float | None
    expected: Interval | None
    """None: there is nothing to hold it against."""

    @property
    def holds(self) -> bool | None:
        """Whether it is where it was to be; None where nobody can tell."""
        if self.expected is None or self.value is None:
            return None
        return self.expected.holds(self.value)

    @property
    def side(self) -> int:
        """On which side of it: -1 below, 1 above, 0 inside, or nobody can tell."""
        if self.holds is not False or self.expected is None or self.value is None:
            return 0
        return -1 if self.value < self.expected.low else 1


FAILURES, LATENCY, THROUGHPUT = "failed requests", "p95_ms", "throughput_rps"


def compared(trials: Sequence[TrialFigures], one: TrialFigures) -> tuple[Comparison, ...]:
    """Return each figure of one more trial beside what the trials before it say of it."""
    most = most_failures(trials, one.requests)
    latencies = [trial.p95_ms for trial in trials if trial.p95_ms is not None]
    return (
        Comparison(
            figure=FAILURES,
            value=one.failures,
            expected=None if most is None else Interval(low=0, high=most),
        ),
        Comparison(figure=LATENCY, value=one.p95_ms, expected=one_more(latencies)),
        Comparison(
            figure=THROUGHPUT,
            value=one.throughput_rps,
            expected=one_more([trial.throughput_rps for trial in trials]),
        ),
    )
