"""One experiment at a time on one machine: two at once would spoil each other's figures.

The lock is an abstract unix socket. It is there for every user of the machine, it is in no folder where somebody could
plant something, and the kernel takes it away with its process, however that ends. The kernel tells who has it, by pid
and user, and nobody can forge that. A user who takes it out of malice blocks nobody for longer than the wait;
`--beside` goes on at once.

It is as wide as a network namespace: two containers of one machine do not see each other. Their load is seen
([machine] in an experiment). A kit that has gone into a network of its own (network.py) has brought a socket of the
machine's, and has the lock until it ends. Where there are no abstract sockets (only Linux has them), there is no lock.
"""

import errno
import pwd
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import psutil

from badgateway.process.network import machines_socket

NAME = "badgateway-experiment"
_CREDENTIALS = struct.Struct("iII")
"""What SO_PEERCRED tells: pid, uid, gid."""
_WAITING = 1024
"""Each question who has the lock stays in its queue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """The process that has the lock."""

    pid: int
    uid: int
    since_s: float | None
    """When it was started, in seconds since the epoch; None when it has just ended, or lives in another container."""

    def __str__(self) -> str:
        """Return 'pid 4711 of root, since 2026-11-28 16:02:11', in local time."""
        # The kernel shows no pids of a container to another one.
        who = f"{f'pid {self.pid}' if self.pid else 'a container'} of {_user(self.uid)}"
        if self.since_s is None:
            return who
        return f"{who}, since {datetime.fromtimestamp(self.since_s).astimezone():%Y-%m-%d %H:%M:%S}"


@contextmanager
def machine_lock(name: str | None = None) -> Iterator[bool]:
    """Take the machine's lock until the block ends, and tell whether that worked; it never waits.

    Args:
        name: Of the lock, for tests; that of the machine's experiments otherwise.
    """
    with machines_socket() as lock:
        try:
            lock.bind(_address(name))
        except OSError as error:
            # On a system without such sockets this is another error, and nobody has the lock.
            yield error.errno != errno.EADDRINUSE
        else:
            lock.listen(_WAITING)
            yield True


def holder(name: str | None = None) -> Holder | None:
    """Return who has the machine's lock; None when nobody has it any more, or it cannot be told."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as question:
        question.settimeout(0)
        try:
            question.connect(_address(name))
        except OSError:
            return None
        found = question.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    pid, uid, _gid = _CREDENTIALS.unpack(found)
    return Holder(pid=pid, uid=uid, since_s=_started_s(pid))


def _address(name: str | None) -> str:
    return f"\0{NAME if name is None else name}"


def _started_s(pid: int) -> float | None:
    try:
        return psutil.Process(pid).create_time()
    except (psutil.NoSuchProcess, ValueError):
        return None


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
