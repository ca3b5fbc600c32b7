"""One process at a time runs a run: two would deploy and load at once, and number their trials alike."""

import fcntl
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from badgateway.errors import ResultsError, TakenError
from badgateway.store.writing import writing

LOCK = ".lock"
"""The file in the run's folder; only its owner and root can open it, so nobody else can keep it locked."""
_HOLDER = re.compile(r"pid \d+, since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC")
_LONGEST = 100


@contextmanager
def locked(run: Path) -> Iterator[None]:
    """Hold a run's lock until the block ends; the kernel takes it away however the process ends.

    Reports are written without it: they only read the trials, and each file is there whole or not at all.

    Raises:
        TakenError: Another process has it.
        ResultsError: The file cannot be made, or is not one that this made.
    """
    file = run / LOCK
    descriptor = _taken(file)
    try:
        yield
    finally:
        # While it is locked: whoever opens it before sees that it has lost its name.
        file.unlink(missing_ok=True)
        os.close(descriptor)


def _taken(file: Path) -> int:
    while True:
        with writing(file):
            descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
        try:
            _require_own(file, descriptor)
            _lock(file, descriptor)
            if _is_at(file, descriptor):
                _sign(file, descriptor)
                return descriptor
        except BaseException:
            os.close(descriptor)
            raise
        # The one who had it has just ended, and its file with it.
        os.close(descriptor)


def _lock(file: Path, descriptor: int) -> None:
    try:
        with writing(file):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except ResultsError as error:
        if not isinstance(error.__cause__, BlockingIOError):
            raise
        found = _HOLDER.match(os.pread(descriptor, _LONGEST, 0).decode(errors="replace"))
        who = found[0] if found else "another process"
        raise TakenError(
            f"{file.parent}: is being run by {who}; wait for its end, or end it; `badgateway report` works meanwhile"
        ) from None


def _require_own(file: Path, descriptor: int) -> None:
    # A run's folder may come from elsewhere: what is written here must not go into a file that is something else.
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1 or found.st_size > _LONGEST:
        raise ResultsError(f"{file}: is no lock that badgateway made; remove it")


def _is_at(file: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), file.lstat())
    except FileNotFoundError:
        return False


def _sign(file: Path, descriptor: int) -> None:
    text = f"pid {os.getpid()}, since {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC\n"
    with writing(file):
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, text.encode(), 0)
