"""What else happened to the machine during a trial: CPU time stolen or used by others, and a clock that was set."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import psutil

from badgateway.model.study import MachineLimits
from badgateway.model.trial import MachineCheck, Window

LEAST_S = 1.0
"""The kernel counts in ticks of 10 ms: over less than a second they say too little."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineTimes:
    """The machine's CPU time since it booted, over all cores, in seconds."""

    total_s: float
    stolen_s: float
    """By the hypervisor, for other guests."""
    worked_s: float
    """By processes, niced or not, for themselves and in the kernel; without interrupts, which belong to nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    wall_s: float
    monotonic_s: float
    times: MachineTimes
    own_s: float


def machine_times() -> MachineTimes | None:
    """Read the counters; None where the system has none of stolen time."""
    found = psutil.cpu_times()
    if not hasattr(found, "steal"):
        return None
    # A guest's time is in user's too.
    parts = ("user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal")
    return MachineTimes(
        total_s=sum(getattr(found, part) for part in parts),
        stolen_s=found.steal,
        worked_s=found.user + found.nice + found.system,
    )


class MachineWatch:
    """Looks at the machine whenever the trial's own processes are sampled, so that both are of the same moment."""

    def __init__(self, read: Callable[[], MachineTimes | None] = machine_times) -> None:
        """Start with the clocks as they are now."""
        self._read = read
        self._kit = psutil.Process()
        self._looks: list[_Look] = []
        self._clocks = (time.time(), time.monotonic())

    def look(self, own_cpu_s: float) -> None:
        """Note the machine's CPU time beside that of all processes of the trial; the kit's own is added."""
        times = self._read()
        if times is not None:
            kit = self._kit.cpu_times()
            own_s = own_cpu_s + kit.user + kit.system
            self._looks.append(_Look(wall_s=time.time(), monotonic_s=time.monotonic(), times=times, own_s=own_s))

    def check(self, window: Window, allowed: MachineLimits) -> MachineCheck | None:
        """Return what the window's looks say, of a short one with those just before and after; None when nobody looked.

        Args:
            window: The counted part.
            allowed: What others may take; it is kept with what they took.
        """
        around = self._around(window)
        if around is None:
            return None
        first, last = around
        total_s = last.times.total_s - first.times.total_s
        if total_s <= 0:
            return None
        outside_s = last.times.worked_s - first.times.worked_s - (last.own_s - first.own_s)
        return MachineCheck(
            steal_share=max(last.times.stolen_s - first.times.stolen_s, 0.0) / total_s,
            outside_share=max(outside_s, 0.0) / total_s,
            clock_step_s=self.clock_step_s(),
            allowed=allowed,
        )

    def _around(self, window: Window) -> tuple[_Look, _Look] | None:
        inside = [look for look in self._looks if window.start_s <= look.wall_s <= window.end_s]
        if _span_s(inside) < LEAST_S:
            before = [look for look in self._looks if look.wall_s < window.start_s][-1:]
            after = [look for look in self._looks if look.wall_s > window.end_s][:1]
            inside = [*before, *inside, *after]
        return None if _span_s(inside) < LEAST_S else (inside[0], inside[-1])

    def clock_step_s(self) -> float:
        """Return by how much the wall clock ran away from the monotonic one since the watch began."""
        wall_s, monotonic_s = self._clocks
        return (time.time() - wall_s) - (time.monotonic() - monotonic_s)


def _span_s(looks: Sequence[_Look]) -> float:
    return looks[-1].monotonic_s - looks[0].monotonic_s if looks else 0.0
