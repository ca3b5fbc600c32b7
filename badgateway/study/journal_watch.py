"""Reads what a site's journal tells while it runs: requests in flight, those that died, a loop that stood."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import psutil

from badgateway.model.live_server import RequestsSeen
from badgateway.model.masking import masked
from badgateway.model.raw import JOURNAL_COLUMNS
from badgateway.model.raw_words import JournalKind
from badgateway.study.tail import FileTail, open_any

_KIND, _TIME, _PID, _NUMBER, _ID, _DURATION, _DETAIL = (
    JOURNAL_COLUMNS.index(name) for name in ("kind", "time_s", "pid", "number", "request_id", "duration_s", "detail")
)
_Key = tuple[int, str]
"""Process, and number of the request in it."""


class JournalWatch:
    """The requests that began since the watch did: those before it may be in flight, and are not known."""

    def __init__(
        self,
        path: Path,
        *,
        is_alive: Callable[[int], bool] = psutil.pid_exists,
        now: Callable[[], float] = time.time,
        open_file: Callable[[Path], BinaryIO] = open_any,
    ) -> None:
        """Begin at the journal's end.

        Raises:
            ConfigurationError: It cannot be read.
        """
        self.is_loop_watched = False
        """Whether it is known that workers write down when their event loop stands still."""
        self.workers_ended = 0
        """Processes that had begun a request, and are gone."""
        self._workers: set[int] = set()
        self._tail = FileTail(path, open_file)
        self._is_alive, self._now = is_alive, now
        self._rest = b""
        self._in_flight: dict[_Key, tuple[float, str, str]] = {}
        self._lost, self._blocked_s = 0, 0.0
        for line in self._tail.before.splitlines():
            # The first line of the kind says that the watch begins.
            self.is_loop_watched |= line.startswith(JournalKind.BLOCKED.encode() + b",")

    def look(self) -> RequestsSeen:
        """Return what the journal tells now."""
        for cells in self._lines():
            # A line that is damaged says nothing; the next one may.
            with suppress(ValueError, IndexError):
                self._take(cells)
        self._bury()
        oldest = min(self._in_flight.items(), key=lambda one: one[1][0], default=None)
        return RequestsSeen(
            in_flight=len(self._in_flight),
            oldest_s=max(0.0, self._now() - oldest[1][0]) if oldest else None,
            oldest_id=oldest[1][1] if oldest else "",
            oldest_pid=oldest[0][0] if oldest else None,
            oldest_route=masked(oldest[1][2]) if oldest else "",
            lost=self._lost,
            blocked_s=self._blocked_s,
        )

    def close(self) -> None:
        """Let go of the file."""
        self._tail.close()

    def _lines(self) -> Iterator[list[str]]:
        *lines, self._rest = (self._rest + self._tail.read()).split(b"\n")
        return (line.decode("ascii", "replace").split(",") for line in lines)

    def _take(self, cells: list[str]) -> None:
        kind, key = cells[_KIND], (int(cells[_PID]), cells[_NUMBER])
        if kind == JournalKind.START:
            self._workers.add(key[0])
            self._in_flight[key] = (float(cells[_TIME]), cells[_ID], cells[_DETAIL])
        elif kind == JournalKind.END:
            self._in_flight.pop(key, None)
        elif kind == JournalKind.BLOCKED:
            self.is_loop_watched = True
            self._blocked_s += float(cells[_DURATION] or 0)

    def _bury(self) -> None:
        dead = {pid for pid in self._workers if not self._is_alive(pid)}
        self.workers_ended += len(dead)
        self._workers -= dead
        for key in [key for key in self._in_flight if key[0] in dead]:
            del self._in_flight[key]
            self._lost += 1
