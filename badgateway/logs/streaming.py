"""Reads a stream, such as standard input, in pieces of whole lines that are in memory one after the other."""

import codecs
import gzip
import io
import zlib
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from badgateway.errors import RawDataError
from badgateway.logs.documents import as_lines
from badgateway.logs.scratch import Scratch, memory_scratch
from badgateway.logs.source import (
    GZIP_MAGIC,
    HEAD_BYTES,
    LONGEST_LINE_BYTES,
    UTF_16_MARKS,
    LocalFile,
    Span,
    damaged,
    whole_lines,
)

if TYPE_CHECKING:
    from concurrent.futures import Future

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

    @property
    def size_bytes(self) -> int:
        """How many bytes they have."""
        return len(self.begun) + self.end

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
    _taken_bytes: int = 0
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
        self._taken_bytes += len(content)
        lines = self._whole(content, is_last=is_last)
        if lines is None:
            return None
        path = scratch.new()
        lines.write(path)
        # To count them takes as long as to write them.
        number = lines.number
        piece = LocalFile(
            name=self.name,
            path=path,
            is_gzip=False,
            first_line=self.next_line,
            earlier=self._head_with(lines.head()),
            span=None if self._is_cut else self._span(lines, number),
        )
        self.next_line += number
        return piece

    def _span(self, lines: _Lines, number: int) -> Span:
        size = lines.size_bytes
        start = self._taken_bytes - len(self._rest) - size
        return Span(first_line=self.next_line, lines=number, start_byte=start, size_bytes=size)

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


def stream_pieces(
    name: str, stream: BinaryIO, scratch: Scratch, piece_bytes: int = PIECE_BYTES, *, files: int = 1
) -> Iterator[LocalFile]:
    """Yield the stream's lines, unpacked and in UTF-8.

    Args:
        name: What reports call it.
        stream: To read.
        scratch: For the pieces.
        piece_bytes: How many bytes a piece has, about.
        files: How many pieces there are at a time; the oldest is to be read before the next one is asked for.

    Raises:
        RawDataError: It cannot be read, or is a damaged gzip stream.
    """
    pieces, turns = Pieces(name=name), _Turns(scratch, files)
    for content, is_last in _contents(name, stream, piece_bytes):
        piece = pieces.piece(content, turns, is_last=is_last)
        del content
        if piece is not None:
            yield piece


@contextmanager
def file_pieces(file: LocalFile, scratch: Scratch, piece_bytes: int) -> Iterator[Iterator[LocalFile]]:
    """Give a file's lines as above, each piece made while the one before is read."""
    # A short log needs none.
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 # see above

    # The thread has ended before what it writes to is closed.
    with memory_scratch(scratch) as memory, file.path.open("rb") as stream, ThreadPoolExecutor(1) as thread:
        pieces = stream_pieces(file.name, stream, memory, piece_bytes, files=2)
        yield _ahead(lambda: thread.submit(next, pieces, None))


def _ahead(begin: "Callable[[], Future[LocalFile | None]]") -> Iterator[LocalFile]:
    coming = begin()
    while (piece := coming.result()) is not None:
        coming = begin()
        yield piece


class _Turns:
    """A few files that all pieces use, in turns."""

    def __init__(self, scratch: Scratch, files: int) -> None:
        self._scratch = scratch
        self._files = files
        self._paths: deque[Path] = deque()

    def new(self) -> Path:
        """Return the path of the one whose turn it is."""
        if len(self._paths) < self._files:
            self._paths.append(self._scratch.new())
        else:
            self._paths.rotate(-1)
        return self._paths[-1]


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
