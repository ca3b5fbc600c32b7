"""Makes the tables that have a row for each line or failure, of which there may be millions."""

from dataclasses import dataclass

import duckdb

from badgateway.causes.conditions import listed
from badgateway.model.evidence import Reason

REASON = "reason_word"
"""The type of a reason: a number of one byte, where it is kept and where it is compared."""
_REASON_TYPE = f"CREATE TYPE IF NOT EXISTS {REASON} AS ENUM {listed(Reason)}"

_PIECE_ROWS = 250_000
_FROM_ROWS = 100_000
"""Fewer rows take no memory to speak of."""


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

    def make(self, name: str, select: str, *, row: str = "", rows: int = 0) -> None:
        """Make a table of what a SELECT gives.

        Args:
            name: Of the table.
            select: With {piece} for a condition, if it can be done piece by piece: which rows of its source to read.
            row: The number of such a row, from 0; empty if it cannot.
            rows: How many there are.
        """
        in_pieces = self.packs and bool(row)
        kept = "" if self.packs else "TEMP "
        first = select.replace("{piece}", "false" if in_pieces else "true")
        self.connection.execute(f"CREATE OR REPLACE {kept}TABLE {name} AS {first}")
        if in_pieces:
            self.fill(f"INSERT INTO {name} {select}", row=row, rows=rows)
        else:
            self._pack()

    def fill(self, insert: str, *, row: str, rows: int) -> None:
        """Have an INSERT done, with {piece} as above."""
        if not self.packs:
            self.connection.execute(insert.replace("{piece}", "true"))
            return
        for first in range(0, rows, _PIECE_ROWS):
            piece = f"{row} BETWEEN {first} AND {first + _PIECE_ROWS - 1}"
            self.connection.execute(insert.replace("{piece}", piece))
            self._pack()

    def _pack(self) -> None:
        if self.packs:
            self.connection.execute("CHECKPOINT")
