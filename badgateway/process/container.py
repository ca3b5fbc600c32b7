"""A container's size without a container: a control group in which a program is started, and all that it starts.

A quota is no affinity: a program that has half a CPU by quota runs on all of them, and stands still for the rest of
each tenth of a second when it has used its share. Where no group can be made, a size is refused; nothing replaces it.
"""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

import psutil

from badgateway.errors import DeploymentError
from badgateway.model.file_text import text_of
from badgateway.process.child import Command
from badgateway.process.control_groups import Places, Scopes, Way, folders_of, way

PREFIX = "badgateway-"
PERIOD_US = 100_000
"""The kernel's default, and what containers have."""
MIB = 1 << 20
REMOVE_DEADLINE_S = 5.0
_MEMORY_LIMITS = {1: "memory.limit_in_bytes", 2: "memory.max"}
UNLIMITED_BYTES = 1 << 60
"""In the first version no limit is one of so many bytes, or more."""
_numbers = count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What a program and all that it starts may use together; 0 is all there is."""

    cpu: float = 0.0
    """CPUs, as a quota."""
    memory_mb: float = 0.0

    def __bool__(self) -> bool:
        """Tell whether anything is limited."""
        return bool(self.cpu or self.memory_mb)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupFiles:
    """Where the kernel tells what became of a group; what is not limited is not there."""

    version: int
    folders: Mapping[str, Path]
    """By controller: cpu and memory."""
    size: Size

    @property
    def kills(self) -> int | None:
        """Processes that the kernel has killed for its memory limit; None where it does not tell."""
        name = {1: "memory.oom_control", 2: "memory.events"}[self.version]
        lines = text_of(self.folders["memory"] / name).splitlines() if self.size.memory_mb else []
        return next((int(line.split()[1]) for line in lines if line.startswith("oom_kill ")), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A group that exists, or one that systemd makes when the program is started."""

    size: Size
    name: str
    made_by: Way
    folders: Mapping[str, Path] = field(default_factory=dict)
    """By controller; none where systemd makes them."""

    def holding(self, command: Command) -> Command:
        """Return the command that starts a program in it."""
        if isinstance(self.made_by, Scopes):
            argv = (*scope_argv(self.made_by, self.name, self.size), *command.argv)
            # The user's own manager is found by this.
            there = {"XDG_RUNTIME_DIR": os.environ["XDG_RUNTIME_DIR"]}
            return replace(command, argv=argv, environment={**command.environment, **there})
        entrances = tuple(sorted({folder / "cgroup.procs" for folder in self.folders.values()}))
        return replace(command, control_groups=entrances)

    def files(self, pid: int) -> GroupFiles:
        """Return what tells of the group that a program was started in.

        Raises:
            DeploymentError: The program is in another one.
        """
        folders, version = self.folders, 2
        if isinstance(self.made_by, Places):
            version = self.made_by.version
        else:
            folders = _scope_folders(pid, self.name)
        if any(str(pid) not in text_of(folder / "cgroup.procs").split() for folder in folders.values()) or not folders:
            raise DeploymentError(f"pid {pid} was started in the control group {self.name}, and is not in it")
        return GroupFiles(version=version, folders=folders, size=self.size)


@contextmanager
def container(size: Size, *, made_by: Way | None = None) -> Iterator[Container | None]:
    """Make a group of a size until the block ends, by when all that was started in it has to have ended.

    None where nothing is limited.

    Raises:
        DeploymentError: No group can be made, or the kernel does not take the size.
    """
    if not size:
        yield None
        return
    found = made_by or way()
    if found is None:
        raise DeploymentError(CANNOT)
    name = f"{PREFIX}{os.getpid()}-{next(_numbers)}"
    if isinstance(found, Scopes):
        yield Container(size=size, name=name, made_by=found)
        return
    folders = {controller: found.parents[controller] / name for controller in _limited(size)}
    try:
        _make(folders, found.version, size)
        yield Container(size=size, name=name, made_by=found, folders=folders)
    finally:
        for folder in dict.fromkeys(folders.values()):
            _remove(folder)


CANNOT = (
    "a container's size takes a control group, and none can be made here: run it as root (in a container with "
    "/sys/fs/cgroup writable), or in a session of systemd (systemd-run --user has to work), or take size out. "
    "cores = 1 binds to a CPU without any of that, which is no quota"
)


def faults(wanted: Mapping[str, float], *, made_by: Way | None = None) -> Iterator[str]:
    """Yield one line for each key whose CPU quota is more than there is, and one where no group can be made."""
    if not wanted:
        return
    if (made_by or way()) is None:
        yield f"{next(iter(wanted))}: {CANNOT}"
    there = psutil.cpu_count() or 1
    more = ((key, cpu) for key, cpu in wanted.items() if cpu > there)
    yield from (f"{key}: {cpu:g} is more than the {there} CPUs here; declare fewer" for key, cpu in more)


