"""The capacity of a configuration: what is asked, and what a search found."""

import math
from dataclasses import dataclass
from enum import StrEnum

from badgateway.model.load_level import LoadUnit


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityGoal:
    """Where to look for the highest load that still reaches the objective, and when to stop."""

    unit: LoadUnit = LoadUnit.RATE
    lowest: float
    """Tried first; only when it fails is there no capacity."""
    highest: float
    """Nothing above it is tried; a capacity beyond it is said as "at least"."""
    max_failure_share: float = 0.001
    """A window fails when it is proven to fail more; its p95 is the objective's."""
    width: float = 0.05
    """Stop when the capacity is known to within this share, up and down."""
    max_trials: int = 14
    """Confirmations included."""
    confirm_windows: int = 3
    """A confirmation's window is this many times as long as a search trial's."""


class CapacityStatus(StrEnum):
    """How a search ended."""

    FOUND = "FOUND"
    AT_LEAST = "AT_LEAST"
    """The highest load that was allowed still passed."""
    NONE = "NONE"
    """The lowest load failed, more than once, and so did a higher one."""
    UNCONFIRMED = "UNCONFIRMED"
    """Trials ran out, or were INVALID, before a long window passed; the interval stands, the promise does not."""
    NOT_TOLD = "NOT_TOLD"
    """The interval is too wide to be an answer, or a load failed twice below one that passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Where one trial of a search saw the capacity."""

    round: int
    """Trials of one round ran one after another; they share what was slow just then."""
    load: float
    """At which its p95 would have been the limit."""
    error: float
    """Standard error of its logarithm, from the distance between this load and the one that was run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """The highest load a configuration carries at the objective; loads are in the goal's unit."""

    status: CapacityStatus
    estimate: float | None
    """None when there is no capacity, and when it is not told."""
    low: float | None
    """With 95 % probability the capacity is between low and high; None where nothing can be said."""
    high: float | None
    confirmed: float | None
    """The highest load that passed in a window three times as long."""
    trials: int
    readings: tuple[Reading, ...] = ()
    """One for each trial whose p95 was near the limit; capacities are compared by them, round by round."""

    @property
    def middle(self) -> float | None:
        """The estimate, or the middle of an interval that is too wide for one; None where nothing is known."""
        if self.estimate is not None or not self.low or not self.high:
            return self.estimate
        return math.sqrt(self.low * self.high)


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One valid trial of a search."""

    level: float
    """That was run."""
    p95_share: float | None
    """The p95 of all requests, as a share of the limit; None when it falls on a failed request."""
    overloaded: bool = False
    """Whether it is proven that more requests fail than may, or the server died."""
    sustained: float | None = None
    """In an open loop, where a queue grew by more than chance: the load that it can serve for ever."""
    error: float = 0.0
    """Standard error of the load, as a share: arrivals and answers of an open loop come by chance."""
    may_hide: float = 0.0
    """Share of the load by which a queue may have grown unseen, where it is not known what was answered."""
    confirming: bool = False
    """Whether its window was the long one."""

    @property
    def passed(self) -> bool:
        """Tell whether the window kept the objective."""
        return not self.overloaded and self.sustained is None and self.is_in_time

    @property
    def is_in_time(self) -> bool:
        """Tell whether its p95 was within the limit."""
        return self.p95_share is not None and self.p95_share <= 1

    @property
    def carried(self) -> float:
        """Return the load that was answered, which is less than what was sent where a queue grew."""
        return self.level if self.sustained is None else self.sustained

    @property
    def log_excess(self) -> float:
        """Return the logarithm of p95 over its limit; infinite when it falls on a failed request.

        Where a queue grew, what was carried is the limit itself, whatever the p95 of so short a window.
        """
        if self.sustained is not None:
            return 0.0
        return math.inf if self.p95_share is None else math.log(max(self.p95_share, 1e-9))
