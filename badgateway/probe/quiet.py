"""Looks for two seconds whether the machine is quiet, and if it is not, who is busy."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import psutil

from badgateway.model.study import MachineLimits
from badgateway.probe.machine import machine_times

LOOK_S = 2.0
_MOST_NAMED = 3
_LEAST_NAMED_SHARE = 0.05
"""Of a core."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BusyProcess:
    """Somebody who works while an experiment is about to begin."""

    pid: int
    name: str
    core_share: float
    """CPU seconds a second; more than 1 on several cores."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Business:
    """What the machine did while nothing of an experiment ran."""

    outside_share: float
    """Of its CPU time, used by others than the kit."""
    steal_share: float
    """Of its CPU time, taken by the hypervisor."""
    processes: tuple[BusyProcess, ...]
    """Those that used most, at most three."""

    def exceeds(self, allowed: MachineLimits) -> bool:
        """Tell whether a trial on such a machine would be INVALID."""
        return self.outside_share > allowed.max_outside_share or self.steal_share > allowed.max_steal_share


def look(length_s: float = LOOK_S, sleep: Callable[[float], None] = time.sleep) -> Business | None:
    """Return what the machine did in the next seconds; None where the system does not tell."""
    before, used_before = machine_times(), _used_s()
    sleep(length_s)
    after, used_after = machine_times(), _used_s()
    if before is None or after is None or after.total_s <= before.total_s:
        return None
    total_s = after.total_s - before.total_s
    spent = {one: used_after[one] - used_before.get(one, 0.0) for one in used_after}
    own_s = spent.pop(psutil.Process(), 0.0)
    return Business(
        outside_share=max(after.worked_s - before.worked_s - own_s, 0.0) / total_s,
        steal_share=max(after.stolen_s - before.stolen_s, 0.0) / total_s,
        processes=_busiest(spent, length_s),
    )


def _used_s() -> dict[psutil.Process, float]:
    """Return the CPU time of each process so far."""
    used: dict[psutil.Process, float] = {}
    for process in psutil.process_iter():
        try:
            times = process.cpu_times()
        except psutil.Error:
            continue
        used[process] = times.user + times.system
    return used


def _busiest(spent: dict[psutil.Process, float], length_s: float) -> tuple[BusyProcess, ...]:
    most = sorted(spent.items(), key=lambda one: -one[1])[:_MOST_NAMED]
    return tuple(
        BusyProcess(pid=process.pid, name=_name_of(process), core_share=spent_s / length_s)
        for process, spent_s in most
        if spent_s / length_s >= _LEAST_NAMED_SHARE
    )


def _name_of(process: psutil.Process) -> str:
    try:
        return process.name()
    except psutil.Error:
        return "a process that has ended"
