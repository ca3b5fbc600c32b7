"""Lets nothing but the kit's own wire connect from a process that loads a site which already runs.

A Locust file may ask by `http.client`, httpx or another library what no client of its users may: another host, by any
method, as often as it likes, and no row would tell. What it starts as another process is not seen from here, nor what
code in C connects by itself, such as libcurl.
"""

import errno
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from ipaddress import ip_address
from typing import Any

_REACHING = {"socket.connect", "socket.sendto", "socket.sendmsg"}
"""What is told of a socket that is to reach somebody: a stream may send its first bytes as it connects."""
_OF_THE_NETWORK = (socket.AF_INET, socket.AF_INET6)
_NAME_SERVERS = 53
_IS_THE_WIRE: ContextVar[bool] = ContextVar("is_the_wire", default=False)


@contextmanager
def the_wire() -> Iterator[None]:
    """Let this greenlet connect until the block ends."""
    token = _IS_THE_WIRE.set(True)
    try:
        yield
    finally:
        _IS_THE_WIRE.reset(token)


def keep_to_the_wire(tell: Callable[[str], None]) -> None:
    """Refuse from now on, in the whole process and until its end, whoever else connects to a host.

    Args:
        tell: Called with who was refused, and what to do.
    """

    def look(event: str, given: tuple[Any, ...]) -> None:
        if event in _REACHING and (why := refusal(*given)):
            tell(why)
            raise ConnectionRefusedError(errno.ECONNREFUSED, why)

    # An audit hook: libraries have many ways to make a socket, and each of them ends in this event.
    sys.addaudithook(look)


def refusal(connecting: socket.socket, address: object) -> str:
    """Return why a socket may not be connected; empty when it may."""
    # What is no tuple is a path on this machine.
    if not isinstance(address, tuple) or connecting.family not in _OF_THE_NETWORK or _IS_THE_WIRE.get():
        return ""
    host, port = address[:2]
    # Agents take counts by datagrams (statsd, syslog) on this machine; those to others may be HTTP/3.
    if connecting.type == socket.SOCK_DGRAM and (port == _NAME_SERVERS or _is_this_machine(str(host))):
        return ""
    return (
        f"connected to {host}:{port} past its client, and a site that already runs is asked by that alone, so that "
        "what may be asked is kept to: ask by self.client, or take it out"
    )


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
