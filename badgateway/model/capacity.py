"""The capacity of a configuration: what is asked, and what a search found."""

from dataclasses import dataclass
from enum import StrEnum

from badgateway.model.study import LoadUnit


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityGoal:
    """Where to look for the highest load that still reaches the objective, and when to stop."""

    unit: LoadUnit = LoadUnit.RATE
    lowest: float
    """Tried first; only when it fails is there no capacity."""
    highest: float
    """Nothing above it is tried; a capacity beyond it is said as "at least"."""
    max_failure_share: float = 0.001
    """Of a window that passes; its p95 is the objective's."""
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
    """The lowest load failed, more than once."""
    UNCONFIRMED = "UNCONFIRMED"
    """Trials ran out, or were INVALID, before a long window passed; the interval stands, the promise does not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """The highest load a configuration carries at the objective; loads are in the goal's unit."""

    status: CapacityStatus
    estimate: float | None
    """None when there is no capacity."""
    low: float | None
    """With 95 % probability the capacity is between low and high."""
    high: float | None
    confirmed: float | None
    """The highest load that passed in a window three times as long."""
    trials: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One valid trial of a search."""

    level: float
    passed: bool
    confirming: bool
    """Whether its window was the long one."""