def scope_argv(scopes: Scopes, name: str, size: Size) -> tuple[str, ...]:
    """Return the words before a command that have the user's systemd start it in a group of this size."""
    limits = []
    if size.cpu:
        limits.append(f"CPUQuota={100 * size.cpu:.10g}%")
    if size.memory_mb:
        # Without the second one what does not fit is swapped out, and nothing is killed.
        limits += [f"MemoryMax={round(size.memory_mb * MIB)}", "MemorySwapMax=0"]
    properties = tuple(word for limit in limits for word in ("-p", limit))
    return (scopes.program, "--user", "--scope", "--quiet", "--collect", f"--unit={name}", *properties, "--")


def _limited(size: Size) -> tuple[str, ...]:
    return (*(("cpu",) if size.cpu else ()), *(("memory",) if size.memory_mb else ()))


def _make(folders: Mapping[str, Path], version: int, size: Size) -> None:
    for parent in {folder.parent for folder in folders.values()}:
        _remove_left_behind(parent)
    for folder in dict.fromkeys(folders.values()):
        folder.mkdir()
    for file, text in limits_of(folders, version, size):
        # A kernel that counts no swap has no such file.
        if file.exists() or "sw" not in file.name:
            _write(file, text)


def limits_of(folders: Mapping[str, Path], version: int, size: Size) -> Iterator[tuple[Path, str]]:
    """Yield each file that limits a group, with what is written into it, in this order."""
    quota_us, memory_bytes = round(size.cpu * PERIOD_US), str(round(size.memory_mb * MIB))
    if size.cpu and version == 2:
        yield folders["cpu"] / "cpu.max", f"{quota_us} {PERIOD_US}"
    elif size.cpu:
        yield folders["cpu"] / "cpu.cfs_period_us", str(PERIOD_US)
        yield folders["cpu"] / "cpu.cfs_quota_us", str(quota_us)
    if size.memory_mb and version == 2:
        yield folders["memory"] / "memory.max", memory_bytes
        yield folders["memory"] / "memory.swap.max", "0"
    elif size.memory_mb:
        yield folders["memory"] / "memory.limit_in_bytes", memory_bytes
        # Of memory and swap together.
        yield folders["memory"] / "memory.memsw.limit_in_bytes", memory_bytes


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text, encoding="ascii")
    except OSError as error:
        raise DeploymentError(f"{file}: the kernel does not take {text}: {error.strerror or error}") from error


def _remove(folder: Path) -> None:
    """Remove a group; the kernel needs a moment until what was killed in it is gone."""
    deadline = time.monotonic() + REMOVE_DEADLINE_S
    while folder.is_dir():
        try:
            # It has files, of the kernel's, and goes with them.
            folder.rmdir()
        except OSError:
            if time.monotonic() > deadline:
                return
            time.sleep(0.02)


def _remove_left_behind(parent: Path) -> None:
    """Remove the groups of kits that were killed."""
    for folder in parent.glob(f"{PREFIX}*-*"):
        pid = folder.name.removeprefix(PREFIX).partition("-")[0]
        if pid.isdecimal() and not psutil.pid_exists(int(pid)):
            with suppress(OSError):
                folder.rmdir()


def _scope_folders(pid: int, name: str) -> dict[str, Path]:
    group = next((line[3:] for line in text_of(Path(f"/proc/{pid}/cgroup")).splitlines() if line.startswith("0::")), "")
    folder = Path("/sys/fs/cgroup") / group.lstrip("/")
    return dict.fromkeys(("cpu", "memory"), folder) if folder.name == f"{name}.scope" else {}


def container_of(pid: int) -> GroupFiles | None:
    """Return what tells of the container that a program is in; None where neither CPU nor memory is limited."""
    found = folders_of(pid)
    if found is None:
        return None
    cpu, memory_mb = _cpu(found), _memory_mb(found)
    if not cpu and not memory_mb:
        return None
    return GroupFiles(version=found.version, folders=found.parents, size=Size(cpu=cpu, memory_mb=memory_mb))


def _cpu(found: Places) -> float:
    folder = found.parents["cpu"]
    if found.version == 2:
        quota_us, _, period_us = text_of(folder / "cpu.max").strip().partition(" ")
    else:
        quota_us, period_us = (text_of(folder / f"cpu.cfs_{name}_us").strip() for name in ("quota", "period"))
    # "max", -1, or no such file: no quota.
    return int(quota_us) / int(period_us) if quota_us.isdecimal() and period_us.isdecimal() else 0.0


def _memory_mb(found: Places) -> float:
    limit = text_of(found.parents["memory"] / _MEMORY_LIMITS[found.version]).strip()
    return int(limit) / MIB if limit.isdecimal() and int(limit) < UNLIMITED_BYTES else 0.0
