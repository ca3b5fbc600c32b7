"""What to watch of a stack while it is under load."""

from dataclasses import dataclass, field
from pathlib import Path

from badgateway.databases.database_system import DatabaseSystem
from badgateway.probe.pulse import Pulse
from badgateway.servers.server import Server

Listener = Path | int
"""The path of a unix socket, as its server bound it, or a TCP port of an IPv4 address of this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseAccess:
    """How to reach the database as the application does."""

    system: DatabaseSystem = field(repr=False)
    host: str
    port: int
    name: str = ""
    """Of the database; empty where a client need not name one."""
    user: str
    """Whose connections are counted."""
    password: str = field(repr=False)
    pulse: Pulse = field(default_factory=Pulse, repr=False, compare=False)
    """Told when a question is asked and when it is answered."""
    pid: int | None = None
    """Of the server; None when it is not on this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """Where the parts of a stack can be asked; what is None is not watched and has no series."""

    server_socket: Listener
    """Of the application server."""
    proxy_port: int
    server: Server | None = None
    """Which server that is; None when it is not asked for its statistics."""
    statistics_socket: Path | None = None
    """Where it tells them, when it has any."""
    database: DatabaseAccess | None = None
