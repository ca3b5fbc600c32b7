"""Looks at a load while it runs: reads what its logs, samples and rows grow by, and writes the page of the web UI."""

import csv
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from badgateway.analysis.live_load import PART_S, LiveProcesses, LiveRequests, LiveSamples
from badgateway.errors import LoadError
from badgateway.load.events import read_events
from badgateway.logs import Source
from badgateway.model import raw
from badgateway.model.live_page import (
    CAUSES,
    LOOP_STOOD_S,
    OUTCOMES,
    PAGE,
    REQUESTS_LOST,
    SERVER,
    WORKERS_ENDED,
    Row,
    Rows,
)
from badgateway.process.account import Account
from badgateway.report.explanation.live_tables import cause_rows, outcome_rows, server_rows
from badgateway.servers.advice import Uses
from badgateway.stack.written import FOLDER
from badgateway.store.plain_file import open_plain, replacing
from badgateway.study.following import Following, Look
from badgateway.study.journal_watch import JournalWatch
from badgateway.study.tail import FileTail

_SHORTEST_PAUSE_S = 1.0
_PAUSE_PER_LOOK = 4
"""Most of the time the processor is the load's."""


class LiveView:
    """A folder of raw files that grow, as a context manager; `refresh` looks at them and writes the page."""

    def __init__(
        self,
        folder: Path,
        uses: Uses,
        account: Account | None = None,
        *,
        page: Path | None = None,
        pause_per_look: float = _PAUSE_PER_LOOK,
        clock: Callable[[], float] = time.monotonic,
        used: Callable[[], float] = time.process_time,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Begin at the end of the files.

        Args:
            folder: The raw folder of a deployment and a Locust that are up.
            uses: The server that is under load.
            account: Whose the files of the servers are; None: the kit's own.
            page: Where the page goes; None: into the folder.
            pause_per_look: How often the time that a look used passes until the next one.
            clock: Seconds that never go back.
            used: Seconds of the processor that were used so far.
            now: Seconds since the epoch.
        """
        self._page = page or folder / PAGE
        self._pause_per_look = pause_per_look
        self._uses = uses
        self._clock, self._used, self._now = clock, used, now
        self._next_s = clock()
        self._events = folder / raw.CLIENT_EVENTS
        self._counted: dict[str, float] = {}
        self._counted_s = 0.0
        self._samples, self._processes, self._requests = LiveSamples(), LiveProcesses(), LiveRequests()
        with ExitStack() as stack:
            # What costs least comes first: in a trial that begins, the files come one after the other.
            self._sampled = stack.enter_context(closing(_Table(folder / raw.SAMPLES)))
            self._used_by_parts = stack.enter_context(closing(_Table(folder / raw.PROCESSES)))
            self._sent = stack.enter_context(closing(_Table(folder / raw.CLIENT_ROWS)))
            # The site can put anything in its folder, a link to another file too.
            open_file = partial(open_plain, owner=account.uid if account else None)
            self._journal = _journal(folder / FOLDER / raw.JOURNAL, stack, open_file, now)
            self._following = stack.enter_context(
                Following([Source(name=file.name, content=file) for file in _logs(folder)], open_file=open_file)
            )
            self._stack = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the files."""
        self.close()

    def close(self) -> None:
        """Let go of the files."""
        self._stack.close()

    @property
    def next_s(self) -> float:
        """When the next look may be, by its clock."""
        return self._next_s

    def not_before(self, time_s: float) -> None:
        """Put the first look off until then, by its clock."""
        self._next_s = max(self._next_s, time_s)

    def refresh(self) -> None:
        """Write the page anew, unless it is too early: a look that uses much is followed by a longer pause."""
        if self._clock() < self._next_s:
            return
        before_s = self._used()
        self._write(self._rows())
        # Not how long it took: a look that others kept from the processor has taken little from the load.
        used_s = self._used() - before_s
        self._next_s = self._clock() + max(_SHORTEST_PAUSE_S, self._pause_per_look * used_s)

    def _rows(self) -> Rows:
        look = self._following.poll()
        start_s = self._load_start_s()
        samples = (
            *self._sampled.rows(),
            *self._processes.rows(self._used_by_parts.rows()),
            *self._of_workers(),
        )
        return {
            CAUSES.key: self._causes(look),
            SERVER.key: server_rows(self._samples.look(samples, self._now())),
            OUTCOMES.key: outcome_rows(self._requests.look(self._sent.rows(), self._now(), start_s)),
        }

    def _causes(self, look: Look) -> Sequence[Row]:
        found = [(each.incident, count) for each, count in look.causes()]
        return cause_rows(found, look.evidence, self._uses, look.utc_offset_s)

    def _of_workers(self) -> Iterator[tuple[str, str, str, str]]:
        """Yield what the journal tells, as the rows of a samples.csv; nothing of a site without one."""
        if self._journal is None:
            return
        seen, now_s = self._journal.look(), self._now()
        counted: dict[str, float] = {WORKERS_ENDED: self._journal.workers_ended, REQUESTS_LOST: seen.lost}
        if self._journal.is_loop_watched:
            counted[LOOP_STOOD_S] = seen.blocked_s
        # Looks are farther apart than the parts of a minute; what is counted from the start stays until it is more.
        passed = range(1, int((now_s - self._counted_s) / PART_S) + 1)
        for name, before in self._counted.items():
            yield from ((str(self._counted_s + part * PART_S), name, str(before), "") for part in passed)
        yield from ((str(now_s), name, str(value), "") for name, value in counted.items())
        self._counted, self._counted_s = counted, now_s

    def _load_start_s(self) -> float:
        """Return when the load was started last; the web UI starts many in one process."""
        with suppress(LoadError):
            return read_events(self._events).test_start_s or 0.0
        return 0.0

    def _write(self, rows: Rows) -> None:
        with replacing(self._page) as beside:
            beside.write_text(json.dumps(rows), encoding="utf-8")
            # The web UI may be another account by then, and whoever gets into the folder has the logs.
            beside.chmod(0o644)


def _journal(
    file: Path, stack: ExitStack, open_file: Callable[[Path], BinaryIO], now: Callable[[], float]
) -> JournalWatch | None:
    """Return the watch of a site's journal; None of a site that keeps none."""
    return stack.enter_context(closing(JournalWatch(file, now=now, open_file=open_file))) if file.exists() else None


def _logs(folder: Path) -> tuple[Path, ...]:
    return (folder / FOLDER / raw.ACCESS_LOG, folder / FOLDER / raw.ERROR_LOG, folder / raw.SERVER_LOG)


class _Table:
    """The rows that are appended to a CSV file."""

    def __init__(self, file: Path) -> None:
        self._tail = FileTail(file)
        self._half = b""
        self.close = self._tail.close

    def rows(self) -> list[list[str]]:
        """Return what came since the last time, whole rows only."""
        whole, end, self._half = (self._half + self._tail.read()).rpartition(b"\n")
        return list(csv.reader((whole + end).decode(errors="replace").splitlines()))
