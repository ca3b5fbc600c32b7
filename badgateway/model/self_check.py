"""The self-checks of a trial: what makes it no measurement, or tells that nobody got through."""

from dataclasses import dataclass
from enum import StrEnum


class SelfCheck(StrEnum):
    """What makes a trial no measurement, or nobody got through."""

    SATURATED = "SATURATED"
    """The load generator used `found` of a core."""
    GENERATOR_UNKNOWN = "GENERATOR_UNKNOWN"
    SENT_LATE = "SENT_LATE"
    """1 % of the requests were sent more than `found` ms late."""
    SENDING_UNKNOWN = "SENDING_UNKNOWN"
    MACHINE_UNKNOWN = "MACHINE_UNKNOWN"
    CLOCK_SET = "CLOCK_SET"
    """By `found` seconds."""
    STOLEN = "STOLEN"
    """The hypervisor took `found` of the CPU time."""
    OUTSIDE_LOAD = "OUTSIDE_LOAD"
    """Other processes used `found` of the CPU time."""
    NO_LEDGER = "NO_LEDGER"
    ONE_SIDED = "ONE_SIDED"
    """`found` of `allowed` requests are in the books of one side only."""
    ABORTED = "ABORTED"
    """Nobody wrote down why."""
    NO_WINDOW = "NO_WINDOW"
    NO_REQUEST = "NO_REQUEST"
    NO_TRIAL = "NO_TRIAL"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReason:
    """A self-check that failed."""

    check: SelfCheck
    found: float = 0.0
    allowed: float = 0.0
