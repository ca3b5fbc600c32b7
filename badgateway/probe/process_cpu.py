"""How much CPU a process uses: near its limit a load generator measures itself, and a database is saturated."""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil

from badgateway.model.samples import Reading
from badgateway.probe.watch import NotAvailableError

WINDOW_S = 1.0
"""The kernel counts in ticks of 10 ms; over less than a second a tick is too large a part of the share."""


class ProcessCpu:
    """CPU seconds per second over the last second, with the number of cores that the process can use as its limit."""

    def __init__(self, name: str, pid: int, *, cores: float | None = None, is_server: bool = False) -> None:
        """Watch a process; its series is called `name`. Without `cores` the kernel is asked.

        Of a server the processes that it serves with count too.

        Raises:
            NotAvailableError: there is none of that pid.
        """
        self.series = (name,)
        self._pid = pid
        self._used_s = server_cpu_s if is_server else own_cpu_s
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
            used_s = self._used_s(self._process)
        except psutil.NoSuchProcess as error:
            raise NotAvailableError(f"process {self._pid} has ended") from error
        return (Reading(series=self.series[0], value=self._share(time.monotonic(), used_s), limit=self._cores),)

    def close(self) -> None:
        """Do nothing: nothing is held open."""

    def _share(self, now_s: float, cpu_s: float) -> float | None:
        self._used.append((now_s, cpu_s))
        while len(self._used) > 1 and now_s - self._used[1][0] >= WINDOW_S:
            self._used.popleft()
        then_s, then_cpu_s = self._used[0]
        return (cpu_s - then_cpu_s) / (now_s - then_s) if now_s - then_s >= WINDOW_S else None


def own_cpu_s(process: psutil.Process) -> float:
    """Return the CPU seconds of a process so far; NoSuchProcess when it has ended."""
    times = process.cpu_times()
    return float(times.user + times.system)


def server_cpu_s(process: psutil.Process) -> float:
    """Return the CPU seconds of a server and its children so far, those that have ended too; NoSuchProcess as above."""
    times = process.cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system + sum(_of_children(process)))


def _of_children(process: psutil.Process) -> Iterator[float]:
    for child in children_of(process):
        with suppress(psutil.NoSuchProcess):
            yield own_cpu_s(child)


def children_of(process: psutil.Process) -> Iterator[psutil.Process]:
    """Yield the processes that a process has started itself, as long as they live."""
    try:
        # To ask each process of the machine for its parent, ten times a second, would be seen in what is measured.
        listed = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii")
    except OSError:
        yield from process.children()
        return
    for pid in listed.split():
        with suppress(psutil.NoSuchProcess):
            yield psutil.Process(int(pid))


def _cores_of(process: psutil.Process) -> int:
    # macOS has no affinity.
    return len(process.cpu_affinity() or ()) if hasattr(process, "cpu_affinity") else psutil.cpu_count() or 1
