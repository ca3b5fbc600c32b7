"""The heartbeat of Locust's processes: a tick every 10 ms, and a row for each that came more than 100 ms late.

It runs inside Locust's own event loop, where all requests are timed: what keeps the tick waiting keeps every answer
waiting, and is in the latencies as if the site had done it.
"""

import csv
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from badgateway.errors import LoadError
from badgateway.model.raw import GENERATOR_GAPS
from badgateway.process.run_queue import RunQueue, unexplained_s

TICK_S = 0.01
LATE_S = 0.1
"""A tick that comes later than this has a row."""
COLUMNS = ("begun_s", "length_s", "cpu_s", "waited_s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A time in which the event loop of one process did not turn."""

    begun_s: float
    """Seconds since the epoch."""
    length_s: float
    cpu_s: float
    """Of it, in which the loop's thread worked: on bodies, rows, the Locust file."""
    waited_s: float | None
    """Of it, in which the thread was ready and others had the CPU; None where the kernel does not count it."""

    @property
    def ended_s(self) -> float:
        """When the next tick came; seconds since the epoch."""
        return self.begun_s + self.length_s

    @property
    def still_s(self) -> float | None:
        """Of it, in which the thread neither worked nor waited for a CPU; None where nobody knows."""
        return None if self.waited_s is None else unexplained_s(self.length_s, self.cpu_s, self.waited_s)


class Heartbeat:
    """Counts the time between the ticks of one event loop; to be made and used in its thread."""

    def __init__(
        self,
        folder: Path,
        now_s: Callable[[], float],
        *,
        cpu_s: Callable[[], float] = time.thread_time,
        waited_s: Callable[[], float | None] | None = None,
    ) -> None:
        """Append to the file that `create` has made in the folder; `now_s` gives seconds since the epoch."""
        # Unbuffered and appended: a row is one write, whichever of several processes writes it.
        self._file = (folder / GENERATOR_GAPS).open("ab", buffering=0)
        self._now_s = now_s
        self._cpu_s = cpu_s
        self._waited_s = waited_s or RunQueue.of_this_thread().waited_s
        self._last = self._look()

    @staticmethod
    def create(folder: Path) -> None:
        """Make the file with nothing but the header."""
        (folder / GENERATOR_GAPS).write_text(",".join(COLUMNS) + "\n", encoding="utf-8")

    def beat(self) -> None:
        """Be called a tick after the last call; a time that was too long gets its row."""
        before, self._last = self._last, self._look()
        if self._last[0] - before[0] > TICK_S + LATE_S:
            self._file.write(_row(before, self._last).encode())

    def close(self) -> None:
        """Let go of the file; no beat may follow."""
        self._file.close()

    def _look(self) -> tuple[float, float, float | None]:
        return self._now_s(), self._cpu_s(), self._waited_s()


def _row(before: tuple[float, float, float | None], after: tuple[float, float, float | None]) -> str:
    waited = "" if before[2] is None or after[2] is None else f"{after[2] - before[2]:.6f}"
    return f"{before[0]:.6f},{after[0] - before[0]:.6f},{after[1] - before[1]:.6f},{waited}\n"


def read_gaps(folder: Path) -> tuple[Gap, ...]:
    """Return the gaps of all processes of Locust, in the order of time.

    Raises:
        LoadError: The file is missing or is not what a heartbeat writes.
    """
    path = folder / GENERATOR_GAPS
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            if tuple(reader.fieldnames or ()) != COLUMNS:
                raise LoadError(f"{path}: has the columns {reader.fieldnames}, expected {', '.join(COLUMNS)}")
            return tuple(sorted((_gap(row) for row in reader), key=lambda gap: gap.begun_s))
    except (OSError, ValueError, TypeError) as fault:
        raise LoadError(f"{path}: no heartbeat of Locust to read ({fault})") from fault


def _gap(row: dict[str, str]) -> Gap:
    return Gap(
        begun_s=float(row["begun_s"]),
        length_s=float(row["length_s"]),
        cpu_s=float(row["cpu_s"]),
        waited_s=float(row["waited_s"]) if row["waited_s"] else None,
    )
