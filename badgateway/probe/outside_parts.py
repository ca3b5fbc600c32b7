"""What can befall a part that the configuration has no hand in: it is stopped, silent or late; a clock is set.

Each watcher is looked through ten times a second and says what is over since its last look.
"""

import time
from collections.abc import Callable, Iterable

import psutil

from badgateway.model.trial import Disturbance, OutsidePart
from badgateway.probe.watch import Pulse
from badgateway.process.run_queue import RunQueue, unexplained_s
from badgateway.store.temporary_folder import OwnFolder

NAMES = {
    OutsidePart.GENERATOR: "the load generator",
    OutsidePart.DATABASE: "the database",
    OutsidePart.PROXY: "nginx",
    OutsidePart.RELAY: "the relay to the database",
}
STOPPED = frozenset({psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP})
FAMILY_S = 1.0
"""How often a part's processes are looked for anew."""
LATE_S = 0.5
SILENT_S = 1.0
IDLE_SHARE = 0.03
"""Of one core. A database that works, however much it has to do, uses more while it owes an answer."""
CLOCK_STEP_S = 0.02
"""A clock that is only being corrected runs with the monotonic one, which is corrected too."""
EXACT_S = 0.001


class Stops:
    """Whether a process of a part is stopped: by SIGSTOP, a debugger, or a terminal."""

    def __init__(self, part: OutsidePart, pid: int, name: str = "") -> None:
        """Watch the process and all that came from it, called by that name; one that has ended is not stopped."""
        self._part = part
        self._name = name or NAMES[part]
        self._pid = pid
        self._family: list[psutil.Process] = []
        self._family_s = -FAMILY_S
        self._first_s: float | None = None
        self._began_s = 0.0
        self._last_s = 0.0

    def look(self) -> Iterable[Disturbance]:
        """Say how long a stop lasted that is over now."""
        now_s = time.monotonic()
        if self._is_stopped(now_s):
            if self._first_s is None:
                self._first_s, self._began_s = now_s, time.time()
            self._last_s = now_s
        elif self._first_s is not None:
            yield self._disturbance(now_s)

    def end(self) -> Iterable[Disturbance]:
        """Say how long a stop has lasted that is not over."""
        if self._first_s is not None:
            yield self._disturbance(time.monotonic())

    def _is_stopped(self, now_s: float) -> bool:
        if now_s - self._family_s >= FAMILY_S:
            self._family, self._family_s = _family(self._pid), now_s
        return any(_status(process) in STOPPED for process in self._family)

    def _disturbance(self, now_s: float) -> Disturbance:
        assert self._first_s is not None
        # It went on at some moment between the last look that saw it stopped and this one.
        lasted_s = (self._last_s + now_s) / 2 - self._first_s
        self._first_s = None
        return Disturbance(
            part=self._part,
            what=f"{self._name} was stopped for {lasted_s:.1f} s (process state T)",
            at_s=self._began_s,
            lasted_s=lasted_s,
        )


class Silence:
    """Whether the database owes an answer and does nothing for it: frozen, where a busy one would use CPU time."""

    def __init__(self, pulse: Pulse, cpu_s: Callable[[], float | None], name: str = "") -> None:
        """Watch the pulse of the database of that name; `cpu_s` gives its CPU time so far, None when it has ended."""
        self._pulse = pulse
        self._name = name or NAMES[OutsidePart.DATABASE]
        self._cpu_s = cpu_s
        self._since_s: float | None = None
        self._seen_s = self._seen_cpu_s = self._began_s = 0.0
        self._frozen_s: float | None = None

    def look(self) -> Iterable[Disturbance]:
        """Say how long a silence lasted that is over now."""
        since_s, now_s = self._pulse.silent_since_s(), time.monotonic()
        # Of a server with a process for each connection that is some work to find out.
        cpu_s = self._cpu_s() if since_s is not None else None
        if since_s != self._since_s:
            yield from self.end()
            self._since_s = since_s
            self._seen_s, self._seen_cpu_s, self._began_s = now_s, cpu_s or 0.0, time.time()
        silent_s = now_s - self._seen_s
        # From the first look that met it, so that a kit that stood still itself does not take that for a silence.
        if since_s is not None and cpu_s is not None and silent_s >= SILENT_S:
            is_idle = cpu_s - self._seen_cpu_s < IDLE_SHARE * silent_s
            self._frozen_s = silent_s if is_idle else self._frozen_s

    def end(self) -> Iterable[Disturbance]:
        """Say how long a silence has lasted that is not over."""
        lasted_s, self._frozen_s = self._frozen_s, None
        if lasted_s is not None:
            yield Disturbance(
                part=OutsidePart.DATABASE,
                what=f"{self._name} did not answer for {lasted_s:.1f} s and used no CPU time meanwhile",
                at_s=self._began_s,
                lasted_s=lasted_s,
            )


