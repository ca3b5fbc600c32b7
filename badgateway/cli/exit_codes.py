"""What the command's exit status says."""

from enum import IntEnum

from badgateway.errors import BadgatewayError, ConfigurationError
from badgateway.model.summary import Decision


class ExitCode(IntEnum):
    """Exit statuses of `badgateway`; docs/concepts.md lists them for users."""

    PICKED = 0
    NONE_QUALIFIES = 1
    USAGE = 2
    INCONCLUSIVE = 3
    FAILED = 4
    """Something could not be started, read or written."""
    INTERRUPTED = 130


_OF_DECISION = {
    Decision.PICKED: ExitCode.PICKED,
    Decision.NONE_QUALIFIES: ExitCode.NONE_QUALIFIES,
    Decision.INCONCLUSIVE: ExitCode.INCONCLUSIVE,
}


def of_decision(decision: Decision) -> ExitCode:
    """Return the status that tells a script what was decided."""
    return _OF_DECISION[decision]


def of_error(error: BadgatewayError) -> ExitCode:
    """Return the status for a failure: the user's to mend, or the machine's."""
    return ExitCode.USAGE if isinstance(error, ConfigurationError) else ExitCode.FAILED
