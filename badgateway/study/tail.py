"""Reads what is appended to a file or a stream, also when the file is rotated or emptied meanwhile."""

import os
import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from badgateway.errors import ConfigurationError

_AT_ONCE_BYTES = 16 * 1024 * 1024
_SEEN_BYTES = 128 * 1024
_LAST_BYTES = 256
_GZIP_MAGIC = b"\x1f\x8b"


def open_any(path: Path) -> BinaryIO:
    """Open a file for reading, a link to one too."""
    return path.open("rb")


class FileTail:
    """The end of a file; a line that a rotated file lacks the end of is ended where the next file begins."""

    def __init__(self, path: Path, open_file: Callable[[Path], BinaryIO] = open_any) -> None:
        """Begin at the file's end.

        Args:
            path: Of the file.
            open_file: Opens it for reading, and whatever has its name later.

        Raises:
            ConfigurationError: It cannot be read, or is packed.
        """
        self.is_over = False
        self._path, self._open = path, open_file
        try:
            # Closed by close(): it is read as long as the tail is followed.
            self._file = open_file(path)
        except OSError as error:
            raise ConfigurationError(f"{path} cannot be read: {error.strerror}; name a readable log file") from error
        if self._file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC:
            self._file.close()
            raise ConfigurationError(f"{path} is packed, so nothing is appended to it; --follow reads plain logs")
        self.before = self._end()
        self._at_line_start = True
        self._last = self.before[-_LAST_BYTES:]
        """What stands before the place up to which the file was read."""

    def _end(self) -> bytes:
        """Go to the file's end, and return the whole lines before it."""
        size = self._file.seek(0, os.SEEK_END)
        self._file.seek(max(size - _SEEN_BYTES, 0))
        lines = self._file.read(_SEEN_BYTES)
        return lines if size <= _SEEN_BYTES else lines[lines.find(b"\n") + 1 :]

    def read(self) -> bytes:
        """Return what was appended since the last time; empty when nothing was."""
        if self._was_emptied():
            # What was in it was read, or is lost.
            self._file.seek(0)
            self._last = b""
            return self._ended() + self._more()
        return self._more() or self._of_next_file()

    def _was_emptied(self) -> bool:
        """Whether the file is shorter than what was read, or has grown so long again with other lines in it."""
        place = self._file.tell()
        self._file.seek(place - len(self._last))
        return self._file.read(len(self._last)) != self._last

    def _more(self) -> bytes:
        content = self._file.read(_AT_ONCE_BYTES)
        if content:
            self._at_line_start = content.endswith(b"\n")
            self._last = (self._last + content)[-_LAST_BYTES:]
        return content

    def _ended(self) -> bytes:
        return b"" if self._at_line_start else b"\n"

    def _of_next_file(self) -> bytes:
        """Go to the file that has this name now, if it is another one."""
        try:
            if os.path.samestat(self._path.stat(), os.fstat(self._file.fileno())):
                return b""
            following = self._open(self._path)
        except OSError:
            # Moved away, and the next one is not there yet.
            return b""
        self._file.close()
        self._file, self._last = following, b""
        return self._ended() + self._more()

    @property
    def place(self) -> int:
        """The byte of the file that has this name up to which it was read."""
        return self._file.tell()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


class StreamTail:
    """What comes out of a stream, such as standard input; a thread waits for it."""

    def __init__(self, stream: BinaryIO) -> None:
        self.before = b""
        self._stream = stream
        self._came: queue.Queue[bytes] = queue.Queue(maxsize=256)
        self._has_ended = False
        # A daemon, for nothing can end its waiting but the other end.
        threading.Thread(target=self._wait, daemon=True).start()

    @property
    def is_over(self) -> bool:
        """Whether the stream has ended and all of it was read."""
        return self._has_ended and self._came.empty()

    def _wait(self) -> None:
        try:
            read = getattr(self._stream, "read1", self._stream.read)
            while content := read(64 * 1024):
                self._came.put(content)
        finally:
            self._has_ended = True

    def read(self) -> bytes:
        """Return what came since the last time; empty when nothing did."""
        parts: list[bytes] = []
        while len(parts) < self._came.maxsize and not self._came.empty():
            parts.append(self._came.get())
        return b"".join(parts)

    def close(self) -> None:
        """Nothing is to be let go of: the stream is the process's own."""
