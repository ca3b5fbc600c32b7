"""What can happen to a request."""

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
