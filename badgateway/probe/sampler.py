"""Samples queues, workers and connections of a stack ten times a second, as rows of samples.csv."""

import csv
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from badgateway.model import raw
from badgateway.model.evidence import SAMPLES
from badgateway.probe.process_cpu import GENERATOR, ProcessCpu
from badgateway.probe.series import Row, Series, series_of
from badgateway.probe.watch import Watch

COLUMNS = tuple(name for name, _ in SAMPLES.columns)
PERIOD_S = 0.1


class StackSampler:
    """Appends one row per series and period to a trial's samples.csv for as long as its block lasts.

    Columns: time_s (seconds since the epoch), series, value, limit_value. An empty value is "not available at that
    moment", which is not zero; an empty limit_value is "no limit". Why a series was not available is in
    samples-notes.txt, one line per reason.

    Series: accept_queue (of the application server, with its backlog), proxy_accept_queue, listen_overflows and
    listen_drops (TCP, the whole machine, since the block began); what the server's own statistics tell; with a
    database, db_connections, db_connects, db_executing, db_selects, db_rows_read, and db_cpu_cores where its process is
    known; after add_generator, generator_cpu_share.
    What the database executes is in statements.csv besides.
    """

    def __init__(self, folder: Path, watch: Watch, *, period_s: float = PERIOD_S) -> None:
        """Sample what `watch` names into the files of a trial's raw folder."""
        self._samples = folder / raw.SAMPLES
        self._statements = folder / raw.STATEMENTS
        self._notes = folder / raw.SAMPLE_NOTES
        self._period_s = period_s
        self._watch = watch
        self._series: list[Series] = []
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="stack-sampler", daemon=True)
        self._failure: Exception | None = None

    def add_generator(self, pid: int) -> None:
        """Sample the load generator's CPU too, from now on."""
        # One Locust process can use one core.
        generator = Series((GENERATOR,), lambda: ProcessCpu(GENERATOR, pid, cores=1))
        with self._lock:
            self._series.append(generator)

    def __enter__(self) -> Self:
        with self._lock:
            self._series.extend(series_of(self._watch, self._statements))
        if not self._samples.exists():
            self._samples.write_text(",".join(COLUMNS) + "\n", encoding="utf-8")
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop sampling, after a last sample.

        Raises:
            Exception: what stopped the sampling before its time, unless the block itself failed with something else.
        """
        self._stop.set()
        self._thread.join()
        for series in self._series:
            series.close()
        if self._failure is not None and error is None:
            raise self._failure
        if self._failure is not None and error is not None:
            error.add_note(f"besides, the stack sampler failed: {self._failure!r}")

    def _run(self) -> None:
        try:
            with (
                self._samples.open("a", newline="", encoding="utf-8") as samples,
                self._notes.open("a", encoding="utf-8") as notes,
            ):
                self._sample_until_stopped(samples, notes)
        except Exception as failure:  # noqa: BLE001 # an exception dies with its thread; __exit__ raises this one
            self._failure = failure

    def _sample_until_stopped(self, samples: IO[str], notes: IO[str]) -> None:
        writer = csv.writer(samples, lineterminator="\n")
        due_s = time.monotonic()
        is_last = False
        while True:
            writer.writerows(map(_cells, self._rows(notes)))
            # What a killed kit leaves behind is whole rows.
            samples.flush()
            if is_last:
                return
            # A look that took too long takes the place of those it made impossible; they are not made up for.
            due_s = max(due_s + self._period_s, time.monotonic())
            is_last = self._stop.wait(due_s - time.monotonic())

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
