"""What to watch of a stack while it is under load, and what every probe of it gives."""

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from badgateway.databases.database_system import DatabaseSystem
from badgateway.model.samples import Reading
from badgateway.process.container import GroupFiles
from badgateway.process.elsewhere import Elsewhere
from badgateway.servers.server import Server


class Pulse:
    """Where who asks the database says when it asked and when it was answered; safe to read from another thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked_s: float | None = None

    def asks(self) -> None:
        """Begin a silence, unless one lasts: a question that was given up and asked again is one silence."""
        with self._lock:
            if self._asked_s is None:
                self._asked_s = time.monotonic()

    def is_answered(self) -> None:
        """End the silence; that the server turned the question down is an answer too."""
        with self._lock:
            self._asked_s = None

    def silent_since_s(self) -> float | None:
        """Return since when, on the monotonic clock, a question has had no answer; None when none is open."""
        with self._lock:
            return self._asked_s


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

    server_sockets: tuple[Listener, ...]
    """Of each application server."""
    proxy_port: int | None
    """None where server and proxy are not on this machine, so that nothing here tells of them."""
    server: Server | None = None
    """Which server that is; None when it is not asked for its statistics."""
    statistics_sockets: tuple[Path, ...] = ()
    """Where each of them tells them, when it has any."""
    database: DatabaseAccess | None = None
    containers: tuple[GroupFiles, ...] = ()
    """Of the application servers, where their size is limited."""
    proxy_containers: tuple[GroupFiles, ...] = ()
    """Nginx's own, where its size is; what befalls it has series of its own, and is never the servers'."""
    server_place: Elsewhere | None = None
    """The servers' own machine, as far as the network goes; None: where the kit is."""
    proxy_place: Elsewhere | None = None
    """Nginx's own."""


class NotAvailableError(Exception):
    """A series has no value at this moment; the message is why, in one line. It may have one at the next."""


class Probe(Protocol):
    """Reads the same few series again and again, from one thread."""

    @property
    def series(self) -> tuple[str, ...]:
        """The names of all series that it reads."""

    def read(self) -> Iterable[Reading]:
        """Return one reading of each series.

        Raises:
            NotAvailableError: none of them can be read now.
        """

    def close(self) -> None:
        """Let go of whatever is held open; nothing is read afterwards."""
