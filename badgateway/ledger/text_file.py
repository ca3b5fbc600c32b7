"""Gives a raw file as lines of UTF-8: a client may put any byte into a request, and logs pass it on."""

import codecs
import re
import tempfile
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

PIECE_BYTES = 4 << 20
_ODD = re.compile("[\udc80-\udcff]|\r(?!\n)")
"""What the error handler surrogateescape makes of a byte that is no UTF-8, and what DuckDB takes for a line's end."""


@contextmanager
def as_utf8(path: Path, *, backslash: str = "\\") -> Iterator[Path]:
    r"""Yield the file, or a copy of it in which bytes that are no UTF-8 are spelled, such as \xe9; lines stay lines.

    A carriage return in a line is spelled too: only a line feed ends one.

    Args:
        path: A file that is there; of any size, only a piece or a line of it is in memory.
        backslash: How the file's format writes a backslash.
    """
    with path.open("rb") as content:
        if _is_clean(content):
            yield path
            return
    with tempfile.TemporaryDirectory(prefix="badgateway-") as folder:
        copy = Path(folder) / path.name
        with path.open("rb") as content, copy.open("w", encoding="utf-8", newline="") as spelled:
            spelled.writelines(_spelled(line, backslash) for line in content)
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
                yield number, _spelled(line, backslash).rstrip("\r\n")
                left -= 1
            if not left:
                return


def _is_clean(content: BinaryIO) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        while piece := content.read(PIECE_BYTES):
            if b"\r" in piece:
                return False
            # Between two pieces there may be half a character.
            if not piece.isascii() or decoder.getstate()[0]:
                decoder.decode(piece)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _spelled(line: bytes, backslash: str) -> str:
    text = line.decode("utf-8", "surrogateescape")
    return _ODD.sub(lambda found: f"{backslash}x{ord(found[0]) & 0xFF:02x}", text)
