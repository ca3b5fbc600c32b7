"""Reads and counts the rows of a client.csv that is still being written."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from badgateway.ledger.outcome import outcome_of_row
from badgateway.model import raw
from badgateway.model.outcome import Outcome

_STATUS = raw.CLIENT_COLUMNS.index("status")
_ERROR = raw.CLIENT_COLUMNS.index("error")
_ACCEPTED = raw.CLIENT_COLUMNS.index("accepted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the load of one trial is; requests are those that have ended."""

    requests: int
    failures: int
    users: int
    elapsed_s: float
    total_s: float


class RowTail:
    """The rows of a client.csv that is still being written; each look reads only what was appended since the last."""

    def __init__(self, path: Path) -> None:
        """Begin at the file's beginning, once it is there."""
        self._path = path
        self._offset = 0

    def look(self) -> Iterator[list[str]]:
        """Yield the cells of the whole rows that are new, without the header; a file that is not there has none."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._offset)
            appended = file.read()
        has_header = self._offset == 0
        whole = appended[: appended.rfind(b"\n") + 1]
        self._offset += len(whole)
        rows = csv.reader(whole.decode().splitlines())
        yield from islice(rows, int(has_header), None)


class RowCounter:
    """Counts requests and failures so far."""

    def __init__(self, path: Path) -> None:
        self.requests = 0
        self.failures = 0
        self._rows = RowTail(path)

    def look(self) -> None:
        """Count the rows that are new."""
        for cells in self._rows.look():
            self.requests += 1
            self.failures += outcome_of(cells) is not Outcome.OK


def outcome_of(cells: Sequence[str]) -> Outcome:
    """Return what became of the request of a row."""
    return outcome_of_row(int(cells[_STATUS]), cells[_ERROR], accepted=cells[_ACCEPTED] == "1")
