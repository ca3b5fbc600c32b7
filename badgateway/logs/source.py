"""Where log lines come from: plain or gzip files, made readable for DuckDB."""

import codecs
import gzip
import shutil
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from badgateway.errors import RawDataError
from badgateway.logs.documents import FIRST_BYTES, LARGEST_DOCUMENT_BYTES, as_lines, may_be_document
from badgateway.logs.given_format import GivenFormat
from badgateway.logs.scratch import Scratch

GZIP_MAGIC = b"\x1f\x8b"
HEAD_BYTES = 256 * 1024
LONGEST_LINE_BYTES = 64 * 1024
"""What a cleaned copy keeps of a line."""
UTF_16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A log to read: a file, or an open binary stream such as standard input; name is what reports call it.

    Attributes:
        log_format: The format that its lines may be in, where they are of no kind that is recognised.
    """

    name: str
    content: Path | BinaryIO
    log_format: GivenFormat | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalFile:
    """A log, or a piece of one, as a file.

    Attributes:
        name: What reports call it.
        path: Where it is.
        is_gzip: Whether it is packed.
        first_line: The number of its first line in the log.
        earlier: The log's first lines, where this is a piece of it; empty where it is all of it.
        span: Where the lines stand in what a piece was taken of; None where they do not, or not as they are here.
    """

    name: str
    path: Path
    is_gzip: bool
    first_line: int = 1
    earlier: tuple[str, ...] = ()
    span: "Span | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Whole lines of a file."""

    first_line: int
    lines: int
    start_byte: int
    size_bytes: int


def local_file(name: str, path: Path, scratch: Scratch) -> LocalFile:
    """See whether a file is compressed, and put one of UTF-16 into another in UTF-8.

    Raises:
        RawDataError: It is missing or cannot be read.
    """
    try:
        with path.open("rb") as file:
            is_gzip = file.read(len(GZIP_MAGIC)) == GZIP_MAGIC
    except OSError as error:
        raise RawDataError(f"{name} cannot be read: {error.strerror}; name a readable log file") from error
    return _unfolded(_in_utf_8(LocalFile(name=name, path=path, is_gzip=is_gzip), scratch), scratch)


def _in_utf_8(file: LocalFile, scratch: Scratch) -> LocalFile:
    """Copy a file of UTF-16, as PowerShell writes it; any other is as it should be."""
    if _first_bytes(file) not in UTF_16_MARKS:
        return file
    path = scratch.new()
    with _opened(file) as stream, path.open("w", encoding="utf-8", newline="") as copy:
        shutil.copyfileobj(codecs.getreader("utf-16")(stream, "backslashreplace"), copy, 1024 * 1024)
    return LocalFile(name=file.name, path=path, is_gzip=False)


def _unfolded(file: LocalFile, scratch: Scratch) -> LocalFile:
    """Copy a JSON document of entries as lines; any other file is as it should be."""
    if not may_be_document(_first_bytes(file, FIRST_BYTES)):
        return file
    with _opened(file) as stream:
        content = stream.read(LARGEST_DOCUMENT_BYTES + 1)
    lines = as_lines(content)
    if lines is content:
        return file
    path = scratch.new()
    path.write_bytes(lines)
    return LocalFile(name=file.name, path=path, is_gzip=False)


def _first_bytes(file: LocalFile, most: int = 2) -> bytes:
    try:
        with _opened(file) as stream:
            return stream.read(most)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise damaged(file.name) from error


def head(file: LocalFile) -> tuple[str, ...]:
    """The first whole lines of the log that are not blank, from which its kind is seen."""
    if file.earlier:
        return file.earlier
    with _opened(file) as stream:
        try:
            start = stream.read(HEAD_BYTES)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise damaged(file.name) from error
    return whole_lines(start, HEAD_BYTES)


def whole_lines(start: bytes, most_bytes: int) -> tuple[str, ...]:
    """The lines of a log's beginning that are not blank; where that has the most bytes, its last line was cut."""
    lines = start.decode(errors="backslashreplace").splitlines()
    whole = lines[:-1] if len(start) == most_bytes and len(lines) > 1 else lines
    return tuple(line for line in whole if line.strip())


def text_lines(file: LocalFile) -> Iterator[str]:
    r"""All lines without their ends; bytes that are not UTF-8 become \xNN, endless lines are cut.

    Raises:
        RawDataError: A gzip file ends too early or is damaged.
    """
    for line in _raw_lines(file):
        yield line.decode(errors="backslashreplace")


def cleaned(file: LocalFile, scratch: Scratch) -> LocalFile:
    r"""Copy the log without what DuckDB refuses: bytes that are not UTF-8 become \xNN, endless lines are cut.

    Raises:
        RawDataError: A gzip file ends too early or is damaged.
    """
    path = scratch.new()
    with path.open("wb") as copy:
        for line in text_lines(file):
            copy.write(line.encode() + b"\n")
    return replace(file, path=path, is_gzip=False)


def _raw_lines(file: LocalFile) -> Iterator[bytes]:
    with _opened(file) as stream:
        try:
            while piece := stream.readline(LONGEST_LINE_BYTES):
                yield piece.rstrip(b"\r\n")
                while piece and not piece.endswith(b"\n"):
                    piece = stream.readline(LONGEST_LINE_BYTES)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise damaged(file.name) from error


def _opened(file: LocalFile) -> BinaryIO:
    # gzip.GzipFile is a BinaryIO in all but its stub.
    return gzip.open(file.path, "rb") if file.is_gzip else file.path.open("rb")  # type: ignore[return-value]


def damaged(name: str) -> RawDataError:
    """Return what to raise of a gzip file that ends too early, or has other bytes in it."""
    return RawDataError(f"{name} is a cut or damaged gzip file: copy it again, or unpack what is left of it")
