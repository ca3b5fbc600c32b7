"""Opens, copies and writes files in folders that somebody else may have filled, and never through a link."""

import errno
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from badgateway.errors import UntrustedFileError

PIECE_BYTES = 1 << 20
OPEN, PRIVATE = 0o666, 0o600
"""Modes of new files: what the umask leaves of the first; the second for what may have secrets in it."""
_NO_FILE = {errno.ELOOP, errno.EMLINK, errno.ENXIO}
"""What open() says with O_NOFOLLOW of a link (Linux, BSD), and of a socket."""

_KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFDIR: "a folder",
    stat.S_IFREG: "a file",
}


def open_plain(path: Path, *, owner: int | None = None) -> BinaryIO:
    """Open a regular file for reading; only the last part of the path may be somebody else's doing.

    Args:
        path: Where it is.
        owner: The user id it must belong to; None takes any.

    Raises:
        UntrustedFileError: It is a link, no regular file or of another owner; the message has its name, no content.
        OSError: There is none, or it may not be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in _NO_FILE:
            raise _refused(path, path.lstat(), owner) from None
        raise
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or owner not in {None, status.st_uid}:
        os.close(descriptor)
        raise _refused(path, status, owner)
    return os.fdopen(descriptor, "rb")


def copy_plain(
    source: Path, target: Path, *, owner: int | None = None, most_bytes: int | None = None, mode: int = OPEN
) -> None:
    """Copy a regular file into a new one, which belongs to who runs this and has the mode that the umask leaves.

    Raises:
        UntrustedFileError: As from open_plain, or the source is larger than most_bytes.
        FileExistsError: There is a target.
        OSError: It cannot be read or written.
    """
    with open_plain(source, owner=owner) as file:
        size_bytes = os.fstat(file.fileno()).st_size
        if most_bytes is not None and size_bytes > most_bytes:
            raise UntrustedFileError(
                f"{source}: has {size_bytes:,} bytes, more than the {most_bytes:,} that are kept; it was not copied"
            )
        with create_plain(target, mode) as copy:
            shutil.copyfileobj(file, copy, PIECE_BYTES)


def create_plain(path: Path, mode: int = OPEN) -> BinaryIO:
    """Open a new file for writing, with the mode that the umask leaves.

    Raises:
        FileExistsError: There is something of that name, a link included.
        OSError: It cannot be made.
    """
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode), "wb")


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a new empty file beside path to write to; when the block ends well, it takes the place of what is at path.

    A link at path is replaced, and what it leads to stays as it was. The name in between is one that nobody can guess.
    """
    beside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    create_plain(beside).close()
    try:
        yield beside
        beside.replace(path)
    finally:
        with suppress(FileNotFoundError):
            beside.unlink()


def demand_plain(folder: Path) -> None:
    """Return if a folder is one, and all that is in it are regular files or folders, and no links.

    Raises:
        UntrustedFileError: It is something else; nothing of it was read.
        OSError: The folder cannot be read.
    """
    if (kind := other_than_folder(folder)) is not None:
        raise UntrustedFileError(f"{folder}: is {kind} where a folder belongs; nothing of it was read")
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            found = entry.stat(follow_symlinks=False)
            if not stat.S_ISREG(found.st_mode) and not stat.S_ISDIR(found.st_mode):
                raise _refused(folder / entry.name, found, None)


def other_than_folder(path: Path) -> str | None:
    """Return what is there in place of a folder, such as "a symbolic link"; None where it is a folder itself.

    Raises:
        OSError: There is nothing.
    """
    kind = stat.S_IFMT(path.lstat().st_mode)
    return None if kind == stat.S_IFDIR else _KINDS.get(kind, "a device")


def _refused(path: Path, status: os.stat_result, owner: int | None) -> UntrustedFileError:
    kind, what = _KINDS.get(stat.S_IFMT(status.st_mode), "a device"), "a regular file"
    if stat.S_ISREG(status.st_mode) and owner is not None:
        kind, what = f"a file of user {status.st_uid}", f"one of user {owner}"
    return UntrustedFileError(
        f"{path}: is {kind} where {what} belongs; nothing of it was read; put the file itself there"
    )
