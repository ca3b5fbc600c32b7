"""What an experiment needs of this machine, what is there, and what to do about the rest."""

import os
import resource
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from badgateway.databases.registry import database_systems
from badgateway.errors import DeploymentError
from badgateway.model.manifest import Environment
from badgateway.model.study import MachineLimits
from badgateway.probe.environment import NOT_INSTALLED, read_environment
from badgateway.probe.quiet import Business, look
from badgateway.process.account import service_account
from badgateway.servers.registry import servers

LEAST_CORES = 2
LEAST_OPEN_FILES = 4096
"""A connection takes two at the proxy, and the load generator runs on the same limits."""
LEAST_QUEUE = 1024
LEAST_FREE_BYTES = 2 << 30
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 # looked at, not written


class State(StrEnum):
    """How far a finding stands in the way of an experiment."""

    FINE = "ok"
    NOTED = "note"
    MISSING = "missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    subject: str
    state: State
    found: str
    remedy: str = ""
    """What to do; empty where nothing is to be done."""


def findings(results: Path, *, looking: Callable[[], Business | None] = look) -> Iterator[Finding]:
    """Yield what is found, what is needed most first; the last look takes two seconds.

    Args:
        results: Where runs are kept.
        looking: Looks whether others keep the machine busy.
    """
    environment = read_environment("")
    yield _system(environment)
    yield from _programs(dict(environment.versions))
    yield _account()
    yield _cores(environment.cores)
    yield _queue_limit(environment.somaxconn)
    yield _open_files(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    yield _shared_memory()
    yield _disk(results)
    yield _quiet(looking())


def _system(environment: Environment) -> Finding:
    is_linux = sys.platform == "linux"
    remedy = "" if is_linux else "experiments need Linux; explain and report work here"
    state = State.FINE if is_linux else State.MISSING
    return Finding(subject="system", state=state, found=f"{environment.system}; {environment.python}", remedy=remedy)


def _programs(versions: dict[str, str]) -> Iterator[Finding]:
    yield _version("nginx", versions.get("nginx", NOT_INSTALLED), "apt-get install nginx")
    usual, *others = database_systems()
    yield _version(usual.name, versions.get(usual.name, NOT_INSTALLED), usual.install)
    for system in others:
        found, remedy = versions.get(system.name, NOT_INSTALLED), f"for experiments on it, {system.install}"
        is_there = found != NOT_INSTALLED
        state = State.FINE if is_there else State.NOTED
        yield Finding(subject=system.name, state=state, found=found, remedy="" if is_there else remedy)
    yield _version("locust", versions.get("locust", NOT_INSTALLED), "pip install locust")
    django = versions.get("django", NOT_INSTALLED)
    yield _of_the_kits_experiments("django", django, "" if django != NOT_INSTALLED else "./lab sets its environment up")
    names = list(dict.fromkeys(server.distributions[0] for server in servers()))
    there = [f"{name} {versions[name]}" for name in names if versions.get(name, NOT_INSTALLED) != NOT_INSTALLED]
    found = ", ".join(there) or NOT_INSTALLED
    yield _of_the_kits_experiments("servers", found, "" if there else f"pip install one of {', '.join(names)}")


def _of_the_kits_experiments(subject: str, found: str, remedy: str) -> Finding:
    """Return what a site of the user's own brings by itself."""
    if not remedy:
        return Finding(subject=subject, state=State.FINE, found=found)
    return Finding(
        subject=subject,
        state=State.NOTED,
        found=found,
        remedy=f"for the kit's own experiments, {remedy}; a site has its own",
    )


def _version(name: str, version: str, remedy: str) -> Finding:
    is_there = version != NOT_INSTALLED
    state = State.FINE if is_there else State.MISSING
    return Finding(subject=name, state=state, found=version, remedy="" if is_there else remedy)


def _account() -> Finding:
    try:
        account = service_account()
    except DeploymentError as error:
        return Finding(subject="account", state=State.MISSING, found="none for servers", remedy=str(error))
    whose = f"root; servers run as {account.name}" if account else "not root; servers run as you"
    return Finding(subject="account", state=State.FINE, found=whose)


def _cores(cores: int) -> Finding:
    return _least("cores", cores, LEAST_CORES, "load and servers share one core: latencies say little")


def _queue_limit(limit: int | None) -> Finding:
    if limit is None:
        return Finding(subject="somaxconn", state=State.NOTED, found="not told by this system")
    remedy = f"it cuts every longer accept queue; sysctl -w net.core.somaxconn={4 * LEAST_QUEUE}"
    return _least("somaxconn", limit, LEAST_QUEUE, remedy)


def _open_files(limit: int) -> Finding:
    if limit == resource.RLIM_INFINITY:
        return Finding(subject="open files", state=State.FINE, found="no limit")
    return _least(
        "open files", limit, LEAST_OPEN_FILES, f"many users may run out of them; ulimit -n {LEAST_OPEN_FILES}"
    )


def _least(subject: str, number: int, least: int, remedy: str) -> Finding:
    is_enough = number >= least
    state = State.FINE if is_enough else State.NOTED
    return Finding(subject=subject, state=state, found=f"{number:,}", remedy="" if is_enough else remedy)


def _shared_memory() -> Finding:
    if os.access(SHARED_MEMORY, os.W_OK):
        return Finding(subject=str(SHARED_MEMORY), state=State.FINE, found="writable")
    remedy = "a worker's heartbeat goes to the disk, whose pauses can look like dead workers"
    return Finding(subject=str(SHARED_MEMORY), state=State.NOTED, found="not writable", remedy=remedy)


def _disk(results: Path) -> Finding:
    there = next(place for place in (results.absolute(), *results.absolute().parents) if place.is_dir())
    free_bytes = shutil.disk_usage(there).free
    is_enough = free_bytes >= LEAST_FREE_BYTES
    return Finding(
        subject="disk",
        state=State.FINE if is_enough else State.NOTED,
        found=f"{free_bytes / (1 << 30):.1f} GiB free",
        remedy="" if is_enough else "a long study can take more; badgateway clean",
    )


def _quiet(business: Business | None) -> Finding:
    if business is None:
        return Finding(subject="quiet", state=State.NOTED, found="not told by this system")
    who = ", ".join(f"{one.name} (pid {one.pid})" for one in business.processes)
    found = f"others used {business.outside_share:.0%} of the CPU time in the last two seconds"
    if not business.exceeds(MachineLimits()):
        return Finding(subject="quiet", state=State.FINE, found=found)
    remedy = f"trials would be INVALID; end {who}" if who else "trials would be INVALID; run it elsewhere or later"
    return Finding(subject="quiet", state=State.NOTED, found=found, remedy=remedy)
