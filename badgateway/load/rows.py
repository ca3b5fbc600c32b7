"""The rows of client.csv: what the load generator knows of each request."""

import csv
import errno
import io
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from badgateway.model import raw
from badgateway.model.printable import printable
from badgateway.model.raw_words import ClientError

DETAIL_CHARACTERS = 200
NAME_CHARACTERS = 500
UNNAMED = "(no name)"


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
    accepted: bool = False
    """The Locust file called an answer with a status from 400 to 499 a success."""


class RowFile:
    """Appends rows to a client.csv, alone or beside other processes; what was flushed outlives a kill."""

    def __init__(self, path: Path, *, at_once: bool = False) -> None:
        """Append to a file that `create` has made, or that is another machine's part of one.

        Args:
            path: The file.
            at_once: Whether each row is written as it comes, for a process that others outlive.
        """
        # Unbuffered: one flush is one write, and the kernel puts the writes of several processes one behind the other.
        self._file = path.open("ab", buffering=0)
        self._pending = io.StringIO()
        self._writer = csv.writer(self._pending, lineterminator="\n")
        self._at_once = at_once

    @staticmethod
    def create(path: Path) -> None:
        """Make a file with nothing but the header.

        Raises:
            FileExistsError: it is there already; two runs must not share one.
        """
        with path.open("x", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerow(raw.CLIENT_COLUMNS)

    def append(self, row: ClientRow) -> None:
        """Take a row; it reaches the disk at once, or with the next flush."""
        self._writer.writerow(_cells(row))
        if self._at_once:
            self.flush()

    def flush(self) -> None:
        """Write the rows taken so far, whole lines only.

        Raises:
            OSError: not all of them could be written, as on a full disk.
        """
        rows = self._pending.getvalue().encode()
        self._pending.seek(0)
        self._pending.truncate()
        if rows and self._file.write(rows) != len(rows):
            raise OSError(errno.ENOSPC, "only a part of the rows could be written", self._file.name)

    def close(self) -> None:
        """Flush and close; a second call does nothing."""
        if not self._file.closed:
            self.flush()
            self._file.close()


def _cells(row: ClientRow) -> tuple[str | int, ...]:
    return (
        row.request_id,
        _one_line(row.name, NAME_CHARACTERS) or UNNAMED,
        row.method,
        f"{row.intended_start_s:.6f}",
        f"{row.start_s:.6f}",
        "" if row.first_byte_s is None else f"{row.first_byte_s:.6f}",
        f"{row.end_s:.6f}",
        row.status,
        row.body_bytes,
        "" if row.expected_bytes is None else row.expected_bytes,
        row.error,
        _one_line(row.detail, DETAIL_CHARACTERS),
        int(row.accepted),
    )


# Most rows have one of a few names, and nothing to say besides.
@lru_cache(maxsize=1000)
def _one_line(text: str, most: int) -> str:
    """Return text as one line that can be written, so that a reader can follow the file while it grows."""
    return printable(" ".join(text.split()))[:most]
