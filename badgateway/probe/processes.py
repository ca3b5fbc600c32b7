"""CPU and memory of the parts of a stack, twice a second, as rows of processes.csv."""

import csv
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import IO, Self

import psutil

from badgateway.errors import DeploymentError
from badgateway.probe.rounds import InRounds

COLUMNS = ("time_s", "part", "pids", "cpu_s", "rss_bytes")
PERIOD_S = 0.5


class ProcessSampler(InRounds):
    """Appends one row per part and period for as long as its block lasts.

    Columns: time_s (seconds since the epoch), part, pids (live processes of the tree), cpu_s (what the part has used
    since it started, user and system; never goes down), rss_bytes (sum over the tree; shared pages count in each
    process). A part of which a root process has ended gets no further rows.
    """

    def __init__(
        self,
        path: Path,
        parts: Mapping[str, Sequence[int]],
        *,
        period_s: float = PERIOD_S,
        on_sample: Callable[[float], None] = lambda _cpu_s: None,
    ) -> None:
        """Sample `parts`, which maps each part's name to the pids of its root processes, into the file at path.

        `on_sample` is told, in the sampler's thread, the CPU seconds of all parts together after each sample.

        Raises:
            DeploymentError: a part has no process of that pid.
        """
        self._path = path
        super().__init__("the process sampler", period_s)
        self._on_sample = on_sample
        self._used_s: dict[str, float] = {}
        self._meters = {part: _meter(part, *pids) for part, pids in parts.items()}
        self._lock = threading.Lock()

    def add(self, part: str, pid: int) -> None:
        """Sample one more part from now on; a part of the same name is replaced.

        Raises:
            DeploymentError: there is no process of that pid.
        """
        meter = _meter(part, pid)
        with self._lock:
            self._meters[part] = meter

    def __enter__(self) -> Self:
        is_new = not self._path.exists()
        with self._path.open("a", newline="", encoding="utf-8") as file:
            if is_new:
                csv.writer(file, lineterminator="\n").writerow(COLUMNS)
        return super().__enter__()

    @contextmanager
    def _looking(self) -> Iterator[Callable[[], None]]:
        with self._path.open("a", newline="", encoding="utf-8") as file:
            yield partial(self._sample, file)

    def _sample(self, file: IO[str]) -> None:
        csv.writer(file, lineterminator="\n").writerows(self._rows())
        # What a killed kit leaves behind is whole rows.
        file.flush()
        # What a part had used that has ended since was used all the same.
        self._on_sample(sum(self._used_s.values()))

    def _rows(self) -> Iterator[tuple[str, str, int, str, int]]:
        with self._lock:
            meters = tuple(self._meters.items())
        for part, meter in meters:
            now_s = time.time()
            with suppress(psutil.NoSuchProcess):
                pids, cpu_s, rss_bytes = meter.read()
                self._used_s[part] = cpu_s
                yield (f"{now_s:.6f}", part, pids, f"{cpu_s:.2f}", rss_bytes)


class _Meter:
    """CPU and memory of a process tree, or of several."""

    def __init__(self, *roots: psutil.Process) -> None:
        self._roots = roots
        self._lost_cpu_s = 0.0
        self._last_cpu_s = 0.0

    def read(self) -> tuple[int, float, int]:
        """Return number of processes, CPU seconds so far and resident bytes; NoSuchProcess when a root has ended."""
        used = [_use(root) for root in self._roots]
        for process in (child for root in self._roots for child in root.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):
                used.append(_use(process))
        cpu_s = self._lost_cpu_s + sum(cpu_s for cpu_s, _ in used)
        # A process takes its time along when no parent in the tree waited for it; what was seen of it stays counted.
        if cpu_s < self._last_cpu_s:
            self._lost_cpu_s += self._last_cpu_s - cpu_s
            cpu_s = self._last_cpu_s
        self._last_cpu_s = cpu_s
        return len(used), cpu_s, sum(rss_bytes for _, rss_bytes in used)


def _use(process: psutil.Process) -> tuple[float, int]:
    with process.oneshot():
        if process.status() == psutil.STATUS_ZOMBIE:
            raise psutil.ZombieProcess(process.pid)
        times = process.cpu_times()
        # The kernel adds a worker's time to its parent when the parent has waited for it, so recycled workers count to
        # the last tick and not just to the last sample.
        cpu_s = times.user + times.system + times.children_user + times.children_system
        return cpu_s, process.memory_info().rss


def _meter(part: str, *pids: int) -> _Meter:
    return _Meter(*(_process(part, pid) for pid in pids))


def _process(part: str, pid: int) -> psutil.Process:
    try:
        return psutil.Process(pid)
    except psutil.NoSuchProcess as error:
        raise DeploymentError(f"{part}: no process {pid}; it ended before it could be sampled, see its log") from error
