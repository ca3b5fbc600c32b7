"""Keeps watch, ten times a second, over what a trial depends on besides its configuration."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol

import psutil

from badgateway.model.trial import Disturbance, OutsidePart
from badgateway.probe.lines import Lines
from badgateway.probe.outside_parts import ClockSteps, Folders, Lateness, Silence, Stops
from badgateway.probe.process_cpu import server_cpu_s
from badgateway.probe.rounds import InRounds
from badgateway.probe.watch import Pulse
from badgateway.store.temporary_folder import OwnFolder

PERIOD_S = 0.1


class Watcher(Protocol):
    """Is looked through again and again, from one thread."""

    def look(self) -> Iterable[Disturbance]:
        """Return what is over since the last look."""

    def end(self) -> Iterable[Disturbance]:
        """Return what is not over at the last look."""


class Vigil(InRounds):
    """Watches parts, the clock and itself for as long as its block lasts."""

    def __init__(self, *, period_s: float = PERIOD_S) -> None:
        """Watch the clock and the kit; `add` and `add_database` give it parts."""
        self._period_s = period_s
        super().__init__("the watch over the stack", period_s)
        self._watchers: list[Watcher] = [ClockSteps()]
        self._found: list[Disturbance] = []
        self._lock = threading.Lock()

    def add(self, part: OutsidePart, pid: int, name: str = "") -> None:
        """Watch a part from now on, by the pid of its first process; `name` is what to call it, if not as usual."""
        with self._lock:
            self._watchers.append(Stops(part, pid, name))

    def add_database(self, pid: int, pulse: Pulse, name: str = "") -> None:
        """Watch the database of that name from now on, by its process and by its answers."""
        self.add(OutsidePart.DATABASE, pid, name)
        with self._lock:
            self._watchers.append(Silence(pulse, _cpu_of(pid), name))

    def add_folders(self, *folders: OwnFolder) -> None:
        """Watch folders of the kit's from now on."""
        with self._lock:
            self._watchers.append(Folders(*folders))

    def add_line(self, line: Lines) -> None:
        """Watch a line from now on; what befell it is told by the line itself, before the kit takes it away."""
        with self._lock:
            self._watchers.append(line)

    def found(self) -> tuple[Disturbance, ...]:
        """Return what was seen so far, in the order in which it was over."""
        with self._lock:
            return tuple(self._found)

    @contextmanager
    def _looking(self) -> Iterator[Callable[[], None]]:
        # What a stopped process makes late is looked at after the time in which nobody looked.
        lateness = Lateness(self._period_s)
        yield lambda: self._find(one.look() for one in (lateness, *self._watched()))
        self._find(one.end() for one in (lateness, *self._watched()))

    def _watched(self) -> tuple[Watcher, ...]:
        with self._lock:
            return tuple(self._watchers)

    def _find(self, looks: Iterable[Iterable[Disturbance]]) -> None:
        seen = [found for look in looks for found in look]
        with self._lock:
            self._found.extend(seen)


def _cpu_of(pid: int) -> Callable[[], float | None]:
    def read() -> float | None:
        try:
            return server_cpu_s(psutil.Process(pid))
        except psutil.NoSuchProcess:
            return None

    return read
