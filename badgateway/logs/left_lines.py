"""Lines that were read and not kept: the few that are shown are read once more, from where they were left."""

import tempfile
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb

from badgateway.errors import RawDataError
from badgateway.logs.proxy_errors import error_projections, told
from badgateway.logs.scanning import KEPT_OF_LINE, scanned
from badgateway.logs.scratch import FolderScratch, Scratch, memory_scratch
from badgateway.logs.source import LocalFile, Span
from badgateway.model.evidence import PROXY_ERRORS

# A file that was emptied meanwhile, and filled again, has other lines there.
_AS_TOLD = f"""
SELECT line_number, {KEPT_OF_LINE} FROM ({{told}}) SEMI JOIN (
    SELECT line_number, message, request FROM {PROXY_ERRORS.name} WHERE line_number IN (SELECT unnest(?)))
USING (line_number, message, request)
"""  # noqa: S608 # constants of this module


class LeftLines:
    """The lines of one plain error log that stay where they are."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, name: str, path: Path, *, mask: bool) -> None:
        """Hold the file, whatever it will be called when its lines are wanted.

        Args:
            connection: With what is told of the lines.
            name: What reports call the file.
            path: Where it is.
            mask: Whether what is told is masked.
        """
        self._connection = connection
        self._name = name
        self._mask = mask
        self._spans: list[Span] = []
        self._file = path.open("rb")
        weakref.finalize(self, self._file.close)

    def leave(self, piece: LocalFile, lines: int) -> bool:
        """Leave the lines of a piece of the file where they are, and return whether they may be.

        Args:
            piece: Of whole lines.
            lines: How many were read: more than it has where one has a carriage return within.
        """
        if piece.span is None or piece.span.lines != lines:
            return False
        self._spans.append(piece.span)
        return True

    def texts(self, numbers: Sequence[int]) -> Mapping[int, str]:
        """Read lines again.

        Args:
            numbers: Of the lines in the file.

        Raises:
            RawDataError: It has other lines now.
        """
        found: dict[int, str] = {}
        with tempfile.TemporaryDirectory(prefix="badgateway-logs-") as folder:
            for span in self._spans:
                if wanted := [number for number in numbers if 0 <= number - span.first_line < span.lines]:
                    with memory_scratch(FolderScratch(Path(folder))) as scratch:
                        found |= self._read(span, wanted, scratch)
        if len(found) < len(set(numbers)):
            raise RawDataError(f"{self._name} was written anew while it was read: explain a copy of it")
        return found

    def _read(self, span: Span, numbers: list[int], scratch: Scratch) -> Mapping[int, str]:
        path = scratch.new()
        self._file.seek(span.start_byte)
        path.write_bytes(self._file.read(span.size_bytes))
        file = LocalFile(name=self._name, path=path, is_gzip=False, first_line=span.first_line)
        with scanned(self._connection, file, error_projections(0), scratch) as (rows, _):
            again = _AS_TOLD.format(told=told(rows, mask=self._mask))
            return dict(self._connection.execute(again, [numbers]).fetchall())