class Lateness:
    """Whether the looks themselves come when they are due; to be made and used in the thread that looks."""

    def __init__(self, period_s: float) -> None:
        """Expect a look each period."""
        self._period_s = period_s
        self._queue = RunQueue.of_this_thread()
        self._last = self._now()

    def look(self) -> Iterable[Disturbance]:
        """Say for how long nobody looked, if neither work nor a busy machine explains it."""
        before, self._last = self._last, self._now()
        length_s = self._last[0] - before[0] - self._period_s
        still_s = unexplained_s(length_s, self._last[1] - before[1], self._last[2] - before[2])
        if still_s > LATE_S:
            yield Disturbance(
                part=OutsidePart.KIT,
                what=f"badgateway itself stood still for {still_s:.1f} s, so that nobody watched the trial",
                at_s=time.time() - still_s,
                lasted_s=still_s,
            )

    def end(self) -> Iterable[Disturbance]:
        """Let go of the thread's counter."""
        self._queue.close()
        return ()

    def _now(self) -> tuple[float, float, float]:
        return time.monotonic(), time.thread_time(), self._queue.waited_s() or 0.0


class Folders:
    """Whether the folders that the servers live in are as the kit has made them: who cannot enter answers nobody."""

    def __init__(self, *folders: OwnFolder) -> None:
        """Watch them as they were."""
        self._folders = folders

    def look(self) -> Iterable[Disturbance]:
        """Say of each what somebody has done to it, once."""
        changes = {one: one.change() for one in self._folders}
        self._folders = tuple(one for one, change in changes.items() if change is None)
        for what in changes.values():
            if what is not None:
                # Without a moment: it lasts, and may have begun before the load.
                yield Disturbance(part=OutsidePart.MACHINE, what=f"{what}, and the kit had not done it")

    def end(self) -> Iterable[Disturbance]:
        """Say nothing more: each change is told when it is seen."""
        return ()


class ClockSteps:
    """Whether somebody sets the machine's clock."""

    def __init__(self) -> None:
        """Begin with the clocks as they are."""
        self._ahead_s = _wall_ahead_s()

    def look(self) -> Iterable[Disturbance]:
        """Say by how much the clock was set since the last look."""
        before_s, self._ahead_s = self._ahead_s, _wall_ahead_s()
        step_s = self._ahead_s - before_s
        if abs(step_s) > CLOCK_STEP_S:
            yield Disturbance(
                part=OutsidePart.CLOCK, what=f"the machine's clock was set by {step_s:+.2f} s", at_s=time.time()
            )

    def end(self) -> Iterable[Disturbance]:
        """Say nothing more: each step is told when it is seen."""
        return ()


def _wall_ahead_s() -> float:
    """Return how far the wall clock is ahead of the monotonic one, read as good as at the same moment."""
    for _ in range(5):
        before_s, wall_s, after_s = time.monotonic(), time.time(), time.monotonic()
        if after_s - before_s < EXACT_S:
            break
    return wall_s - (before_s + after_s) / 2


def _family(pid: int) -> list[psutil.Process]:
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _status(process: psutil.Process) -> str | None:
    try:
        return process.status()
    except psutil.NoSuchProcess:
        return None
