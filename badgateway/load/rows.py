"""The rows of client.csv: what the load generator knows of each request."""

import csv
import io
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from badgateway.model import raw

DETAIL_CHARACTERS = 200


class ClientError(StrEnum):
    """How a request failed at the client; its status may still be a good one."""

    NONE = ""
    CONNECT_ERROR = "connect_error"
    """No connection came about."""
    DISCONNECTED = "disconnected"
    """The connection ended before a response header."""
    CLIENT_TIMEOUT = "client_timeout"
    """The client's own limit for the whole request ended it."""
    TRUNCATED = "truncated"
    """A header came, but the body was cut or broken."""
    BAD_CONTENT = "bad_content"
    """A whole answer that is not what was asked for."""
    ABORTED = "aborted"
    """The generator stopped the request itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRow:
    """One request; the fields are the columns of client.csv, times are seconds since the epoch."""

    request_id: str
    name: str
    method: str
    intended_start_s: float
    start_s: float
    first_byte_s: float | None
    end_s: float
    status: int
    """0 when no response header came."""
    body_bytes: int
    expected_bytes: int | None
    """What Content-Length promised; None when it was not sent."""
    error: ClientError
    detail: str


class RowFile:
    """Appends rows to a new client.csv; what was flushed outlives a kill.

    Raises:
        FileExistsError: the file is there already; two runs must not share one.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("x", encoding="utf-8", newline="")
        self._pending = io.StringIO()
        self._writer = csv.writer(self._pending, lineterminator="\n")
        self._writer.writerow(raw.CLIENT_COLUMNS)
        self.flush()

    def append(self, row: ClientRow) -> None:
        """Take a row; it reaches the disk with the next flush."""
        self._writer.writerow(_cells(row))

    def flush(self) -> None:
        """Write the rows taken so far, whole lines only."""
        self._file.write(self._pending.getvalue())
        self._file.flush()
        self._pending.seek(0)
        self._pending.truncate()

    def close(self) -> None:
        """Flush and close; a second call does nothing."""
        if not self._file.closed:
            self.flush()
            self._file.close()


def _cells(row: ClientRow) -> tuple[str | int, ...]:
    return (
        row.request_id,
        row.name,
        row.method,
        f"{row.intended_start_s:.6f}",
        f"{row.start_s:.6f}",
        "" if row.first_byte_s is None else f"{row.first_byte_s:.6f}",
        f"{row.end_s:.6f}",
        row.status,
        row.body_bytes,
        "" if row.expected_bytes is None else row.expected_bytes,
        row.error.value,
        # One line a row, so that a reader can follow the file while it grows.
        " ".join(row.detail.split())[:DETAIL_CHARACTERS],
    )
