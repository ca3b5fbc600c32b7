"""Binds a program to some of the machine's CPUs, looks on how many one may run, and lets one give way to all others.

Affinity is no quota: a program that has one CPU of its own is not stopped for the rest of each tenth of a second, as a
container's is. So it can stand for a machine with fewer cores, and not for a smaller container.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import suppress

import psutil

PROGRAM = "taskset"
"""Of util-linux: sets the affinity and becomes the program that it starts, so that no moment is without it."""


def usable() -> tuple[int, ...]:
    """Return the numbers of the CPUs that the kit may use itself; none where the system does not tell."""
    # macOS has no affinity.
    return tuple(sorted(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else ()


def on_cores(cores: int, argv: tuple[str, ...]) -> tuple[str, ...]:
    """Return the command that runs another one on so many of these CPUs, and with all that it starts; 0 is on all."""
    if not cores:
        return argv
    return (PROGRAM, "--cpu-list", ",".join(map(str, usable()[:cores])), *argv)


def faults(wanted: Mapping[str, int]) -> Iterator[str]:
    """Yield one line for each key that wants more CPUs than there are, and one where no program can bind to any."""
    if wanted and shutil.which(PROGRAM) is None:
        yield f"{PROGRAM} is not installed, which binds a server to cores (Debian: apt-get install util-linux)"
    there = len(usable())
    for key, cores in wanted.items():
        if cores > there:
            yield f"{key}: {cores} is more than the {there} CPUs here; declare fewer"


def give_way() -> None:
    """Let this process run only where no other one wants the CPU, for as long as it lives."""
    os.nice(19)
    # A nice process keeps its turn for milliseconds, for which a request that is due would wait; an idle one does not.
    if hasattr(os, "SCHED_IDLE"):
        with suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def cores_of(pids: tuple[int, ...]) -> int:
    """Return on how many CPUs these processes, and all that came from them, may run together."""
    found: set[int] = set()
    for pid in pids:
        with suppress(psutil.NoSuchProcess):
            root = psutil.Process(pid)
            for process in (root, *root.children(recursive=True)):
                with suppress(psutil.NoSuchProcess):
                    found.update(process.cpu_affinity() or ())
    return len(found)
