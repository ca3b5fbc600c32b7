"""Checks an .xls file while it streams past, in little memory: whole, and with all its rows."""

import struct
from collections.abc import Mapping

from badgateway.load.checks import BodyCheck, wrong_rows

_SIGNATURE = bytes.fromhex("d0cf11e0a1b11ae1")
_SECTOR_BYTES = 512
_DIRECTORY_AT = struct.Struct("<48xL")
_RECORD = struct.Struct("<HH")
_END, _ROW = 0x0A, 0x208


class OldWorkbookCheck(BodyCheck):
    """Demands a complete .xls file whose one sheet has the rows that a response header promises.

    Its workbook must lie in one piece behind the file's header, as xlwt writes it.
    """

    def __init__(self, *, rows_header: str = "X-Export-Rows", heading_rows: int = 1) -> None:
        self._rows_header = rows_header
        self._heading_rows = heading_rows
        self._promised: str | None = None
        self._head = b""
        self._total_bytes = 0
        self._records = _RecordRows()

    def begin(self, headers: Mapping[str, str]) -> None:
        """Remember how many rows are promised."""
        self._promised = headers.get(self._rows_header.lower())

    def feed(self, chunk: bytes) -> None:
        """Read on in the file."""
        self._total_bytes += len(chunk)
        missing = _SECTOR_BYTES - len(self._head)
        self._head += chunk[:missing]
        self._records.feed(chunk[missing:])

    def verdict(self) -> str | None:
        """Judge the end of the file first: a cut file has fewer rows because it is cut."""
        return self._wrong_end() or self._wrong_rows()

    def cut(self) -> str | None:
        """Compare the file's length with where its header says its directory is."""
        return self._wrong_end() if self._has_header() else None

    def _has_header(self) -> bool:
        return self._head.startswith(_SIGNATURE) and len(self._head) == _SECTOR_BYTES

    def _wrong_end(self) -> str | None:
        if not self._has_header():
            return "no .xls header"
        (directory,) = _DIRECTORY_AT.unpack_from(self._head)
        # xlwt writes the directory last: it begins in this sector, counted behind the header, and fills at least that.
        if self._total_bytes < (directory + 2) * _SECTOR_BYTES or self._total_bytes % _SECTOR_BYTES:
            return f".xls file of {self._total_bytes} bytes ends before its directory"
        return None

    def _wrong_rows(self) -> str | None:
        if not self._records.complete:
            return "no whole sheet in the workbook"
        return wrong_rows(
            self._records.rows, promised=self._promised, header=self._rows_header, heading_rows=self._heading_rows
        )


class _RecordRows:
    """Counts the rows of the first sheet in a workbook's records, which arrive in pieces."""

    def __init__(self) -> None:
        self.rows = 0
        self._ended = 0
        self._buffer = b""
        self._position = 0
        """Of the next record; beyond the buffer's end when the one before has not come whole."""

    @property
    def complete(self) -> bool:
        """Whether the globals and the first sheet have come to their ends."""
        return self._ended == 2

    def feed(self, chunk: bytes) -> None:
        if self.complete:
            return
        beyond = max(0, self._position - len(self._buffer))
        self._buffer = self._buffer[self._position :] + chunk
        self._position = beyond
        while not self.complete and self._position + _RECORD.size <= len(self._buffer):
            kind, length = _RECORD.unpack_from(self._buffer, self._position)
            self.rows += kind == _ROW
            self._ended += kind == _END
            self._position += _RECORD.size + length
