"""Reads a stream, such as standard input, in pieces of whole lines that are in memory one after the other."""

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, NamedTuple

from badgateway.errors import RawDataError
from badgateway.logs.documents import as_lines
from badgateway.logs.scratch import Scratch
from badgateway.logs.source import (
    GZIP_MAGIC,
    HEAD_BYTES,
    LONGEST_LINE_BYTES,
    UTF_16_MARKS,
    LocalFile,
    damaged,
    whole_lines,
)

PIECE_BYTES = 32 * 1024 * 1024


class _Lines(NamedTuple):
    """Whole lines as they came, for a copy of so many takes as long as to read them."""

    begun: bytes
    """What came before of the first one."""
    content: bytes
    end: int
    """Where in the content the last one ends."""

    @property
    def number(self) -> int:
        """How many they are."""
        ends = self.begun.count(b"\n") + self.content.count(b"\n", 0, self.end)
        last = self.content[self.end - 1 : self.end] if self.end else self.begun[-1:]
        return ends + (last != b"\n")

    def head(self) -> bytes:
        """Return the first bytes of them."""
        return (self.begun + self.content[: min(self.end, HEAD_BYTES)])[:HEAD_BYTES]

    def write(self, path: Path) -> None:
        """Put them into a file."""
        with path.open("wb") as file:
            file.write(self.begun)
            file.write(memoryview(self.content)[: self.end])


@dataclass(slots=True, kw_only=True)
class Pieces:
    """Makes pieces of what comes in, and remembers where it is."""

    name: str
    """What reports call the stream."""
    next_line: int = 1
    _head: bytes = b""
    _rest: bytes = b""
    _is_cut: bool = False
    earlier: tuple[str, ...] = field(default=())
    """Its first lines, from which its kind is seen."""

    def see(self, before: bytes) -> None:
        """Learn the stream's kind from lines that are not read."""
        self._head_with(before)

    def piece(self, content: bytes, scratch: Scratch, *, is_last: bool = False) -> LocalFile | None:
        """Put the whole lines of what came into a file of the scratch; None when there is none yet.

        Args:
            content: What came.
            scratch: Where to put them.
            is_last: Whether nothing comes any more, so that a line without an end is whole.
        """
        lines = self._whole(content, is_last=is_last)
        if lines is None:
            return None
        path = scratch.new()
        lines.write(path)
        piece = LocalFile(
            name=self.name, path=path, is_gzip=False, first_line=self.next_line, earlier=self._head_with(lines.head())
        )
        self.next_line += lines.number
        return piece

    def _whole(self, content: bytes, *, is_last: bool) -> "_Lines | None":
        """Return the whole lines, and keep what may still become one."""
        if self._is_cut:
            # The rest of a line without end, of which the beginning was kept.
            _, end, content = content.partition(b"\n")
            self._is_cut = not end
        begun, self._rest = self._rest, b""
        at = len(content) if is_last else content.rfind(b"\n") + 1
        if at or (begun and is_last):
            self._rest = content[at:]
            return _Lines(begun, content, at)
        if len(begun) + len(content) <= PIECE_BYTES:
            self._rest = begun + content
            return None
        self._is_cut = True
        kept = (begun + content)[:LONGEST_LINE_BYTES] + b"\n"
        return _Lines(b"", kept, len(kept))

    def _head_with(self, lines: bytes) -> tuple[str, ...]:
        """Return the stream's first lines, from which its kind is seen."""
        if len(self._head) < HEAD_BYTES:
            self._head += lines[: HEAD_BYTES - len(self._head)]
            self.earlier = whole_lines(self._head, HEAD_BYTES)
        return self.earlier


def stream_pieces(name: str, stream: BinaryIO, scratch: Scratch, piece_bytes: int = PIECE_BYTES) -> Iterator[LocalFile]:
    """Yield the stream's lines, unpacked and in UTF-8; a piece is to be read before the next one is asked for.

    Raises:
        RawDataError: It cannot be read, or is a damaged gzip stream.
    """
    pieces = Pieces(name=name)
    path: Path | None = None
    for content, is_last in _contents(name, stream, piece_bytes):
        piece = pieces.piece(content, _Same(scratch, path), is_last=is_last)
        del content
        if piece is not None:
            path = piece.path
            yield piece


@dataclass(frozen=True, slots=True)
class _Same:
    """The one file that all pieces use, one after the other."""

    scratch: Scratch
    path: Path | None

    def new(self) -> Path:
        """Return its path."""
        return self.path or self.scratch.new()


def _contents(name: str, stream: BinaryIO, piece_bytes: int) -> Iterator[tuple[bytes, bool]]:
    try:
        reader = _in_utf_8(_unpacked(_Peeked(stream)))
        content = reader.read(piece_bytes)
        # A byte ahead tells whether this was the last, and takes no memory while the piece is read.
        ahead = reader.read(1) if content else b""
        contents = [content if ahead else as_lines(content)]
        del content
        while contents[-1]:
            yield contents.pop(), not ahead
            contents = [ahead + reader.read(piece_bytes) if ahead else b""]
            ahead = reader.read(1) if ahead else b""
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise damaged(name) from error
    except OSError as error:
        raise RawDataError(f"{name} cannot be read: {error.strerror}; name a readable log file") from error


class _Peeked(io.RawIOBase):
    """A stream whose first bytes can be looked at."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.first = stream.read(len(GZIP_MAGIC))
        self._left = self.first

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Return so many bytes, fewer only at the end."""
        start, self._left = (self._left, b"") if self._left else (b"", b"")
        return start + self._stream.read(size - len(start) if size >= 0 else -1)


def _unpacked(stream: _Peeked) -> _Peeked:
    if stream.first != GZIP_MAGIC:
        return stream
    # gzip.GzipFile is a BinaryIO in all but its stub.
    return _Peeked(gzip.GzipFile(fileobj=stream))  # type: ignore[arg-type]


class _Utf8:
    """UTF-16 as UTF-8."""

    def __init__(self, stream: _Peeked) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-16")("backslashreplace")

    def read(self, size: int) -> bytes:
        """Return about so many bytes, none at the end."""
        while content := self._stream.read(size):
            if text := self._decoder.decode(content):
                return text.encode(errors="backslashreplace")
        return b""


def _in_utf_8(stream: _Peeked) -> "_Peeked | _Utf8":
    return _Utf8(stream) if stream.first in UTF_16_MARKS else stream
