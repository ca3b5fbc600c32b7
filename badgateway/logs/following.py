"""Reads logs as they grow: each look has all evidence of the last minutes."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import duckdb

from badgateway.logs.given_format import GivenFormat
from badgateway.logs.hosts import note_hosts
from badgateway.logs.log_evidence import LogEvidence, LogFile
from badgateway.logs.planning import Planner
from badgateway.logs.reader import Reader
from badgateway.logs.reading import evidence_database
from badgateway.logs.scratch import FolderScratch, memory_scratch
from badgateway.logs.streaming import Pieces

WINDOW_S = 600
"""How long what was read is kept as evidence."""
_TIMED = ("failures", "proxy_errors", "dated_lines")


class LogFollower:
    """Fed what is appended to some logs, in the order in which it comes."""

    def __init__(
        self,
        names: Sequence[str],
        folder: Path,
        *,
        utc_offset_s: float | None,
        likely_offset_s: float,
        mask: bool,
        formats: Sequence[GivenFormat | None] = (),
    ) -> None:
        """Have nothing read yet.

        Args:
            names: What reports call the logs.
            folder: For copies, where the system has no files in memory.
            utc_offset_s: How far ahead of UTC times without a zone are; None: it is found out.
            likely_offset_s: What it is taken for where the logs do not tell.
            mask: Whether to mask secrets.
            formats: For each log, the one that was given for it, if any.
        """
        self._connection = evidence_database()
        self._scratch = FolderScratch(folder)
        self._reader = Reader(
            connection=self._connection,
            scratch=self._scratch,
            utc_offset_s=utc_offset_s,
            likely_offset_s=likely_offset_s,
            mask=mask,
            planner=Planner(formats=formats),
        )
        self._pieces = [Pieces(name=name) for name in names]

    def close(self) -> None:
        """Let go of what was read."""
        self._connection.close()

    def see(self, number: int, before: bytes) -> None:
        """Learn the kind of a log from lines that were there before; they are not read."""
        self._pieces[number].see(before)
        self._reader.planner.learn(number, self._pieces[number].earlier)

    def take(self, number: int, content: bytes, came_s: float, *, is_last: bool = False) -> bool:
        """Read what was appended to a log; return whether there was a whole line."""
        with memory_scratch(self._scratch) as memory:
            piece = self._pieces[number].piece(content, memory, is_last=is_last)
            if piece is None:
                return False
            self._reader.scratch = memory
            self._reader.take_piece(number, piece, came_s)
            self._reader.scratch = self._scratch
        return True

    def forget(self, before_s: float) -> None:
        """Forget evidence of more than WINDOW_S before the last; of what servers wrote, what came before before_s."""
        self._reader.forget_held(before_s)
        for table in _TIMED:
            self._connection.execute(
                f"DELETE FROM {table} WHERE time_s < (SELECT max(time_s) FROM {table}) - {WINDOW_S}"  # noqa: S608 # constants
            )

    @contextmanager
    def evidence(self) -> Iterator[LogEvidence]:
        """Yield all evidence of the last minutes; what is done to its tables is undone afterwards."""
        with memory_scratch(self._scratch) as memory, self._undone():
            before = _State.of(self._reader)
            files = self._reader.finish(memory)
            note_hosts(self._connection, files)
            offset_s = self._reader.errors_offset_s
            notes = tuple(dict.fromkeys(self._reader.notes))
            before.restore(self._reader)
            yield LogEvidence(connection=self._connection, files=files, utc_offset_s=offset_s, notes=notes)

    @contextmanager
    def _undone(self) -> Iterator[None]:
        self._connection.execute("BEGIN TRANSACTION")
        try:
            yield
        finally:
            with suppress(duckdb.TransactionException):
                self._connection.execute("ROLLBACK")


@dataclass(frozen=True, slots=True)
class _State:
    """What a reader has learnt of what was not held."""

    found: dict[tuple[int, int], LogFile]
    notes: list[str]
    errors_offset_s: float

    @classmethod
    def of(cls, reader: Reader) -> "_State":
        return cls(found=dict(reader.found), notes=list(reader.notes), errors_offset_s=reader.errors_offset_s)

    def restore(self, reader: Reader) -> None:
        reader.found, reader.notes = self.found, self.notes
        reader.errors_offset_s = self.errors_offset_s
