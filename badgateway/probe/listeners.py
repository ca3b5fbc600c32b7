"""Finds a server that runs, by its socket or its unit, and where it listens, from what /proc and systemd show."""

import re
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from badgateway.errors import ConfigurationError
from badgateway.model.file_text import text_of
from badgateway.model.printable import printable
from badgateway.probe.watch import Listener

PROC = Path("/proc")
_DEADLINE_S = 10
_SOCKET = re.compile(r"socket:\[(\d+)\]")
_ACCEPTS = 0x10000
"""__SO_ACCEPTCON, in the flags of /proc/net/unix."""
_LISTENS = "0A"
"""TCP_LISTEN, in the states of /proc/net/tcp."""
_STARTER = "systemd"
"""Holds the sockets of those whom it starts with one: it is none of them."""


def sockets_that_listen(proc: Path = PROC) -> dict[int, Listener]:
    """Return all sockets that listen, by inode: paths of unix sockets, ports of TCP ones."""
    return {
        **dict(_unix(proc / "net" / "unix")),
        **dict(_tcp(proc / "net" / "tcp")),
        **dict(_tcp(proc / "net" / "tcp6")),
    }


def listeners_of(pids: Iterable[int], proc: Path = PROC) -> tuple[Listener, ...]:
    """Return where some processes listen, unix sockets first; those that cannot be looked into show nothing."""
    there = sockets_that_listen(proc)
    found = {there[inode] for pid in pids for inode in _inodes(pid, proc) if inode in there}
    return tuple(sorted(found, key=lambda one: (isinstance(one, int), str(one))))


def holder_of(listener: Listener, proc: Path = PROC) -> int:
    """Return the process that listens there; of a server and its workers, the server.

    Raises:
        ConfigurationError: Nobody does, or nobody may see who.
    """
    inodes = {inode for inode, where in sockets_that_listen(proc).items() if where == listener}
    if not inodes:
        raise ConfigurationError(f"{listener}: nobody listens there; name the socket's path, or its port")
    holding = {pid for pid in _pids(proc) if inodes & set(_inodes(pid, proc))}
    if not holding:
        raise ConfigurationError(f"{listener}: who listens there cannot be seen; watch as root, or as its user")
    holders = {pid for pid in holding if _name(pid, proc) != _STARTER}
    if not holders:
        raise ConfigurationError(
            f"{listener}: {_STARTER} alone listens there, and starts the server with the first request; send one"
        )
    firsts = sorted(pid for pid in holders if _parent(pid, proc) not in holders)
    return firsts[0] if firsts else min(holders)


def bound_as(path: Path, proc: Path = PROC) -> Path:
    """Return a unix socket's path as its server has bound it: there may be more than one way to it."""
    there = [where for where in sockets_that_listen(proc).values() if isinstance(where, Path)]
    if path in there:
        return path
    return next((where for where in there if _is_same(where, path)), path)


def main_pid(unit: str) -> int:
    """Return the pid of a unit's first process.

    Raises:
        ConfigurationError: There is no systemd here, or the unit does not run.
    """
    command = ["systemctl", "show", "--property=MainPID", "--value", "--", unit]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=_DEADLINE_S)
    except FileNotFoundError:
        raise ConfigurationError(f"--unit {unit}: this machine has no systemctl; name the server by --pid") from None
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise ConfigurationError(f"--unit {unit}: {_why(error)}; name it by --pid") from error
    told = done.stdout.strip()
    if not told.isdecimal() or told == "0":
        raise ConfigurationError(f"--unit {unit}: it does not run; see systemctl status {unit}")
    return int(told)


def _why(error: subprocess.CalledProcessError | subprocess.TimeoutExpired) -> str:
    if isinstance(error, subprocess.TimeoutExpired):
        return f"systemctl does not tell within {_DEADLINE_S:g} s"
    said = " ".join((error.stderr or "").split())
    return f"systemctl does not tell{f' ({printable(said)})' if said else ''}"


def _pids(proc: Path) -> Iterator[int]:
    return (int(folder.name) for folder in proc.iterdir() if folder.name.isdecimal())


def _inodes(pid: int, proc: Path) -> Iterator[int]:
    with suppress(OSError):
        for link in (proc / str(pid) / "fd").iterdir():
            with suppress(OSError):
                if found := _SOCKET.fullmatch(str(link.readlink())):
                    yield int(found[1])


def _is_same(one: Path, other: Path) -> bool:
    with suppress(OSError):
        return one.samefile(other)
    return False


def _name(pid: int, proc: Path) -> str:
    with suppress(OSError):
        return (proc / str(pid) / "comm").read_text("utf-8", "replace").strip()
    return ""


def _parent(pid: int, proc: Path) -> int:
    with suppress(OSError, IndexError, ValueError):
        # The name of a program may have spaces and brackets in it.
        return int((proc / str(pid) / "stat").read_text("ascii", "replace").rpartition(")")[2].split()[1])
    return 0


def _unix(file: Path) -> Iterator[tuple[int, Listener]]:
    for line in text_of(file).splitlines()[1:]:
        fields = line.split(maxsplit=7)
        if len(fields) == 8 and int(fields[3], 16) & _ACCEPTS:
            yield int(fields[6]), Path(fields[7])


def _tcp(file: Path) -> Iterator[tuple[int, Listener]]:
    for line in text_of(file).splitlines()[1:]:
        fields = line.split()
        if fields[3] == _LISTENS:
            yield int(fields[9]), int(fields[1].rpartition(":")[2], 16)
