"""Gives a raw file as UTF-8: a client may put any byte into a request, and logs pass it on."""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NOT_UTF8 = re.compile("[\udc80-\udcff]")
"""What the error handler surrogateescape makes of a byte that is no UTF-8."""


@contextmanager
def as_utf8(path: Path, *, backslash: str = "\\") -> Iterator[Path]:
    r"""Yield the file, or a copy of it in which bytes that are no UTF-8 are spelled, such as \xe9; lines stay lines.

    Args:
        path: A file that is there.
        backslash: How the file's format writes a backslash.
    """
    content = path.read_bytes()
    if content.isascii() or _is_utf8(content):
        yield path
        return
    text = content.decode("utf-8", "surrogateescape")
    spelled = _NOT_UTF8.sub(lambda found: f"{backslash}x{ord(found[0]) - 0xDC00:02x}", text)
    with tempfile.TemporaryDirectory(prefix="badgateway-") as folder:
        copy = Path(folder) / path.name
        copy.write_bytes(spelled.encode())
        yield copy


def _is_utf8(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True
