"""What the command's exit status says."""

from enum import IntEnum

from badgateway.errors import BadgatewayError, ConfigurationError
from badgateway.model.summary import Decision, StudySummary


class ExitCode(IntEnum):
    """Exit statuses of `badgateway`; docs/concepts.md lists them for users."""

    PICKED = 0
    NONE_QUALIFIES = 1
    USAGE = 2
    INCONCLUSIVE = 3
    FAILED = 4
    """Something could not be started, read or written, or no trial could be trusted."""
    CRASHED = 70
    """A fault of the kit itself; the number is EX_SOFTWARE of sysexits.h."""
    INTERRUPTED = 130


_OF_DECISION = {
    Decision.PICKED: ExitCode.PICKED,
    Decision.NONE_QUALIFIES: ExitCode.NONE_QUALIFIES,
    Decision.INCONCLUSIVE: ExitCode.INCONCLUSIVE,
}


def of_study(study: StudySummary) -> ExitCode:
    """Return the status that tells a script what was decided; without one trusted trial nothing was."""
    return _OF_DECISION[study.recommendation.decision] if study.has_trusted_trial else ExitCode.FAILED


def of_error(error: BadgatewayError) -> ExitCode:
    """Return the status for a failure: the user's to mend, or the machine's."""
    return ExitCode.USAGE if isinstance(error, ConfigurationError) else ExitCode.FAILED
