"""Adds up what a load does while it runs: series of samples, and what became of its requests, minute by minute."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from badgateway.judge.measure import quantiles
from badgateway.ledger.outcome import outcome_of_row
from badgateway.model.live_page import SERVER_CPU_CORES, SERVER_MEMORY, Counted, Recent
from badgateway.model.outcome import Outcome
from badgateway.model.raw import CLIENT_COLUMNS

MINUTE_S = 60
PART_S = 2
"""A minute is shown in parts of this length."""
_LATENCIES = 10_000
"""Percentiles are of the last so many OK requests."""


def _parts(now_s: float) -> range:
    """Return the numbers of the parts of the last minute, that which has begun at the end."""
    last = int(now_s // PART_S)
    return range(last - MINUTE_S // PART_S + 1, last + 1)


@dataclass(slots=True)
class _Series:
    now: float | None = None
    limit: float | None = None
    most: dict[int, float] = field(default_factory=dict)
    """By number of the part."""


class LiveSamples:
    """Series of samples.csv in the last minute."""

    def __init__(self) -> None:
        """Begin without a sample."""
        self._series: dict[str, _Series] = {}

    def look(self, rows: Iterable[Sequence[str]], now_s: float) -> list[Recent]:
        """Take the rows that came since the last look; return how each series stands."""
        for time_s, series, value, limit in rows:
            self._take(float(time_s), self._series.setdefault(series, _Series()), value, limit)
        parts = _parts(now_s)
        for one in self._series.values():
            one.most = {part: most for part, most in one.most.items() if part >= parts.start}
        return [
            Recent(series=name, now=one.now, limit=one.limit, minute=tuple(one.most.get(part) for part in parts))
            for name, one in self._series.items()
        ]

    @staticmethod
    def _take(time_s: float, one: _Series, value: str, limit: str) -> None:
        one.now = float(value) if value else None
        one.limit = float(limit) if limit else one.limit
        if one.now is not None:
            part = int(time_s // PART_S)
            one.most[part] = max(one.most.get(part, 0.0), one.now)


class LiveProcesses:
    """CPU and memory of the server's processes, from the rows of processes.csv, as the rows of a samples.csv."""

    _PART = "server"

    def __init__(self) -> None:
        """Begin without a sample."""
        self._last: tuple[float, float] | None = None

    def rows(self, rows: Iterable[Sequence[str]]) -> Iterator[tuple[str, str, str, str]]:
        """Yield a row of samples for each series; the first sample has no CPU time to be held against."""
        for time_s, part, _pids, cpu_s, rss_bytes in rows:
            if part != self._PART:
                continue
            at_s, used_s = float(time_s), float(cpu_s)
            if self._last is not None and at_s > self._last[0]:
                yield time_s, SERVER_CPU_CORES, str((used_s - self._last[1]) / (at_s - self._last[0])), ""
            yield time_s, SERVER_MEMORY, rss_bytes, ""
            self._last = (at_s, used_s)


class LiveRequests:
    """What became of the requests of the load that was started last."""

    def __init__(self) -> None:
        """Begin without a request."""
        self._counts: dict[Outcome, int] = {}
        self._ended: dict[Outcome, dict[int, int]] = {}
        self._latencies_ms: deque[float] = deque(maxlen=_LATENCIES)
        self._start_s = 0.0

    def look(self, rows: Iterable[Sequence[str]], now_s: float, start_s: float) -> list[Counted]:
        """Take the rows that came since the last look; return what became of the load that began at start_s."""
        if start_s != self._start_s:
            self._start_s = start_s
            self._counts, self._ended = {}, {}
            self._latencies_ms.clear()
        for row in rows:
            self._take(dict(zip(CLIENT_COLUMNS, row, strict=True)))
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
        latency = quantiles(np.array(self._latencies_ms)) if outcome is Outcome.OK else None
        return Counted(
            outcome=outcome,
            count=self._counts[outcome],
            minute=tuple(self._ended[outcome].get(part, 0) for part in parts),
            p50_ms=latency.p50_ms if latency else None,
            p95_ms=latency.p95_ms if latency else None,
            p99_ms=latency.p99_ms if latency else None,
        )
