"""The words of the report: what outcomes, verdicts and decisions are called where people read them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from badgateway import numbers
from badgateway.model.diagnosis import Certainty
from badgateway.model.exit_code import ExitCode
from badgateway.model.outcome import FAILURES, STATUS_OF, Outcome

if TYPE_CHECKING:
    # Explanations have words too, and no measurement.
    from badgateway.model.summary import Measurement

TIMES = "\N{NO-BREAK SPACE}\N{MULTIPLICATION SIGN}\N{NO-BREAK SPACE}"
"""Between a count and what was counted."""
_NAMES = {
    Outcome.OK: "OK",
    Outcome.BAD_GATEWAY: "bad gateway",
    Outcome.GATEWAY_TIMEOUT: "gateway timeout",
    Outcome.UNAVAILABLE: "unavailable",
    Outcome.SERVER_ERROR: "server error",
    Outcome.CLIENT_CLOSED: "client went away",
    Outcome.CLIENT_TIMEOUT: "client timeout",
    Outcome.CONNECT_ERROR: "no answer",
    Outcome.TRUNCATED: "truncated",
    Outcome.BAD_CONTENT: "bad content",
    Outcome.UNMATCHED: "unmatched",
}

EXIT_SENTENCES = {
    ExitCode.PICKED: "there is a configuration to run",
    ExitCode.NONE_QUALIFIES: "every configuration was measured, and none qualifies",
    ExitCode.INCONCLUSIVE: "none can be said to keep the objective yet",
    ExitCode.FAILED: "no trial could be trusted",
}
"""What the exit status of a run with an answer says."""

CERTAINTIES = {
    Certainty.PROVEN: "proven",
    Certainty.FAMILY: "several causes fit, and these logs cannot tell them apart",
}


def short_name(outcome: Outcome) -> str:
    """Return the status code where people know the outcome by one, else its name: '502', 'truncated'."""
    return STATUS_OF.get(outcome, _NAMES[outcome])


def long_name(outcome: Outcome) -> str:
    """Return the status code and the name: '502 bad gateway', 'truncated'."""
    return f"{STATUS_OF[outcome]} {_NAMES[outcome]}" if outcome in STATUS_OF else _NAMES[outcome]


def share_heading(outcome: Outcome) -> str:
    """Return the heading of a column of shares: '502 %'."""
    return f"{short_name(outcome)}{numbers.PERCENT}"


def family_slug(family: str) -> str:
    """Return the name of the colour of a family of causes in the style sheet: 'accept-queue'."""
    return family.replace(" ", "-")


def statuses(counts: Iterable[tuple[int, int]]) -> str:
    """Return how often each status was seen, in words: '12 x 502, 1 x 200'."""
    return ", ".join(f"{count:,}{TIMES}{status or 'no status'}" for status, count in counts)


def split(measurement: "Measurement") -> tuple[tuple[Outcome, str], ...]:
    """Return each kind of failure that occurred with its count in words: '284 x 502', in the order of Outcome."""
    counted = ((outcome, measurement.count(outcome)) for outcome in FAILURES)
    return tuple((outcome, f"{count:,}{TIMES}{short_name(outcome)}") for outcome, count in counted if count)


def exit_sentence(code: ExitCode) -> str:
    """Return the exit status of a run and what it says."""
    return f"Exit status {code.value}: {EXIT_SENTENCES[code]}."
