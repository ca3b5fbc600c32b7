"""Makes the tables that have a row for each line or failure, of which there may be millions."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

import duckdb

from badgateway.causes.conditions import listed
from badgateway.model.evidence import Reason

REASON = "reason_word"
"""The type of a reason: a number of one byte, where it is kept and where it is compared."""
_REASON_TYPE = f"CREATE TYPE IF NOT EXISTS {REASON} AS ENUM {listed(Reason)}"

_PIECE_ROWS = 500_000
_FROM_ROWS = 100_000
"""Fewer rows take no memory to speak of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The numbers of the rows of a table."""

    first: int
    last: int
    rows: int
    """How many there are: fewer than numbers where some are left out."""

    def pieces(self) -> Iterator[tuple[int, int]]:
        """Yield the first and the last number of each piece."""
        pieces = max(ceil(self.rows / _PIECE_ROWS), 1)
        width = max(ceil((self.last + 1 - self.first) / pieces), 1)
        for first in range(self.first, self.last + 1, width):
            yield first, first + width - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LargeTables:
    """Makes them in one database, temporary ones; or such that are packed, piece by piece, as soon as they are there.

    What they have of one failure is mostly what they have of the others, so packed they take a tenth of the memory.
    """

    connection: duckdb.DuckDBPyConnection
    packs: bool
    """Whether the database packs its own tables at a checkpoint, and no transaction is open."""

    @classmethod
    def of(cls, connection: duckdb.DuckDBPyConnection, *, packs: bool, rows: int) -> "LargeTables":
        """Return those for so many rows of evidence.

        Args:
            connection: Of the database.
            packs: Whether it can pack them.
            rows: Of evidence.
        """
        connection.execute(_REASON_TYPE)
        return cls(connection=connection, packs=packs and rows > _FROM_ROWS)

    def make(self, name: str, select: str, *, by: str = "", numbers: Numbers | None = None) -> None:
        """Make a table of what a SELECT gives.

        Args:
            name: Of the table.
            select: With {piece} for a condition, if it can be done piece by piece: which rows of its source to read.
            by: The number of such a row; empty if it cannot.
            numbers: Those of all.
        """
        in_pieces = self.packs and numbers is not None
        kept = "" if self.packs else "TEMP "
        first = select.replace("{piece}", "false" if in_pieces else "true")
        self.connection.execute(f"CREATE OR REPLACE {kept}TABLE {name} AS {first}")
        if in_pieces and numbers is not None:
            self.fill(f"INSERT INTO {name} {select}", by=by, numbers=numbers)
        else:
            self.pack()

    def fill(self, insert: str, *, by: str, numbers: Numbers) -> None:
        """Have an INSERT done, with {piece} as above."""
        if not self.packs:
            self.connection.execute(insert.replace("{piece}", "true"))
            return
        for first, last in numbers.pieces():
            self.connection.execute(insert.replace("{piece}", f"{by} BETWEEN {first} AND {last}"))
            self.pack()

    def pack(self) -> None:
        """Have what was put into the tables take less memory, where they can be packed."""
        if self.packs:
            self.connection.execute("CHECKPOINT")
