"""Watches what the processes of a run connect to over TCP, often enough to see a short question of a database."""

import socket
import threading
import time
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from importlib import import_module
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from badgateway.errors import DeploymentError
from badgateway.model.raw_words import SampleSeries
from badgateway.stack.database import RunningDatabase
from badgateway.stack.deployment import Deployment

LOOK_S = 0.002
"""Less than a login takes, on any database that checks a password."""
FAMILY_S = 0.02
"""How old what is known of the processes may be."""
SETTLE_S = 1.0
"""What connects in the background after the first answer is seen too."""
ANSWER_S = 5.0
COUNTED_S = 1.2
_WAITS = frozenset((psutil.CONN_LISTEN, psutil.CONN_NONE))


class Connections:
    """What was seen of the processes that come from this one, but for the database's own."""

    def __init__(self, database: RunningDatabase, allowed: Collection[int] = ()) -> None:
        """Begin with nothing; `database` is the run's own, `allowed` are further ports of this machine."""
        self._database = database
        self._allowed = allowed
        self._hosts = _addresses(database.host)
        self._own_ports = {one.port for one in database.services} | ({database.port} if database.pid else set())
        self._seen: set[tuple[int, str, int]] = set()
        self._kit = psutil.Process()
        self._family: list[psutil.Process] = []
        self._family_s = 0.0
        self._made, self._is_counted = 0, False

    def look(self) -> None:
        """Note what they are connected to now."""
        now_s = time.monotonic()
        if now_s - self._family_s > FAMILY_S:
            self._family, self._family_s = self._kit.children(recursive=True), now_s
        for one in self._family:
            # It may have ended meanwhile.
            with suppress(psutil.Error):
                self._note(one)

    def _note(self, process: psutil.Process) -> None:
        for one in process.net_connections("tcp"):
            if one.status in _WAITS or not one.raddr:
                self._own_ports.add(one.laddr.port)
            else:
                self._seen.add((one.laddr.port, one.raddr.ip.removeprefix("::ffff:"), one.raddr.port))

    def begin(self) -> None:
        """Let the database count from now on, where it is the run's own: of another one others make connections too."""
        if self._database.pid is not None:
            self._made = connects_made(self._database)

    def settle(self, deployment: Deployment, path: str) -> None:
        """Ask a page again and again, for as long as something may still be connected to unasked."""
        until_s = time.monotonic() + SETTLE_S
        while time.monotonic() < until_s:
            with suppress(OSError, HTTPException):
                _ask(deployment.url, path)
        if self._database.pid is not None:
            # Its own question is one more.
            self._is_counted = connects_made(self._database) > self._made + 1

    @property
    def is_connected(self) -> bool:
        """Whether the run's own database was connected to: seen, or counted by it; a file is made by who asks it."""
        if not self._database.host:
            return not self._database.name or Path(self._database.name).exists()
        return self._is_counted or any(self._is_own(host, port) for _, host, port in self._seen)

    @property
    def elsewhere(self) -> tuple[str, ...]:
        """What else was connected to: host and port."""
        others = (one for one in self._seen if not self._is_own(*one[1:]) and not self._is_between_parts(*one))
        return tuple(sorted({f"{host}:{port}" for _, host, port in others}))

    def _is_own(self, host: str, port: int) -> bool:
        return port == self._database.port and host in self._hosts

    def _is_between_parts(self, own: int, host: str, port: int) -> bool:
        """Tell whether it is the other side of a connection, one from the proxy to the server, or allowed."""
        is_there = port in self._own_ports or port in self._allowed
        return own in self._own_ports or (is_there and ip_address(host).is_loopback)


def _addresses(host: str) -> frozenset[str]:
    """Return the addresses of a host."""
    with suppress(OSError):
        return frozenset(str(found[4][0]) for found in socket.getaddrinfo(host, None))
    return frozenset((host,))


def connects_made(database: RunningDatabase) -> int:
    """Return how many connections a server says were made to it, that of the question among them.

    Raises:
        DeploymentError: It does not answer.
    """
    activity, client = database.server.activity, database.server.client
    names = [name for name, series in activity.series.items() if series is SampleSeries.DB_CONNECTS]
    library = import_module(client.module)
    try:
        with closing(library.connect(**client.arguments(database, ANSWER_S, ANSWER_S))) as link:
            for name, value in client.attributes.items():
                setattr(link, name, value)
            cursor = link.cursor()
            # What has ended is counted a second later, and the question itself with the next one.
            cursor.execute(activity.counters)
            cursor.fetchall()
            time.sleep(COUNTED_S)
            cursor.execute(activity.counters)
            return sum(int(value) for name, value in cursor.fetchall() if name in names)
    except (OSError, library.Error) as error:
        raise DeploymentError(f"{database.system.label}: its connections: {type(error).__name__}: {error}") from error


@contextmanager
def watching(database: RunningDatabase, allowed: Collection[int] = ()) -> Iterator[Connections]:
    """Watch until the block ends; `allowed` are ports of this machine that may be connected to."""
    found, end = Connections(database, allowed), threading.Event()

    def look() -> None:
        while not end.wait(LOOK_S):
            found.look()

    thread = threading.Thread(target=look, name="first start", daemon=True)
    thread.start()
    try:
        yield found
    finally:
        end.set()
        thread.join()


def _ask(url: str, path: str) -> None:
    connection = HTTPConnection(urlsplit(url).netloc, timeout=ANSWER_S)
    try:
        connection.request("GET", path)
        connection.getresponse().read()
    finally:
        connection.close()
