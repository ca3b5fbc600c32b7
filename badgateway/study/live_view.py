"""Looks at a load while it runs: reads what its logs, samples and rows grow by, and writes the page of the web UI."""

import csv
import json
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from badgateway.errors import LoadError
from badgateway.ledger.outcome import outcome_of_row
from badgateway.load.events import read_events
from badgateway.logs import Source
from badgateway.model import raw
from badgateway.model.live_page import CAUSES, OUTCOMES, PAGE, SERVER, Counted, Recent, Row, Rows
from badgateway.model.outcome import Outcome
from badgateway.process.account import Account
from badgateway.report.live_tables import cause_rows, outcome_rows, server_rows
from badgateway.servers.advice import Uses
from badgateway.stack.written import FOLDER
from badgateway.store.plain_file import open_plain, replacing
from badgateway.study.following import Following, Look
from badgateway.study.tail import FileTail

MINUTE_S = 60
PART_S = 2
"""A minute is shown in parts of this length."""
_SHORTEST_PAUSE_S = 1.0
_PAUSE_PER_LOOK = 4
"""Most of the time the processor is the load's."""
_LATENCIES = 10_000
"""Percentiles are of the last so many OK requests."""


class LiveView:
    """A folder of raw files that grow, as a context manager; `refresh` looks at them and writes the page."""

    def __init__(
        self,
        folder: Path,
        uses: Uses,
        account: Account | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Begin at the end of the files.

        Args:
            folder: The raw folder of a deployment and a Locust that are up; the page goes there too.
            uses: The server that is under load.
            account: Whose the files of the servers are; None: the kit's own.
            clock: Seconds that never go back.
            now: Seconds since the epoch.
        """
        self._page = folder / PAGE
        self._uses = uses
        self._clock, self._now = clock, now
        self._next_s = clock()
        self._events = folder / raw.CLIENT_EVENTS
        with ExitStack() as stack:
            following = Following(
                [Source(name=file.name, content=file) for file in _logs(folder)],
                # The site can put anything in its folder, a link to another file too.
                open_file=partial(open_plain, owner=account.uid if account else None),
            )
            self._following = stack.enter_context(following)
            self._samples = _Samples(stack.enter_context(closing(_Table(folder / raw.SAMPLES))))
            self._requests = _Requests(stack.enter_context(closing(_Table(folder / raw.CLIENT_ROWS))))
            self._stack = stack.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let go of the files."""
        self._stack.close()

    def refresh(self) -> None:
        """Write the page anew, unless it is too early: a look that takes long is followed by a longer pause."""
        started_s = self._clock()
        if started_s < self._next_s:
            return
        self._write(self._rows())
        took_s = self._clock() - started_s
        self._next_s = started_s + took_s + max(_SHORTEST_PAUSE_S, _PAUSE_PER_LOOK * took_s)

    def _rows(self) -> Rows:
        look = self._following.poll()
        start_s = self._load_start_s()
        return {
            CAUSES.key: self._causes(look),
            SERVER.key: server_rows(self._samples.look(self._now())),
            OUTCOMES.key: outcome_rows(self._requests.look(self._now(), start_s)),
        }

    def _causes(self, look: Look) -> Sequence[Row]:
        found = [(each.incident, count) for each, count in look.causes()]
        return cause_rows(found, look.evidence, self._uses, look.utc_offset_s)

    def _load_start_s(self) -> float:
        """Return when the load was started last; the web UI starts many in one process."""
        with suppress(LoadError):
            return read_events(self._events).test_start_s or 0.0
        return 0.0

    def _write(self, rows: Rows) -> None:
        with replacing(self._page) as beside:
            beside.write_text(json.dumps(rows), encoding="utf-8")


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


def _parts(now_s: float) -> range:
    """Return the numbers of the parts of the last minute, that which has begun at the end."""
    last = int(now_s // PART_S)
    return range(last - MINUTE_S // PART_S + 1, last + 1)


@dataclass(slots=True)
class _OneSeries:
    now: float | None = None
    limit: float | None = None
    most: dict[int, float] = field(default_factory=dict)
    """By number of the part."""


class _Samples:
    """Series of samples.csv in the last minute."""

    def __init__(self, table: _Table) -> None:
        self._table = table
        self._series: dict[str, _OneSeries] = {}

    def look(self, now_s: float) -> list[Recent]:
        for time_s, series, value, limit in self._table.rows():
            self._take(float(time_s), self._series.setdefault(series, _OneSeries()), value, limit)
        parts = _parts(now_s)
        for one in self._series.values():
            one.most = {part: most for part, most in one.most.items() if part >= parts.start}
        return [
            Recent(series=name, now=one.now, limit=one.limit, minute=tuple(one.most.get(part) for part in parts))
            for name, one in self._series.items()
        ]

    @staticmethod
    def _take(time_s: float, one: _OneSeries, value: str, limit: str) -> None:
        one.now = float(value) if value else None
        one.limit = float(limit) if limit else one.limit
        if one.now is not None:
            part = int(time_s // PART_S)
            one.most[part] = max(one.most.get(part, 0.0), one.now)


class _Requests:
    """What became of the requests of the load that was started last."""

    def __init__(self, table: _Table) -> None:
        self._table = table
        self._counts: dict[Outcome, int] = {}
        self._ended: dict[Outcome, dict[int, int]] = {}
        self._latencies_ms: deque[float] = deque(maxlen=_LATENCIES)
        self._start_s = 0.0

    def look(self, now_s: float, start_s: float) -> list[Counted]:
        if start_s != self._start_s:
            self._start_s = start_s
            self._counts, self._ended = {}, {}
            self._latencies_ms.clear()
        for row in self._table.rows():
            self._take(dict(zip(raw.CLIENT_COLUMNS, row, strict=True)))
        return [self._counted(outcome, _parts(now_s)) for outcome in Outcome if outcome in self._counts]

    def _take(self, row: Mapping[str, str]) -> None:
        started_s, ended_s = float(row["start_s"]), float(row["end_s"])
        if started_s < self._start_s:
            return
        outcome = outcome_of_row(int(row["status"]), row["error"], accepted=row["accepted"] == "1")
        self._counts[outcome] = self._counts.get(outcome, 0) + 1
        ended = self._ended.setdefault(outcome, {})
        part = int(ended_s // PART_S)
        ended[part] = ended.get(part, 0) + 1
        if outcome is Outcome.OK:
            self._latencies_ms.append((ended_s - started_s) * 1000)

    def _counted(self, outcome: Outcome, parts: range) -> Counted:
        self._ended[outcome] = {part: count for part, count in self._ended[outcome].items() if part >= parts.start}
        is_ok = outcome is Outcome.OK and self._latencies_ms
        p50, p95, p99 = np.percentile(self._latencies_ms, (50, 95, 99)).tolist() if is_ok else (None, None, None)
        return Counted(
            outcome=outcome,
            count=self._counts[outcome],
            minute=tuple(self._ended[outcome].get(part, 0) for part in parts),
            p50_ms=p50,
            p95_ms=p95,
            p99_ms=p99,
        )
