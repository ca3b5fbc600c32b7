"""What the command's exit status says."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

from badgateway.errors import BadgatewayError, ConfigurationError

if TYPE_CHECKING:
    # Every command has a status, and few have a run.
    from badgateway.model.run_summary import RunSummary


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


def of_run(run: RunSummary) -> ExitCode:
    """Return the status that tells a script what was decided; without one trusted trial nothing was."""
    return ExitCode[run.recommendation.decision.name] if run.has_trusted_trial else ExitCode.FAILED


def of_error(error: BadgatewayError) -> ExitCode:
    """Return the status for a failure: the user's to mend, or the machine's."""
    return ExitCode.USAGE if isinstance(error, ConfigurationError) else ExitCode.FAILED
