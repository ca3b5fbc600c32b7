"""Counts the rows of a client.csv that is still being written."""

import csv
from dataclasses import dataclass
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


class RowCounter:
    """Counts requests and failures so far; each look reads only what was appended since the last."""

    def __init__(self, path: Path) -> None:
        self.requests = 0
        self.failures = 0
        self._path = path
        self._offset = 0
        self._header_seen = False

    def look(self) -> None:
        """Count the whole lines that are new; a file that is not there yet has none."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._offset)
            appended = file.read()
        whole = appended[: appended.rfind(b"\n") + 1]
        self._offset += len(whole)
        for cells in csv.reader(whole.decode().splitlines()):
            self._count(cells)

    def _count(self, cells: list[str]) -> None:
        if not self._header_seen:
            self._header_seen = True
            return
        self.requests += 1
        outcome = outcome_of_row(int(cells[_STATUS]), cells[_ERROR], accepted=cells[_ACCEPTED] == "1")
        self.failures += outcome is not Outcome.OK
