"""Keeps a command going, and its exit status true, whatever becomes of those who read what it prints."""

import io
import os
import sys
from typing import TYPE_CHECKING, TextIO

from badgateway.errors import ResultsError

if TYPE_CHECKING:
    # The type of what a file takes has its home in typing's stubs until Python 3.12.
    from _typeshed import ReadableBuffer

_STANDARD = (0, 1, 2)


class _Stream(io.FileIO):
    """A standard stream that takes everything once its reader has gone, as `| head -1` does after a line."""

    def __init__(self, descriptor: int, called: str, *, must_be_written: bool) -> None:
        super().__init__(descriptor, "wb", closefd=False)
        self._called = called
        self._must_be_written = must_be_written

    def write(self, data: "ReadableBuffer", /) -> int:
        """Write, or drop what nobody reads.

        Raises:
            ResultsError: The place that it is redirected to cannot take it; said once.
        """
        try:
            return super().write(data)
        except BrokenPipeError:
            self._drop_the_rest()
        except OSError as error:
            self._drop_the_rest()
            if self._must_be_written:
                raise ResultsError(f"{self._called}: cannot be written: {error.strerror or error}") from error
        return memoryview(data).nbytes

    def _drop_the_rest(self) -> None:
        # What still waits in buffers goes here too, so that the interpreter has nothing to complain of at its end.
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.fileno())
        os.close(nowhere)


def keep_going_unread() -> None:
    """Make standard output and standard error streams that outlive their readers; a closed standard input is empty.

    A full disk behind standard output is told as a ResultsError, because the answer goes there. Behind standard error
    it is not: there is nowhere left to tell it, and a run is worth more than its progress.
    """
    _fill_closed()
    sys.stdin = _opened(sys.stdin)
    sys.stdout = _wrapped(sys.stdout, 1, "standard output", must_be_written=True)
    sys.stderr = _wrapped(sys.stderr, 2, "standard error", must_be_written=False)


def _fill_closed() -> None:
    # A log that is opened while 2 is closed becomes 2, and what is printed goes into it.
    for descriptor in _STANDARD:
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def _opened(stream: TextIO | None) -> TextIO:
    # Where 0 was closed as the interpreter began, there is no object for it.
    return stream or os.fdopen(0, encoding="utf-8", closefd=False)


def _wrapped(stream: TextIO | None, descriptor: int, called: str, *, must_be_written: bool) -> TextIO:
    encoding = getattr(stream, "encoding", None) or "utf-8"
    raw = _Stream(descriptor, called, must_be_written=must_be_written)
    # A file is written in blocks, a terminal and standard error line by line, as Python has them itself.
    by_line = descriptor != 1 or raw.isatty()
    return io.TextIOWrapper(io.BufferedWriter(raw), encoding, errors="backslashreplace", line_buffering=by_line)
