"""What can happen to a request."""

from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    """What happened to one request, as the client experienced it; every request has exactly one."""

    OK = "OK"
    BAD_GATEWAY = "BAD_GATEWAY"
    """Status 502."""
    GATEWAY_TIMEOUT = "GATEWAY_TIMEOUT"
    """Status 504."""
    UNAVAILABLE = "UNAVAILABLE"
    """Status 503."""
    SERVER_ERROR = "SERVER_ERROR"
    """Status 500, or any other 5xx."""
    CLIENT_CLOSED = "CLIENT_CLOSED"
    """The client went away before its time limit (nginx's 499)."""
    CLIENT_TIMEOUT = "CLIENT_TIMEOUT"
    """The client's own time limit ended it."""
    CONNECT_ERROR = "CONNECT_ERROR"
    """No response header: refused, reset or closed by the proxy."""
    TRUNCATED = "TRUNCATED"
    """A good status, but the body was cut short."""
    BAD_CONTENT = "BAD_CONTENT"
    """A whole answer that is not what was asked for: another status (404), or a file that does not open."""
    UNMATCHED = "UNMATCHED"
    """In the books of one side only; one of these makes the trial INVALID."""


FAILURES = tuple(outcome for outcome in Outcome if outcome is not Outcome.OK)

STATUS_OF = {
    Outcome.BAD_GATEWAY: "502",
    Outcome.GATEWAY_TIMEOUT: "504",
    Outcome.UNAVAILABLE: "503",
    Outcome.SERVER_ERROR: "500",
    Outcome.CLIENT_CLOSED: "499",
}
"""The status code by which people know an outcome, where there is one."""


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
