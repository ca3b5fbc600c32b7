"""What an application server tells of its workers through its statistics socket."""

import time
from pathlib import Path

from badgateway.model.samples import Reading
from badgateway.probe.watch import NotAvailableError
from badgateway.process.unix_socket import connected
from badgateway.servers.server import Server, Statistics

DEADLINE_S = 0.5
RECEIVE_BYTES = 65_536


class ServerStatistics:
    """The series of a server's statistics; the server's own module says what they mean."""

    def __init__(self, server: Server, statistics: Statistics, path: Path) -> None:
        """Watch the server whose statistics socket is, or will be, at path."""
        self.series = statistics.series
        self._label = server.label
        self._read = statistics.read
        self._path = path

    def read(self) -> tuple[Reading, ...]:
        """Ask once; the server closes the connection after each answer.

        Raises:
            NotAvailableError: no answer, or one that is no statistics.
        """
        try:
            return self._read(_everything(self._path), time.time())
        except (OSError, ValueError, LookupError, TypeError) as error:
            why = f"{self._label}'s stats at {self._path}: {type(error).__name__}: {error}"
            raise NotAvailableError(why) from error

    def close(self) -> None:
        """Do nothing: nothing is held open."""


def _everything(path: Path) -> bytes:
    deadline_s = time.monotonic() + DEADLINE_S
    parts = bytearray()
    with connected(path, DEADLINE_S) as connection:
        while part := connection.recv(RECEIVE_BYTES):
            parts += part
            if time.monotonic() > deadline_s:
                raise TimeoutError(f"not through after {DEADLINE_S:g} s")
    return bytes(parts)
