"""What an application server tells of its workers through its statistics socket."""

import time
from collections.abc import Sequence
from pathlib import Path

from badgateway.model.samples import Reading
from badgateway.probe.watch import NotAvailableError
from badgateway.process.unix_socket import connected
from badgateway.servers.server import Server, Statistics

DEADLINE_S = 0.5
RECEIVE_BYTES = 65_536


class ServerStatistics:
    """The series of a server's statistics, of several alike together; the server's own module says what they mean."""

    def __init__(self, server: Server, statistics: Statistics, *paths: Path) -> None:
        """Watch the servers whose statistics sockets are, or will be, at these paths."""
        self.series = statistics.series
        self._label = server.label
        self._read = statistics.read
        self._paths = paths

    def read(self) -> tuple[Reading, ...]:
        """Ask each once; a server closes the connection after each answer.

        Raises:
            NotAvailableError: no answer, or one that is no statistics.
        """
        return together([self._of(path) for path in self._paths])

    def _of(self, path: Path) -> tuple[Reading, ...]:
        try:
            return self._read(_everything(path), time.time())
        except (OSError, ValueError, LookupError, TypeError) as error:
            why = f"{self._label}'s stats at {path}: {type(error).__name__}: {error}"
            raise NotAvailableError(why) from error

    def close(self) -> None:
        """Do nothing: nothing is held open."""


def together(found: Sequence[tuple[Reading, ...]]) -> tuple[Reading, ...]:
    """Return the readings of several servers as if they were one: so many of a limit add up, an age is the oldest."""
    return tuple(map(_one_of, zip(*found, strict=True)))


def _one_of(readings: tuple[Reading, ...]) -> Reading:
    limits = [reading.limit for reading in readings if reading.limit is not None]
    values = [reading.value for reading in readings if reading.value is not None]
    combined = (sum if limits else max)(values) if values else None
    return Reading(series=readings[0].series, value=combined, limit=sum(limits) if limits else None)


def _everything(path: Path) -> bytes:
    deadline_s = time.monotonic() + DEADLINE_S
    parts = bytearray()
    with connected(path, DEADLINE_S) as connection:
        while part := connection.recv(RECEIVE_BYTES):
            parts += part
            if time.monotonic() > deadline_s:
                raise TimeoutError(f"not through after {DEADLINE_S:g} s")
    return bytes(parts)
