"""Brings the logs of a site that already runs: what its files got during a trial, and what its commands print."""

import os
import re
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from badgateway.errors import BadgatewayError, ConfigurationError, first_line
from badgateway.model.printable import printable
from badgateway.model.raw import SITE_LOG
from badgateway.model.request_marks import tokens_of
from badgateway.model.running_site import LogCommand, LogPath
from badgateway.model.site_log import SiteLog, path_of, told_as, write_site_logs
from badgateway.process.child import Command
from badgateway.process.running import demand_end, running
from badgateway.store.plain_file import create_plain

MOST_BYTES = 256 << 20
"""Of one log of one trial."""
COMMAND_S = 120.0
FLUSH_S = 5.0
"""How long the last lines may take to be written: nginx may buffer them."""
LOOK_S = 0.25
_PIECE_BYTES = 1 << 20
_END_BYTES = 64
"""Of what a file had: longer than a line's date, which no two lines of a site share with all that follows it."""
_SINCE = "${since}"
_INTERRUPTED = "Ctrl-C came while the logs were brought, so badgateway collect has to bring it"


@dataclass(frozen=True, slots=True)
class _Opened:
    """A file as it was before the load, and open since then: one that is moved away is read to its end all the same."""

    path: Path
    file: BinaryIO
    size: int
    end: bytes
    """The last bytes that it had: a file that was emptied may be longer than before by now, but lacks these."""

    @property
    def is_cut(self) -> bool:
        """Whether something of it is gone that was there before."""
        return _end_of(self.file, self.size) != self.end

    def appended(self) -> Iterator[bytes]:
        """Yield, in pieces, what has come since, that of another file in its place too; OSError when there is none."""
        yield from _pieces(self.file, 0 if self.is_cut else self.size)
        with self.path.open("rb") as now:
            if not os.path.sameopenfile(now.fileno(), self.file.fileno()):
                yield from _pieces(now, 0)


class SiteLogs:
    """What there was of each log when the load began, and what has come since; to be closed."""

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
        self._opened: dict[str, _Opened] = {}
        try:
            for log in self._logs:
                if isinstance(log, str):
                    self._opened[log] = _opened(root / log, log, is_whole=since_s is not None)
        except ConfigurationError:
            self.close()
            raise

    def bring(self, raw: Path, request_ids: Sequence[str]) -> None:
        """Write each log, and the list of them, into a trial's folder; what cannot be brought is in the list.

        Args:
            raw: The folder.
            request_ids: Of the load's requests that were answered: logs that bear ids are waited for until they have
                these.
        """
        problems = dict.fromkeys(range(len(self._logs)), _INTERRUPTED)
        try:
            self._await_lines(request_ids)
            for number, log in enumerate(self._logs):
                problems[number] = self._problem(log, raw / self._name(number))
        finally:
            # Of a load that has ended nothing is lost with who does not wait for its logs.
            write_site_logs(raw, tuple(self._listed(raw, number, told) for number, told in problems.items()))

    def close(self) -> None:
        """Let go of the files."""
        for opened in self._opened.values():
            opened.file.close()

    def _name(self, number: int) -> str:
        log = self._logs[number]
        return f"{SITE_LOG}{number + 1}-{_last_name(log if isinstance(log, str) else path_of(log))}"

    def _listed(self, raw: Path, number: int, problem: str) -> SiteLog:
        name = self._name(number)
        file = name if (raw / name).is_file() else ""
        return SiteLog(told_as=told_as(self._logs[number]), file=file, problem=problem)

    def _problem(self, log: LogPath | LogCommand, target: Path) -> str:
        """Bring a log; return why nothing of it is there, or not all, empty when it is whole."""
        try:
            return self._copy(log, target) if isinstance(log, str) else self._run(log, target)
        except (OSError, BadgatewayError) as error:
            return printable(first_line(str(error)))

    def _copy(self, log: str, target: Path) -> str:
        opened, left = self._opened[log], MOST_BYTES
        with create_plain(target) as copy:
            for piece in opened.appended():
                copy.write(piece[:left])
                if len(piece) > left:
                    return f"it grew by more than {MOST_BYTES >> 20} MiB, and the rest is missing"
                left -= len(piece)
        if opened.is_cut:
            return "it was emptied during the trial, so what was written before that is missing"
        return ""

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
        try:
            with running(command) as child:
                demand_end(child, deadline_s=COMMAND_S)
        finally:
            # It is looked at twice a second; by then more may be there than anybody reads.
            is_cut = target.is_file() and target.stat().st_size > MOST_BYTES
            if is_cut:
                os.truncate(target, MOST_BYTES)
        return f"it printed more than {MOST_BYTES >> 20} MiB, and the rest is missing" if is_cut else ""

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


def _opened(path: Path, log: str, *, is_whole: bool) -> _Opened:
    try:
        # Before it is opened: to open a pipe, such as the /dev/stdout of a container's nginx, would wait for ever.
        if not stat.S_ISREG(path.stat().st_mode):
            raise _unreadable(log, "it is no file that stays, but a folder, pipe or device")
        file = path.open("rb")
    except OSError as error:
        raise _unreadable(log, error.strerror or str(error)) from None
    size = 0 if is_whole else os.fstat(file.fileno()).st_size
    return _Opened(path, file, size, _end_of(file, size))


def _end_of(file: BinaryIO, size: int) -> bytes:
    begin = max(0, size - _END_BYTES)
    return os.pread(file.fileno(), size - begin, begin)


def _unreadable(log: str, why: str) -> ConfigurationError:
    return ConfigurationError(
        f"target.logs: {printable(log)} cannot be read: {why}; name a log that is there and "
        'that you may read, or what prints it: {command = ["sudo", "cat", "..."]}'
    )


def _pieces(file: BinaryIO, begin: int) -> Iterator[bytes]:
    file.seek(begin)
    while piece := file.read(_PIECE_BYTES):
        yield piece


def _new_bytes(opened: _Opened) -> bytes:
    new = bytearray()
    with suppress(OSError):
        for piece in opened.appended():
            new += piece[: MOST_BYTES - len(new)]
    return bytes(new)


def _last_name(told: str) -> str:
    """Return how a log is called, for the name of a file."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", told.rpartition("/")[2]).strip(".-")
    return name[-40:] or "log"
