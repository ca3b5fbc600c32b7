"""Checks an .xlsx file of the example site while it streams past, in little memory: whole, and with all its rows."""

import re
import struct
import zlib
from collections.abc import Generator, Mapping

from badgateway.load.checks import BodyCheck, wrong_rows

SHEET = b"xl/worksheets/sheet1.xml"
_ANY_SHEET = re.compile(rb"xl/worksheets/sheet[0-9]+\.xml")
_ROW_TAG = b"<row "
_LOCAL_HEADER = struct.Struct("<4s5H3L2H")
_DESCRIPTOR_SIGNATURE = b"PK\x07\x08"
_LOCAL_SIGNATURE = b"PK\x03\x04"
_END_SIGNATURE = b"PK\x05\x06"
_NO_END_RECORD = "no ZIP end-of-central-directory record"
_END_RECORD = struct.Struct("<4s4H2LH")
_STORED, _DEFLATED = 0, 8
_SIZES_FOLLOW_DATA = 0x08
_TAIL_BYTES = 1024
"""The end record is 22 bytes; this leaves room for a comment, which Excel writers do not use."""
_INFLATE_BYTES = 256 * 1024
"""Bound on what one step of inflating may yield, so that no archive can fill the memory."""

_Parser = Generator[None, bytes, None]


class WorkbookCheck(BodyCheck):
    """Demands a complete ZIP archive whose sheets together have the rows that a response header promises.

    Each sheet has heading_rows of its own on top.
    """

    def __init__(self, *, rows_header: str = "X-Export-Rows", heading_rows: int = 1) -> None:
        self._rows_header = rows_header
        self._heading_rows = heading_rows
        self._promised: str | None = None
        self._head = b""
        self._tail = b""
        self._total_bytes = 0
        self._sheets = _SheetRows()

    def begin(self, headers: Mapping[str, str]) -> None:
        """Remember how many rows are promised."""
        self._promised = headers.get(self._rows_header.lower())

    def feed(self, chunk: bytes) -> None:
        """Read on in the archive."""
        self._total_bytes += len(chunk)
        self._head += chunk[: len(_LOCAL_SIGNATURE) - len(self._head)]
        self._tail = (self._tail + chunk)[-_TAIL_BYTES:]
        self._sheets.feed(chunk)

    def verdict(self) -> str | None:
        """Judge the end of the archive first: a cut file has fewer rows because it is cut."""
        return self._wrong_end() or self._sheets.fault or self._wrong_rows()

    def cut(self) -> str | None:
        """Look for the record that ends every archive, if it begins as one."""
        is_archive = self._head == _LOCAL_SIGNATURE
        return _NO_END_RECORD if is_archive and not self._has_end_record() else None

    def _has_end_record(self) -> bool:
        start = self._tail.rfind(_END_SIGNATURE)
        return start >= 0 and len(self._tail) - start >= _END_RECORD.size

    def _wrong_end(self) -> str | None:
        if not self._has_end_record():
            return _NO_END_RECORD
        start = self._tail.rfind(_END_SIGNATURE)
        *_, directory_bytes, directory_offset, comment_bytes = _END_RECORD.unpack_from(self._tail, start)
        if start + _END_RECORD.size + comment_bytes != len(self._tail):
            return "bytes after the ZIP end record"
        if directory_offset + directory_bytes != self._total_bytes - (len(self._tail) - start):
            return "ZIP end record contradicts the length of the file"
        return None

    def _wrong_rows(self) -> str | None:
        sheets = self._sheets.rows
        if not sheets:
            return f"no {SHEET.decode()} in the workbook"
        return wrong_rows(
            sum(sheets),
            promised=self._promised,
            header=self._rows_header,
            heading_rows=len(sheets) * self._heading_rows,
        )


class _SheetRows:
    """Counts the rows of each sheet of an archive that arrives in pieces.

    zipfile wants to seek to the end first; a download is read once, from the front, by its local headers.
    """

    def __init__(self) -> None:
        self.rows: list[int] = []
        """Of each sheet that was read to its end."""
        self.fault: str | None = None
        self._buffer = b""
        self._parser: _Parser | None = self._entries()
        next(self._parser)

    def feed(self, chunk: bytes) -> None:
        if self._parser is None:
            return
        try:
            self._parser.send(chunk)
        except StopIteration:
            self._stop()
        except (zlib.error, struct.error) as fault:
            self.fault = f"damaged ZIP entry: {fault}"
            self._stop()

    def _stop(self) -> None:
        self._parser = None
        self._buffer = b""

    def _entries(self) -> _Parser:
        while True:
            yield from self._await(_LOCAL_HEADER.size)
            signature, _, flags, method, *_, packed_bytes, _, name_bytes, extra_bytes = _LOCAL_HEADER.unpack_from(
                self._buffer
            )
            if signature != _LOCAL_SIGNATURE:
                return
            yield from self._await(_LOCAL_HEADER.size + name_bytes + extra_bytes)
            name = self._buffer[_LOCAL_HEADER.size :][:name_bytes]
            self._buffer = self._buffer[_LOCAL_HEADER.size + name_bytes + extra_bytes :]
            yield from self._entry(name, method, None if flags & _SIZES_FOLLOW_DATA else packed_bytes)

    def _entry(self, name: bytes, method: int, packed_bytes: int | None) -> _Parser:
        is_sheet = _ANY_SHEET.fullmatch(name) is not None
        if method == _DEFLATED and (is_sheet or packed_bytes is None):
            rows = yield from self._inflate()
            if is_sheet:
                self.rows.append(rows)
        elif method in {_STORED, _DEFLATED} and packed_bytes is not None and not is_sheet:
            yield from self._skip(packed_bytes)
        else:
            message = f"{name.decode(errors='replace')} is packed in a way that cannot be read while it streams"
            raise zlib.error(message)
        if packed_bytes is None:
            yield from self._skip_descriptor()

    def _inflate(self) -> Generator[None, bytes, int]:
        """Inflate one entry and count the row tags in it."""
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        rows, before = 0, b""
        while not inflater.eof:
            if not self._buffer:
                yield from self._await(1)
            text = before + inflater.decompress(self._buffer, _INFLATE_BYTES)
            self._buffer = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
            rows += text.count(_ROW_TAG)
            before = text[1 - len(_ROW_TAG) :]
        return rows

    def _skip(self, count: int) -> _Parser:
        while count > len(self._buffer):
            count -= len(self._buffer)
            self._buffer = yield
        self._buffer = self._buffer[count:]

    def _skip_descriptor(self) -> _Parser:
        """Pass the lengths that follow the data: 4 bytes each, or 8 in a large file; only the next signature tells."""
        yield from self._await(20)
        signed = self._buffer.startswith(_DESCRIPTOR_SIGNATURE)
        short = 16 if signed else 12
        is_short = self._buffer[short : short + 2] == b"PK"
        yield from self._skip(short if is_short else short + 8)

    def _await(self, count: int) -> _Parser:
        while len(self._buffer) < count:
            self._buffer += yield
