"""Where workers may join a run of a test."""

import random
from pathlib import Path

from badgateway.load.command import Meeting
from badgateway.process.ports import is_free

_FIRST_PORT = 10_000
_OF_CONNECTIONS = Path("/proc/sys/net/ipv4/ip_local_port_range")


def free_meeting(expected: int, address: str = "127.0.0.1") -> Meeting:
    """Return where so many workers can meet: at a port that is free, and so is the next one, for Locust's master.

    Both lie below those that the kernel gives to connections. Beside other tests thousands of these are taken, each for
    a minute after its connection has ended, and the one behind a free port is often among them.
    """
    first_of_connections = int(_OF_CONNECTIONS.read_text("ascii").split()[0])
    while True:
        port = random.randrange(_FIRST_PORT, first_of_connections - 1)
        if is_free(port) and is_free(port + 1):
            return Meeting(address=address, port=port, expected=expected)
