"""Connects to a unix socket that somebody else has made, and to nothing that a link in its place leads to."""

import errno
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def connected(path: Path, timeout_s: float) -> Iterator[socket.socket]:
    """Give a connection to the socket at path; only the last part of the path may be somebody else's doing.

    Root must not be led to another service's socket, where even a connection can start something.

    Raises:
        OSError: There is none, it is a link or no socket, or nobody accepts there in time.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout_s)
        with _address(path) as address:
            connection.connect(address)
        yield connection


@contextmanager
def _address(path: Path) -> Iterator[str]:
    held = getattr(os, "O_PATH", None)
    if held is None:
        # Not on Linux, and so not as root beside a hostile site: there the look before the step must do.
        _demand_socket(path.lstat())
        yield str(path)
        return
    descriptor = os.open(path, held | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        _demand_socket(os.fstat(descriptor))
        # What was looked at is what is connected to, whatever the name leads to by now.
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)


def _demand_socket(status: os.stat_result) -> None:
    if not stat.S_ISSOCK(status.st_mode):
        raise OSError(errno.ENOTSOCK, "is a link or another thing that is no socket")
