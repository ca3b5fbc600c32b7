"""What hands on the ports that the kit's own network is allowed: a child that has stayed in the machine's.

Each connection of the site to such a port goes through it, so a trial leans on it as on any relay. It was forked before
the kit was what it is, so it has no guardian; and nobody reaps it, so one that has ended is still there, as a zombie.
"""

import os

import psutil

from badgateway.errors import LineError
from badgateway.process import apart
from badgateway.process.network import is_apart

NAME = "the relay to the ports of application.allow"


def port_relay() -> int | None:
    """Return its pid; None where the kit is in the machine's network, or no port is allowed."""
    told = os.environ.get(apart.STAYED_BEHIND, "")
    return int(told) if is_apart() and told.isdecimal() else None


def has_ended(pid: int) -> bool:
    """Tell whether it is gone."""
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def demand_port_relay() -> None:
    """Return when it is still there, or there is none.

    Raises:
        LineError: Somebody has ended it, and nothing but a new start of the kit makes another one.
    """
    pid = port_relay()
    if pid is not None and has_ended(pid):
        raise LineError(
            f"{NAME} (pid {pid}), a process of the kit, was ended by somebody else; find out by what, and run again; "
            "--resume keeps what was measured"
        )
