"""The logs of a site that already runs, as a trial keeps them, and how far they tell of its requests."""

import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path

from badgateway.errors import RawDataError
from badgateway.model.masking import HIDDEN, masked
from badgateway.model.raw import SITE_LOGS
from badgateway.model.running_site import LogCommand, LogPath

_PATH = re.compile(r"(?:https?://[\w.-]+(?::\d+)?|~|[\w.-]+)?(?:/[\w.-]+)+|\w[\w.-]*\.(?:log|jsonl?|txt|gz)")
"""A path has a slash in it, or ends as files of logs do: another word may be anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteLog:
    """One log that was to be brought."""

    told_as: str
    """A path, or a command, as the experiment has it."""
    file: str
    """Of the trial's folder, by its name alone."""
    problem: str = ""
    """Why nothing of it is there, or not all; empty when it is whole."""


def told_as(log: LogPath | LogCommand) -> str:
    """Return a log as reports name it: of a command the first word, and the path at its end; the rest may be secret."""
    if isinstance(log, str):
        return log
    first, *others = log.command
    path = path_of(log)
    hidden = others[:-1] if path else others
    return masked(" ".join((first, *([HIDDEN] if hidden else []), *([path] if path else []))))


def path_of(log: LogCommand) -> str:
    """Return the path or the address that a command ends with; empty where it ends with what may be anything.

    `sh -c` has all of its script as its last word.
    """
    last = log.command[-1]
    return last if len(log.command) > 1 and _PATH.fullmatch(last) else ""


def write_site_logs(folder: Path, logs: tuple[SiteLog, ...]) -> None:
    """Write the list of them into a trial's folder, in place of the one that is there."""
    (folder / SITE_LOGS).write_text(json.dumps([asdict(one) for one in logs], indent=1) + "\n", encoding="utf-8")


def read_site_logs(folder: Path) -> tuple[SiteLog, ...]:
    """Read the list of a trial's folder.

    Raises:
        RawDataError: It is damaged, or names what is no file of the folder.
    """
    try:
        found = tuple(SiteLog(**one) for one in json.loads((folder / SITE_LOGS).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise RawDataError(f"{folder / SITE_LOGS}: cannot be read: {error}; run the trial again") from error
    for one in found:
        if not isinstance(one.file, str) or Path(one.file).name != one.file or "\0" in one.file:
            raise RawDataError(f"{folder / SITE_LOGS}: {one.file!r} is no file of the trial; run the trial again")
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteAccount:
    """Of one trial, its warm-up included."""

    answered: int
    """Requests that got an answer, so that the site must know of them."""
    by_id: int
    """Of these, in the logs by their id."""
    by_likeness: int
    """Of these, in the logs without an id, where the second, method, status and size of only one request fit."""
    others: int
    """Requests in the logs that are not the load's."""
    clock_ahead_s: tuple[float, float] | None
    """By how much at least and at most the site's clock is ahead of the load generator's.

    None where no request was found, or where no such time fits all: a clock was set, or other requests were joined.
    """
    cut_short: str = ""
    """Why the load ended before its time; empty when it did not."""
    problems: tuple[str, ...] = ()
    """What could not be brought or read of the logs, a sentence each."""

    @property
    def known(self) -> int:
        """Answered requests of which the logs tell."""
        return self.by_id + self.by_likeness
