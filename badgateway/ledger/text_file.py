"""Gives a raw file as UTF-8: a client may put any byte into a request, and logs pass it on."""

import codecs
import re
import tempfile
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

PIECE_BYTES = 4 << 20
_NOT_UTF8 = re.compile("[\udc80-\udcff]")
"""What the error handler surrogateescape makes of a byte that is no UTF-8."""


@contextmanager
def as_utf8(path: Path, *, backslash: str = "\\") -> Iterator[Path]:
    r"""Yield the file, or a copy of it in which bytes that are no UTF-8 are spelled, such as \xe9; lines stay lines.

    Args:
        path: A file that is there; of any size, only a piece of it is in memory.
        backslash: How the file's format writes a backslash.
    """
    with path.open("rb") as content:
        if _is_utf8(content):
            yield path
            return
    with tempfile.TemporaryDirectory(prefix="badgateway-") as folder:
        copy = Path(folder) / path.name
        _spell(path, copy, backslash)
        yield copy


def lines_at(path: Path, numbers: AbstractSet[int], *, backslash: str = "\\") -> Iterator[tuple[int, str]]:
    """Yield lines of a file by their numbers, from 1, without their ends and spelled as by `as_utf8`.

    Args:
        path: A file that is there.
        numbers: Those that are wanted.
        backslash: How the file's format writes a backslash.
    """
    left = len(numbers)
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if number in numbers:
                yield number, _spelled(line.rstrip(b"\r\n").decode("utf-8", "surrogateescape"), backslash)
                left -= 1
            if not left:
                return


def _is_utf8(content: BinaryIO) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while piece := content.read(PIECE_BYTES):
            # Between two pieces there may be half a character.
            if not piece.isascii() or decoder.getstate()[0]:
                decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _spell(path: Path, copy: Path, backslash: str) -> None:
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    with path.open("rb") as content, copy.open("w", encoding="utf-8", newline="") as spelled:
        while piece := content.read(PIECE_BYTES):
            spelled.write(_spelled(decoder.decode(piece), backslash))
        spelled.write(_spelled(decoder.decode(b"", final=True), backslash))


def _spelled(text: str, backslash: str) -> str:
    return _NOT_UTF8.sub(lambda found: f"{backslash}x{ord(found[0]) - 0xDC00:02x}", text)
