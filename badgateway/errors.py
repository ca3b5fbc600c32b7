"""The failures the kit knows, each with one line a user can act on, and how their messages are shortened."""

import os
from pathlib import Path

_INTERRUPTED = "Query interrupted"


def is_interrupted_query(error: BaseException) -> bool:
    """Tell whether an error is what DuckDB makes of the exception that a signal's handler has raised meanwhile."""
    return isinstance(error, RuntimeError) and str(error) == _INTERRUPTED


class BadgatewayError(Exception):
    """Something stopped the kit; the message says what, where and what to do."""


class ConfigurationError(BadgatewayError):
    """What the user wrote cannot be run; nothing was started."""


class DeploymentError(BadgatewayError):
    """A database, proxy or application server did not come up or did not stay up."""


class RestoreError(DeploymentError):
    """The data of the application could not be put back, which every later trial would need too."""


class DeclaredOtherwiseError(DeploymentError):
    """A server runs with other settings than the experiment says, so its figures would be told of something else."""


class GuardianError(DeploymentError):
    """The kit's own process beside a program was killed or stopped from outside; the program is not to blame."""


class LineError(DeploymentError):
    """A line or a relay between the parts could not be made, or did not stay; no configuration is to blame."""


class LoadError(BadgatewayError):
    """The load generator failed, so its rows say nothing about the server."""


class GeneratorKilledError(LoadError):
    """A signal ended the load generator, and the kit had not sent it."""

    def __init__(self, message: str, *, how: str) -> None:
        super().__init__(message)
        self.how = how
        """Such as 'was ended by SIGKILL'."""


class RawDataError(BadgatewayError):
    """A raw file is missing or is not what it should be; never turned into a number."""


class ResultsError(BadgatewayError):
    """The results folder does not hold what was asked for."""


class TakenError(BadgatewayError):
    """Another process has what this one needs for itself: a run, or the machine."""


class UntrustedFileError(BadgatewayError):
    """A link, or no regular file, where only regular files belong; nothing of its content was read."""


def first_line(message: str) -> str:
    """Return a message without the lines of a log that follow it; the report has those."""
    first, _, rest = message.partition("\n")
    # "uWSGI ended with status 1; last log lines:" announces what is left out here, or what a killed one never wrote.
    return first.rpartition("; last ")[0] or first if rest or first.endswith(":") else first


def without_folder(message: str, raw: Path) -> str:
    """Name a trial's files by their names alone: the folder moves, and what a report says must not move with it."""
    return message.replace(f"{raw.resolve()}{os.sep}", "").replace(f"{raw}{os.sep}", "")
