"""Asks what the command that serves a site today runs with; or says why that is not known, or cannot be run here."""

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from badgateway.draft.inspected import Inspected
from badgateway.draft.repository import Repository
from badgateway.draft.today import Today, TodaysServer, todays_server
from badgateway.stack.inspection import Inspection


def asked_server(
    inspection: Inspection, site: Inspected, given: Mapping[str, str], repository: Repository, today: Today
) -> TodaysServer:
    """Return what runs today with its numbers.

    Args:
        inspection: Of the site.
        site: As it was found.
        given: Its variables.
        repository: Has the files that the command names.
        today: The command.

    Raises:
        ValueError: They are not known, or it cannot run here as it is; with the reason.
    """
    if today.why_not or today.target in site.absent:
        raise ValueError(nothing_there(today, repository))
    own, server = today.server.own_command, today.server
    if today.unknown:
        raise ValueError(f"nobody says what {', '.join(today.unknown)} stands for")
    if own is None:
        raise ValueError(f"{server.label} is started by a file alone")
    words = shlex.split(today.loading(site.target).command)[1:]
    if own.asks:
        told = inspection.told(own.asks, words, given, Path(sys.executable))
        return todays_server(told, server.model_told(str(told["model"])))
    file = own.file(words)
    text = own.text(words, repository.text(repository.directory / file) if file else "", given)
    return todays_server(own.told(text), server.worker_model(text))


def nothing_there(today: Today, repository: Repository) -> str:
    """Say that what a command loads is not there; empty where it names nothing."""
    if today.why_not or not today.target:
        return today.why_not
    folder = repository.directory
    return f"there is no {today.target} to load in {'the repository' if folder == PurePosixPath() else folder}"
