"""The temporary folder of one run; what a kit that was killed has left there goes when the next one starts."""

import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

# Not below results/: the path of a unix socket may have 107 bytes, and the clone may be closed to the account.
PLACE = Path("/tmp")  # noqa: S108 # mkdtemp makes it private, then we open it
PREFIX = "badgateway-"
LOCK = "in-use"
"""The file that a living kit keeps locked; the kernel takes the lock away however the kit ends."""


@contextmanager
def temporary_folder(place: Path = PLACE) -> Iterator[Path]:
    """Make a folder that everybody can read and only the kit can write, and remove it at the end."""
    remove_left_behind(place)
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
    lock = _taken(folder)
    try:
        folder.chmod(0o755)
        yield folder
    finally:
        # What cannot be removed now goes when the next kit starts.
        with suppress(OSError):
            _remove(folder)
        os.close(lock)


def _taken(folder: Path) -> int:
    # Locked before it has its name: whoever finds the name without a lock knows that its owner is gone.
    nameless = folder / f"{LOCK}.new"
    lock = os.open(nameless, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    nameless.rename(folder / LOCK)
    return lock


def remove_left_behind(place: Path) -> None:
    """Remove this user's folders whose kit has ended without doing so."""
    for lock in place.glob(f"{PREFIX}*/{LOCK}"):
        # Another kit is living in it, another one was faster to remove it, or somebody else's is none of our business.
        with suppress(BlockingIOError, FileNotFoundError, PermissionError):
            _remove_unused(lock)


def _remove_unused(lock: Path) -> None:
    folder = lock.parent.lstat()
    # Anybody may put a link to anything into /tmp.
    if not stat.S_ISDIR(folder.st_mode) or folder.st_uid != os.geteuid():
        return
    descriptor = os.open(lock, os.O_WRONLY | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _remove(lock.parent)
    finally:
        os.close(descriptor)


def _remove(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        elif entry.name != LOCK:
            entry.unlink(missing_ok=True)
    # A server that is just being killed may have written once more; with its lock the folder goes at the next start.
    if [entry.name for entry in folder.iterdir()] == [LOCK]:
        shutil.rmtree(folder, ignore_errors=True)
