"""Where log lines come from: plain or gzip files and streams, made readable for DuckDB."""

import codecs
import gzip
import shutil
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from badgateway.errors import RawDataError

_GZIP_MAGIC = b"\x1f\x8b"
_HEAD_BYTES = 256 * 1024
LONGEST_LINE_BYTES = 64 * 1024
"""What a cleaned copy keeps of a line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A log to read: a file, or an open binary stream such as standard input; name is what reports call it."""

    name: str
    content: Path | BinaryIO


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalFile:
    """A log as a file on disk."""

    name: str
    path: Path
    is_gzip: bool


def local_file(source: Source, scratch: Path) -> LocalFile:
    """Put a stream into a file in the folder scratch, and see whether the file is compressed.

    Raises:
        RawDataError: It is missing or cannot be read.
    """
    try:
        path = source.content if isinstance(source.content, Path) else _spooled(source.content, scratch)
        with path.open("rb") as file:
            is_gzip = file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
    except OSError as error:
        raise RawDataError(f"{source.name} cannot be read: {error.strerror}; name a readable log file") from error
    return _in_utf_8(LocalFile(name=source.name, path=path, is_gzip=is_gzip), scratch)


def _in_utf_8(file: LocalFile, scratch: Path) -> LocalFile:
    """Copy a file of UTF-16, as PowerShell writes it; any other is as it should be."""
    if _first_bytes(file) not in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return file
    path = scratch / f"utf-8-{len(list(scratch.iterdir()))}"
    with _opened(file) as stream, path.open("w", encoding="utf-8", newline="") as copy:
        shutil.copyfileobj(codecs.getreader("utf-16")(stream, "backslashreplace"), copy, 1024 * 1024)
    return LocalFile(name=file.name, path=path, is_gzip=False)


def _first_bytes(file: LocalFile) -> bytes:
    try:
        with _opened(file) as stream:
            return stream.read(2)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise _damaged(file) from error


def _spooled(stream: BinaryIO, scratch: Path) -> Path:
    path = scratch / f"stream-{len(list(scratch.iterdir()))}"
    with path.open("wb") as file:
        shutil.copyfileobj(stream, file, 1024 * 1024)
    return path


def head(file: LocalFile) -> tuple[str, ...]:
    """The first whole lines that are not blank, from which the file's kind is seen."""
    with _opened(file) as stream:
        try:
            start = stream.read(_HEAD_BYTES)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise _damaged(file) from error
    lines = start.decode(errors="backslashreplace").splitlines()
    whole = lines[:-1] if len(start) == _HEAD_BYTES and len(lines) > 1 else lines
    return tuple(line for line in whole if line.strip())


def text_lines(file: LocalFile) -> Iterator[str]:
    r"""All lines without their ends; bytes that are not UTF-8 become \xNN, endless lines are cut.

    Raises:
        RawDataError: A gzip file ends too early or is damaged.
    """
    for line in _raw_lines(file):
        yield line.decode(errors="backslashreplace")


def cleaned(file: LocalFile, scratch: Path) -> LocalFile:
    r"""Copy the log without what DuckDB refuses: bytes that are not UTF-8 become \xNN, endless lines are cut.

    Raises:
        RawDataError: A gzip file ends too early or is damaged.
    """
    path = scratch / f"cleaned-{len(list(scratch.iterdir()))}"
    with path.open("wb") as copy:
        for line in text_lines(file):
            copy.write(line.encode() + b"\n")
    return LocalFile(name=file.name, path=path, is_gzip=False)


def _raw_lines(file: LocalFile) -> Iterator[bytes]:
    with _opened(file) as stream:
        try:
            while piece := stream.readline(LONGEST_LINE_BYTES):
                yield piece.rstrip(b"\r\n")
                while piece and not piece.endswith(b"\n"):
                    piece = stream.readline(LONGEST_LINE_BYTES)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise _damaged(file) from error


def _opened(file: LocalFile) -> BinaryIO:
    # gzip.GzipFile is a BinaryIO in all but its stub.
    return gzip.open(file.path, "rb") if file.is_gzip else file.path.open("rb")  # type: ignore[return-value]


def _damaged(file: LocalFile) -> RawDataError:
    return RawDataError(f"{file.name} is a cut or damaged gzip file: copy it again, or unpack what is left of it")
