"""Brings the logs of a site that already runs: what its files got during a trial, and what its commands print."""

import os
import re
import stat
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from badgateway.errors import BadgatewayError, ConfigurationError, first_line
from badgateway.model.printable import printable
from badgateway.model.raw import SITE_LOG
from badgateway.model.request_marks import tokens_of
from badgateway.model.running_site import LogCommand, LogPath
from badgateway.model.site_log import SiteLog, path_of, told_as, write_site_logs
from badgateway.process.child import Command
from badgateway.process.running import run_to_end
from badgateway.store.plain_file import create_plain

MOST_BYTES = 256 << 20
"""Of one log of one trial."""
COMMAND_S = 120.0
FLUSH_S = 5.0
"""How long the last lines may take to be written: nginx may buffer them."""
LOOK_S = 0.25
_PIECE_BYTES = 1 << 20
_SINCE = "${since}"


@dataclass(frozen=True, slots=True)
class _Opened:
    """Where a file ended before the load."""

    path: Path
    inode: int
    size: int


class SiteLogs:
    """What there was of each log when the load began, and what has come since."""

    def __init__(self, logs: Sequence[LogPath | LogCommand], root: Path, *, since_s: float | None = None) -> None:
        """Look at the files; their paths start at root.

        Args:
            logs: As an experiment names them.
            root: Where paths start.
            since_s: When a load began that is over; then files are brought whole. None: it is to begin now.

        Raises:
            ConfigurationError: One cannot be read.
        """
        self._logs, self._root = tuple(logs), root
        self._since_s = time.time() if since_s is None else since_s
        self._opened = {log: _opened(root / log, log) for log in self._logs if isinstance(log, str)}
        if since_s is not None:
            self._opened = {log: replace(found, size=0) for log, found in self._opened.items()}

    def bring(self, raw: Path, request_ids: Sequence[str]) -> None:
        """Write each log, and the list of them, into a trial's folder; what cannot be brought is in the list.

        Args:
            raw: The folder.
            request_ids: Of the load's requests that were answered: logs that bear ids are waited for until they have
                these.
        """
        self._await_lines(request_ids)
        write_site_logs(raw, tuple(self._brought(raw)))

    def _brought(self, raw: Path) -> Iterator[SiteLog]:
        for number, log in enumerate(self._logs, start=1):
            name = f"{SITE_LOG}{number}-{_last_name(log if isinstance(log, str) else path_of(log))}"
            try:
                problem = self._copy(log, raw / name) if isinstance(log, str) else self._run(log, raw / name)
            except (OSError, BadgatewayError) as error:
                problem = printable(first_line(str(error)))
            yield SiteLog(told_as=told_as(log), file=name if (raw / name).is_file() else "", problem=problem)

    def _copy(self, log: str, target: Path) -> str:
        before = self._opened[log]
        with before.path.open("rb") as file, create_plain(target) as copy:
            now = os.fstat(file.fileno())
            is_same = now.st_ino == before.inode and now.st_size >= before.size
            file.seek(before.size if is_same else 0)
            left = MOST_BYTES
            while left and (piece := file.read(min(_PIECE_BYTES, left))):
                copy.write(piece)
                left -= len(piece)
            is_cut = not left and bool(file.read(1))
        if not is_same:
            return "it was rotated during the trial, so what was written before that is missing"
        return f"it grew by more than {MOST_BYTES >> 20} MiB, and the rest is missing" if is_cut else ""

    def _run(self, log: LogCommand, target: Path) -> str:
        since = datetime.fromtimestamp(self._since_s - 1, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        command = Command(
            name=log.command[0],
            argv=tuple(word.replace(_SINCE, since) for word in log.command),
            # The user's own: ssh wants its agent, kubectl its configuration.
            environment=dict(os.environ),
            directory=self._root,
            log=target,
        )
        run_to_end(command, deadline_s=COMMAND_S)
        return ""

    def _await_lines(self, request_ids: Sequence[str]) -> None:
        """Return when the files have all these ids, or none of them, or after a while."""
        deadline = time.monotonic() + FLUSH_S
        wanted = {request_id.encode() for request_id in request_ids}
        tokens = b"|".join(token.encode() for token in tokens_of(request_ids))
        mark = re.compile(rb"(?:%s)-\d+" % tokens)
        while wanted and self._logs:
            time.sleep(LOOK_S)
            wanted -= {found for file in self._opened.values() for found in mark.findall(_new_bytes(file))}
            if time.monotonic() > deadline:
                return


def _opened(path: Path, log: str) -> _Opened:
    try:
        # Before it is opened: to open a pipe, such as the /dev/stdout of a container's nginx, would wait for ever.
        if not stat.S_ISREG(path.stat().st_mode):
            raise _unreadable(log, "it is no file that stays, but a folder, pipe or device")
        with path.open("rb") as file:
            found = os.fstat(file.fileno())
    except OSError as error:
        raise _unreadable(log, error.strerror or str(error)) from None
    return _Opened(path, found.st_ino, found.st_size)


def _unreadable(log: str, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"target.logs: {printable(log)} cannot be read: {why}; name a log that is there and "
        'that you may read, or what prints it: {command = ["sudo", "cat", "..."]}'
    )


def _new_bytes(opened: _Opened) -> bytes:
    try:
        with opened.path.open("rb") as file:
            file.seek(opened.size if os.fstat(file.fileno()).st_ino == opened.inode else 0)
            return file.read(MOST_BYTES)
    except OSError:
        return b""


def _last_name(told: str) -> str:
    """Return how a log is called, for the name of a file."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", told.rpartition("/")[2]).strip(".-")
    return name[-40:] or "log"
