"""When the requests of an open loop are due: a schedule that follows from its rate, kind and seed alone."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count, takewhile
from random import Random

from badgateway.model.experiment import ArrivalKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """An endless schedule; the same values give the same one, in any process and for any server."""

    rate_per_s: float
    kind: ArrivalKind = ArrivalKind.POISSON
    seed: int = 1

    def __post_init__(self) -> None:
        """Refuse what has no first arrival."""
        if not (self.rate_per_s > 0 and math.isfinite(self.rate_per_s)):
            raise ValueError(f"{self.rate_per_s:g} arrivals per second are no load: the rate must be above 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """One of several equal parts of a schedule; all of them together are the whole."""

    index: int = 0
    """Counted from 0."""
    total: int = 1

    @property
    def is_needed(self) -> bool:
        """False for a part beyond the whole: what came later than the schedule was divided has nothing to send."""
        return self.index < self.total


def offsets_s(arrivals: Arrivals) -> Iterator[float]:
    """Yield the seconds from the start of the load to each arrival, without end.

    Poisson schedules of one seed differ between rates only in their scale: the gaps of twice the rate are half as long.
    """
    if arrivals.kind is ArrivalKind.CONSTANT:
        for number in count():
            yield number / arrivals.rate_per_s
    random = Random(f"{arrivals.seed}/arrivals")  # noqa: S311 # repeatable, not secret
    unit = 0.0
    while True:
        unit += random.expovariate(1)
        yield unit / arrivals.rate_per_s


def shard_of(arrivals: Arrivals, shard: Shard) -> Iterator[tuple[int, float]]:
    """Yield the number in the whole schedule, from 0, and the offset of each arrival of one part."""
    for number, offset_s in enumerate(offsets_s(arrivals)):
        if number % shard.total == shard.index:
            yield number, offset_s


def due_between(arrivals: Arrivals, start_s: float, end_s: float) -> int:
    """Return how many arrivals have an offset from start_s to before end_s."""
    before_end = takewhile(lambda offset_s: offset_s < end_s, offsets_s(arrivals))
    return sum(offset_s >= start_s for offset_s in before_end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """An arrival whose time has come."""

    arrival: int
    """Its number in the whole schedule, from 0."""
    offset_s: float
    due_s: float
    """Seconds since the epoch."""


class Agenda:
    """One part of a schedule, laid on the clock; what is taken is gone."""

    def __init__(self, shard: Iterator[tuple[int, float]], start_s: float, clock: Callable[[], float]) -> None:
        self._shard = shard
        self._start_s = start_s
        self._clock = clock
        self._next = self._following()

    @property
    def next_due_s(self) -> float:
        """When the next arrival is due; seconds since the epoch."""
        return self._next.due_s

    def is_due(self) -> bool:
        """Tell whether the next arrival's time has come."""
        return self._next.due_s <= self._clock()

    def take(self) -> Due:
        """Return the next arrival, due or not, and go on to the one after it."""
        taken, self._next = self._next, self._following()
        return taken

    def _following(self) -> Due:
        arrival, offset_s = next(self._shard)
        return Due(arrival=arrival, offset_s=offset_s, due_s=self._start_s + offset_s)
