"""Rows that came back from machines without the kit, in files and in logs of pods: those of one load together."""

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from badgateway.errors import RawDataError
from badgateway.ledger.outcome import outcome_of_row
from badgateway.model.outcome import Outcome
from badgateway.model.raw import CLIENT_COLUMNS

MARK = "badgateway-row "
"""Stands before a row in a log; before it may be what a log's reader puts there, such as the name of a pod."""
_ID, _STATUS, _ERROR, _START = (CLIENT_COLUMNS.index(name) for name in ("request_id", "status", "error", "start_s"))
_ANY_ID = re.compile(r"\b[0-9a-z]+-\d+\b")
# Bounded: garbage may have numbers of thousands of digits, which Python takes for an attack.
_NUMBERED = re.compile(r"[0-9a-z]+-[0-9]{1,12}")
_STATUS_CODE = re.compile(r"[0-9]{1,3}")
_REMEDY = "name what the load's processes wrote or printed"

Cells = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """All rows of a load, in the order of their start."""

    rows: tuple[Cells, ...]
    twice: int
    """How many were there before, as where a log was read twice; they are left out."""
    cut: int
    """Lines that begin as a row and are none."""
    by_process: Counter[str] = field(default_factory=Counter)
    """Rows by what their ids begin with."""
    missing: Counter[str] = field(default_factory=Counter)
    """Numbers that a process has given to requests of which there is no row."""

    @property
    def outcomes(self) -> Counter[Outcome]:
        """How the requests ended."""
        return Counter(outcome_of_row(int(row[_STATUS]), row[_ERROR], accepted=row[-1] == "1") for row in self.rows)

    def known_in(self, log: Path) -> int:
        """Return of how many rows the id stands in a log."""
        wanted, known = {row[_ID] for row in self.rows}, set[str]()
        with log.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                known.update(wanted.intersection(_ANY_ID.findall(line)))
        return len(known)

    def write(self, path: Path) -> None:
        """Write them as a client.csv.

        Raises:
            FileExistsError: It is there already.
        """
        with path.open("x", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows((CLIENT_COLUMNS, *self.rows))


def gather(paths: Sequence[Path]) -> Gathered:
    """Return the rows of all files, each of which is a client.csv or a log with rows in it.

    Raises:
        RawDataError: A file cannot be read, or has none.
    """
    found: dict[str, Cells] = {}
    twice = cut = 0
    for path in paths:
        whole, torn = _rows_of(path)
        for row in whole:
            twice += row[_ID] in found
            found.setdefault(row[_ID], row)
        cut += torn
    if not found:
        raise RawDataError(f"{', '.join(map(str, paths))}: no request has a row; {_REMEDY}")
    rows = tuple(sorted(found.values(), key=lambda row: float(row[_START])))
    by_process = Counter(row[_ID].partition("-")[0] for row in rows)
    return Gathered(rows=rows, twice=twice, cut=cut, by_process=by_process, missing=_missing(rows, by_process))


def _rows_of(path: Path) -> tuple[list[Cells], int]:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise RawDataError(f"{path}: cannot be read: {error.strerror}") from error
    candidates = list(_candidates(lines))
    try:
        rows = [row for row in csv.reader(candidates) if tuple(row) != CLIENT_COLUMNS]
    except csv.Error as error:
        raise RawDataError(f"{path}: has no rows of requests ({error}); {_REMEDY}") from error
    whole = [tuple(row) for row in rows if _is_row(row)]
    if not candidates or (rows and not whole):
        raise RawDataError(f"{path}: has no rows of requests; {_REMEDY}")
    return whole, len(rows) - len(whole)


def _candidates(lines: Sequence[str]) -> Iterator[str]:
    if lines and tuple(lines[0].split(",")) == CLIENT_COLUMNS:
        yield from lines
        return
    for line in lines:
        _, mark, row = line.partition(MARK)
        if mark:
            yield row


def _is_row(cells: Sequence[str]) -> bool:
    if len(cells) != len(CLIENT_COLUMNS) or not _STATUS_CODE.fullmatch(cells[_STATUS]):
        return False
    try:
        float(cells[_START])
    except ValueError:
        return False
    return _NUMBERED.fullmatch(cells[_ID]) is not None


def _missing(rows: Iterable[Cells], by_process: Counter[str]) -> Counter[str]:
    last: Counter[str] = Counter()
    for row in rows:
        process, _, number = row[_ID].rpartition("-")
        last[process] = max(last[process], int(number))
    return last - by_process
