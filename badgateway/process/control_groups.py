"""Finds how control groups can be made here: in the kernel's second version of them, its first, or by systemd."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from badgateway.model.file_text import text_of

CONTROLLERS = ("cpu", "memory")
"""What a size is made of."""
SYSTEMD_RUN = "systemd-run"
SYSTEMD_RUNS = Path("/run/systemd/system")
"""There where systemd is the first process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where groups can be made, each with the controllers that it has."""

    version: int
    """Of the kernel's control groups: 2, with one group for all, or 1, with one for each controller."""
    parents: dict[str, Path]
    """By controller."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scopes:
    """A user's own systemd makes the groups: it is asked to start the program."""

    program: str


Way = Places | Scopes


@dataclass(frozen=True, slots=True, kw_only=True)
class Kernel:
    """What the system says of itself; another folder in tests."""

    proc: Path = Path("/proc/self")
    systemd: Path = SYSTEMD_RUNS


def way(kernel: Kernel | None = None) -> Way | None:
    """Return how groups with a quota of CPU and a limit of memory can be made here; None where they cannot."""
    asked = kernel or Kernel()
    mounts, own = tuple(_mounts(asked.proc / "mountinfo")), _own_groups(asked.proc / "cgroup")
    return _second_version(mounts, own) or _first_version(mounts, own) or _systemd(asked.systemd)


def folders_of(pid: int, proc: Path = Path("/proc")) -> Places | None:
    """Return the groups that a program which runs is in; None where there are none, or it is gone."""
    own = _own_groups(proc / str(pid) / "cgroup")
    found: dict[str, Path] = {}
    for mount in _mounts(proc / "self" / "mountinfo") if own else ():
        for controller in mount.controllers:
            found.setdefault(controller, mount.folder(own.get(controller, "/")))
    if {*CONTROLLERS} <= {*found}:
        return Places(version=1, parents=found)
    second = next((one for one in _mounts(proc / "self" / "mountinfo") if not one.controllers), None)
    if second is None or "" not in own:
        return None
    return Places(version=2, parents=dict.fromkeys(CONTROLLERS, second.folder(own[""])))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mount:
    place: Path
    root: str
    """Of the hierarchy, which part is seen there: a container sees its own part only."""
    controllers: frozenset[str]
    """Empty in the second version, where files say it."""

    def folder(self, group: str) -> Path:
        """Return the folder of a group, or of what is seen if the group is outside of it."""
        inside = group.removeprefix(self.root.rstrip("/")).lstrip("/")
        found = self.place / inside
        return found if found.is_dir() else self.place


def _mounts(mountinfo: Path) -> Iterator[_Mount]:
    for line in text_of(mountinfo).splitlines():
        before, _, after = line.partition(" - ")
        fields, kinds = before.split(), after.split()
        if len(fields) < 5 or len(kinds) < 3 or kinds[0] not in {"cgroup", "cgroup2"}:
            continue
        controllers = frozenset(kinds[2].split(",")) & {*CONTROLLERS} if kinds[0] == "cgroup" else frozenset[str]()
        if kinds[0] == "cgroup2" or controllers:
            yield _Mount(place=Path(fields[4]), root=fields[3], controllers=controllers)


def _own_groups(cgroup: Path) -> dict[str, str]:
    """Return the group of the kit's own process by controller; that of the second version has the name ''."""
    found = {}
    for line in text_of(cgroup).splitlines():
        _, names, group = line.split(":", 2)
        found.update(dict.fromkeys(names.split(","), group))
    return found


def _second_version(mounts: tuple[_Mount, ...], own: dict[str, str]) -> Places | None:
    for mount in (one for one in mounts if not one.controllers):
        group = mount.folder(own.get("", "/"))
        # A group with processes hands no controller on to groups inside it, so the kit's own one will not do.
        for parent in (group, *group.parents):
            if not parent.is_relative_to(mount.place):
                break
            handed_on = text_of(parent / "cgroup.subtree_control").split()
            if {*CONTROLLERS} <= {*handed_on} and _is_ours(parent):
                return Places(version=2, parents=dict.fromkeys(CONTROLLERS, parent))
    return None


def _first_version(mounts: tuple[_Mount, ...], own: dict[str, str]) -> Places | None:
    parents = {}
    for mount in mounts:
        for controller in mount.controllers:
            parent = mount.folder(own.get(controller, "/"))
            if controller not in parents and _is_ours(parent):
                parents[controller] = parent
    return Places(version=1, parents=parents) if {*CONTROLLERS} <= {*parents} else None


def _systemd(folder: Path) -> Scopes | None:
    # A manager of the user's own is reached by the address in this variable.
    program = shutil.which(SYSTEMD_RUN)
    is_there = folder.is_dir() and program and os.environ.get("XDG_RUNTIME_DIR") and os.geteuid() != 0
    return Scopes(program=program) if is_there and program else None


def _is_ours(folder: Path) -> bool:
    """Tell whether the kit may make groups in a folder, and move processes from its own group there."""
    return all(os.access(place, os.W_OK) for place in (folder, folder / "cgroup.procs"))
