"""How much CPU one process uses: near its limit a load generator measures itself, and a database is saturated."""

import time
from collections import deque

import psutil

from badgateway.model.samples import Reading
from badgateway.probe.reading import NotAvailableError

GENERATOR = "generator_cpu_share"
DATABASE = "db_cpu_cores"
WINDOW_S = 1.0
"""The kernel counts in ticks of 10 ms; over less than a second a tick is too large a part of the share."""


class ProcessCpu:
    """CPU seconds per second over the last second, with the number of cores that the process can use as its limit."""

    def __init__(self, name: str, pid: int, *, cores: float | None = None) -> None:
        """Watch a process; its series is called `name`. Without `cores` the kernel is asked.

        Raises:
            NotAvailableError: there is none of that pid.
        """
        self.series = (name,)
        self._pid = pid
        try:
            self._process = psutil.Process(pid)
            self._cores = float(cores or _cores_of(self._process))
        except psutil.NoSuchProcess as error:
            raise NotAvailableError(f"no process {pid}") from error
        self._used: deque[tuple[float, float]] = deque()

    def read(self) -> tuple[Reading]:
        """Return the share; it has no value before the first full window.

        Raises:
            NotAvailableError: the process has ended.
        """
        try:
            times = self._process.cpu_times()
        except psutil.NoSuchProcess as error:
            raise NotAvailableError(f"process {self._pid} has ended") from error
        used_s = times.user + times.system
        return (Reading(series=self.series[0], value=self._share(time.monotonic(), used_s), limit=self._cores),)

    def close(self) -> None:
        """Do nothing: nothing is held open."""

    def _share(self, now_s: float, cpu_s: float) -> float | None:
        self._used.append((now_s, cpu_s))
        while len(self._used) > 1 and now_s - self._used[1][0] >= WINDOW_S:
            self._used.popleft()
        then_s, then_cpu_s = self._used[0]
        return (cpu_s - then_cpu_s) / (now_s - then_s) if now_s - then_s >= WINDOW_S else None


def _cores_of(process: psutil.Process) -> int:
    # macOS has no affinity.
    return len(process.cpu_affinity() or ()) if hasattr(process, "cpu_affinity") else psutil.cpu_count() or 1
