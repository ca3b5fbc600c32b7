"""Temporary folders of the kit; what one that was killed has left in them goes when the next one starts."""

import os
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

if sys.platform != "win32":
    import fcntl

# Not below results/: the path of a unix socket may have 107 bytes, and the clone may be closed to the account.
PLACE = Path("/tmp")  # noqa: S108 # mkdtemp makes it private
PREFIX = "badgateway-run-"
SCRATCH_PREFIX = "badgateway-scratch-"
LOCK = "in-use"
"""The file that a living kit keeps locked; the kernel takes the lock away however the kit ends."""
TURN_DEADLINE_S = 5.0
"""How long to wait for another kit that is just making or removing folders."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFolder:
    """A folder of the kit's as it was made: servers live in it, and fail when somebody else removes or closes it."""

    path: Path
    device: int
    inode: int
    mode: int
    uid: int
    gid: int

    @classmethod
    def at(cls, path: Path) -> "OwnFolder":
        """Take note of a folder as it is now.

        Raises:
            OSError: It is not there.
        """
        found = path.lstat()
        return cls(
            path=path, device=found.st_dev, inode=found.st_ino, mode=found.st_mode, uid=found.st_uid, gid=found.st_gid
        )

    def change(self) -> str | None:
        """Return what somebody has done to it since, "/tmp/x was removed"; None when it is as it was."""
        try:
            now = OwnFolder.at(self.path)
        except OSError:
            return f"{self.path} was removed"
        if (now.device, now.inode) != (self.device, self.inode):
            return f"{self.path} was put in place of another one"
        if now.mode != self.mode:
            modes = f"{stat.S_IMODE(self.mode):04o} to {stat.S_IMODE(now.mode):04o}"
            return f"the mode of {self.path} was changed from {modes}"
        return None if now == self else f"{self.path} was given to another user or group"


@contextmanager
def scratch_space() -> Iterator[None]:
    """Let every temporary file of this process be made in one folder, which goes at the end or with the next kit.

    A log of gigabytes may have been copied or sorted there when the kit is killed. Where no folder can be made, and
    on Windows, which has no such locks, files are made where they always are.
    """
    with ExitStack() as stack:
        if sys.platform != "win32":
            with suppress(OSError):
                folder = stack.enter_context(temporary_folder(Path(tempfile.gettempdir()), SCRATCH_PREFIX))
                stack.callback(setattr, tempfile, "tempdir", tempfile.tempdir)
                tempfile.tempdir = str(folder)
        yield


@contextmanager
def temporary_folder(place: Path = PLACE, prefix: str = PREFIX) -> Iterator[Path]:
    """Make a folder that nobody else can enter, and remove it at the end."""
    with _turn(place) as is_ours:
        if is_ours:
            remove_left_behind(place)
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=place))
        lock = _taken(folder)
    try:
        yield folder
    finally:
        # What cannot be removed now goes when the next kit starts.
        with suppress(OSError):
            _remove(folder)
        os.close(lock)


@contextmanager
def _turn(place: Path) -> Iterator[bool]:
    """Let one kit at a time make and remove folders, so that one without a lock is no folder that is just being made.

    The lock is on the place itself, which everybody can open: there is no file that somebody could have put there. Who
    keeps it for long, for whatever reason, keeps nobody from working: then nothing is removed, and False given.
    """
    descriptor = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield _locked(descriptor)
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    deadline = time.monotonic() + TURN_DEADLINE_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        else:
            return True


def _taken(folder: Path) -> int:
    lock = os.open(folder / LOCK, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    fcntl.flock(lock, fcntl.LOCK_EX)
    return lock


def remove_all_left_behind(place: Path = PLACE) -> None:
    """Remove what kits of this user that were killed have left in place."""
    with _turn(place) as is_ours:
        if is_ours:
            remove_left_behind(place)


def remove_left_behind(place: Path) -> None:
    """Remove this user's folders whose kit has ended without doing so, in the turn of the one that asks."""
    for folder in chain(place.glob(f"{PREFIX}*"), place.glob(f"{SCRATCH_PREFIX}*")):
        # Another kit is living in it, somebody else's is none of our business, and what is not empty is no kit's.
        with suppress(OSError):
            _remove_unused(folder)


def _remove_unused(folder: Path) -> None:
    status = folder.lstat()
    # Anybody may put a link to anything into /tmp.
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid():
        return
    try:
        lock = os.open(folder / LOCK, os.O_WRONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        # Its kit was killed in its first moment, before it could lock anything, or in its last: it is empty.
        folder.rmdir()
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _remove(folder)
    finally:
        os.close(lock)


def _remove(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry, ignore_errors=True)
        elif entry.name != LOCK:
            entry.unlink(missing_ok=True)
    # A server that is just being killed may have written once more; with its lock the folder goes at the next start.
    if {entry.name for entry in folder.iterdir()} <= {LOCK}:
        shutil.rmtree(folder, ignore_errors=True)
