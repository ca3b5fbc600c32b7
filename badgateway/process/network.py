"""Tells whether the kit runs in a network of its own, and starts it anew in one."""

import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from badgateway.model.file_text import text_of
from badgateway.process import apart

_NO_LINUX = "only Linux has such a thing"
_PROC = Path("/proc")
_ORDINARY = (
    (
        "sys/kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "AppArmor keeps user namespaces from ordinary users: sysctl kernel.apparmor_restrict_unprivileged_userns=0",
    ),
    (
        "sys/kernel/unprivileged_userns_clone",
        "0",
        "the kernel keeps user namespaces from ordinary users: sysctl kernel.unprivileged_userns_clone=1",
    ),
    (
        "sys/user/max_user_namespaces",
        "0",
        "no user namespace may be made: sysctl user.max_user_namespaces=10000",
    ),
)
"""What forbids it to all but root: a file in /proc, what it then has, and what that means."""
_FILTERED = "Seccomp:\t2"
_IN_A_CONTAINER = (
    "a filter of system calls, as containers have one, forbids it: docker run --security-opt seccomp=unconfined "
    "--security-opt apparmor=unconfined --cap-add SYS_ADMIN"
)


def is_apart() -> bool:
    """Tell whether nothing outside of this program can be reached from here; see apart.py."""
    network, _, _ = os.environ.get(apart.MARK, "").rpartition(" ")
    # Somebody else's variable, or one that was handed on to another network, says nothing.
    return bool(network) and os.path.exists(apart.NETWORK) and network == str(apart.NETWORK.readlink())  # noqa: PTH110


def why_not_apart() -> str:
    """Return why the kit could not be started in a network of its own; empty where that was not tried, or worked."""
    if sys.platform != "linux":
        return _NO_LINUX
    told = os.environ.get(apart.MARK, "")
    return told[1:] if told.startswith("-") else ""


def what_allows_it(proc: Path = _PROC, uid: int | None = None) -> str:
    """Return what forbids a network of its own here, with the command that allows it; empty where that is not known.

    Args:
        proc: Where the kernel tells.
        uid: Whose it would be; None is who runs this.
    """
    ordinary = _ORDINARY if (os.geteuid() if uid is None else uid) else ()
    found = next((why for place, forbids, why in ordinary if text_of(proc / place).strip() == forbids), "")
    return found or (_IN_A_CONTAINER if _FILTERED in text_of(proc / "self/status") else "")


def can_start_apart() -> bool:
    """Tell whether it is of use to try: here can be such networks, this is none, and it has not failed before."""
    return sys.platform == "linux" and not is_apart() and not why_not_apart()


def start_apart(program: Sequence[str], allowed: Sequence[int], written: Sequence[Path]) -> None:
    """Execute the running program anew, in a network of its own.

    Args:
        program: Its command line, as Python got it.
        allowed: Ports of this machine that are to be there too.
        written: Files and folders that are there, and to be written to.
    """
    # Abstract sockets are as wide as a network: what is locked for the whole machine is locked in that of now.
    lock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    lock.set_inheritable(True)
    sys.stdout.flush()
    sys.stderr.flush()
    script = (sys.executable, "-I", "-S", apart.__file__, str(lock.detach()))
    given = (",".join(map(str, allowed)), os.pathsep.join(map(str, written)))
    os.execv(script[0], (*script, *given, sys.executable, *program[1:]))  # noqa: S606 # the command that runs already


def machines_socket() -> socket.socket:
    """Return a new unix socket, whose abstract names are those of the machine's network."""
    _, _, descriptor = os.environ.get(apart.MARK, "").rpartition(" ")
    if is_apart() and descriptor.isdecimal():
        return socket.socket(fileno=os.dup(int(descriptor)))
    return socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
