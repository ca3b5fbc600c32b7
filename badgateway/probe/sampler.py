"""Samples queues, workers and connections of a stack ten times a second, as rows of samples.csv."""

import csv
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from badgateway.model import raw
from badgateway.model.evidence import SAMPLES
from badgateway.model.raw_words import SampleSeries
from badgateway.probe.process_cpu import ProcessCpu
from badgateway.probe.rounds import InRounds
from badgateway.probe.series import Row, Series, series_of
from badgateway.probe.watch import Watch

COLUMNS = tuple(name for name, _ in SAMPLES.columns)
PERIOD_S = 0.1


class StackSampler(InRounds):
    """Appends one row per series and period to a trial's samples.csv for as long as its block lasts.

    Columns: time_s (seconds since the epoch), series, value, limit_value. An empty value is "not available at that
    moment", which is not zero; an empty limit_value is "no limit". Why a series was not available is in
    samples-notes.txt, one line per reason.

    Series: accept_queue (of the application server, with its backlog), proxy_accept_queue, listen_overflows and
    listen_drops (TCP, the whole machine, since the block began); container_... and proxy_container_... (of servers and
    of nginx, where they have a size); what the server's own statistics tell; with a database, db_connections,
    db_connects, db_executing, db_selects, db_rows_read, and db_cpu_cores where its process is known; after
    add_generator, generator_cpu_share.
    What the database executes is in statements.csv besides.
    """

    def __init__(self, folder: Path, watch: Watch, *, period_s: float = PERIOD_S) -> None:
        """Sample what `watch` names into the files of a trial's raw folder."""
        super().__init__("the stack sampler", period_s)
        self._samples = folder / raw.SAMPLES
        self._statements = folder / raw.STATEMENTS
        self._notes = folder / raw.SAMPLE_NOTES
        self._watch = watch
        self._series: list[Series] = []
        self._lock = threading.Lock()

    def add_generator(self, pid: int) -> None:
        """Sample the load generator's CPU too, from now on."""
        # One Locust process can use one core.
        name = SampleSeries.GENERATOR_CPU_SHARE
        generator = Series((name,), lambda: ProcessCpu(name, pid, cores=1))
        with self._lock:
            self._series.append(generator)

    def __enter__(self) -> Self:
        with self._lock:
            self._series.extend(series_of(self._watch, self._statements))
        if not self._samples.exists():
            self._samples.write_text(",".join(COLUMNS) + "\n", encoding="utf-8")
        return super().__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop sampling, after a last sample.

        Raises:
            Exception: what stopped the sampling before its time, unless the block itself failed with something else.
        """
        try:
            super().__exit__(kind, error, trace)
        finally:
            for series in self._series:
                series.close()

    @contextmanager
    def _looking(self) -> Iterator[Callable[[], None]]:
        with (
            self._samples.open("a", newline="", encoding="utf-8") as samples,
            self._notes.open("a", encoding="utf-8") as notes,
        ):
            yield partial(self._sample, samples, notes)

    def _sample(self, samples: IO[str], notes: IO[str]) -> None:
        csv.writer(samples, lineterminator="\n").writerows(map(_cells, self._rows(notes)))
        # What a killed kit leaves behind is whole rows.
        samples.flush()

    def _rows(self, notes: IO[str]) -> Iterator[Row]:
        with self._lock:
            every = tuple(self._series)
        for series in every:
            yield from series.rows()
            for note in series.take_notes():
                notes.write(f"{time.time():.6f} {note}\n")
                notes.flush()


def _cells(row: Row) -> tuple[str, str, str, str]:
    return (f"{row.time_s:.6f}", row.reading.series, _number(row.reading.value), _number(row.reading.limit))


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.12g}"
