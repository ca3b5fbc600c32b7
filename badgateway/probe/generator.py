"""How much of a core the load generator uses: near 1 it measures itself."""

import time
from collections import deque

import psutil

from badgateway.probe.reading import NotAvailableError, Reading

SERIES = "generator_cpu_share"
WINDOW_S = 1.0
"""The kernel counts in ticks of 10 ms; over less than a second a tick is too large a part of the share."""


class GeneratorCpu:
    """CPU seconds per second over the last second; one Locust process can use one core."""

    series = (SERIES,)

    def __init__(self, pid: int) -> None:
        """Watch a process.

        Raises:
            NotAvailableError: there is none of that pid.
        """
        self._pid = pid
        try:
            self._process = psutil.Process(pid)
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
        return (Reading(series=SERIES, value=self._share(time.monotonic(), times.user + times.system), limit=1.0),)

    def close(self) -> None:
        """Do nothing: nothing is held open."""

    def _share(self, now_s: float, cpu_s: float) -> float | None:
        self._used.append((now_s, cpu_s))
        while len(self._used) > 1 and now_s - self._used[1][0] >= WINDOW_S:
            self._used.popleft()
        then_s, then_cpu_s = self._used[0]
        return (cpu_s - then_cpu_s) / (now_s - then_s) if now_s - then_s >= WINDOW_S else None
