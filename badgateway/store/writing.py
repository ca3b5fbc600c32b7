"""Writes to results/ so that a thing is there whole or not at all."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
from pydantic import ValidationError

from badgateway.errors import ResultsError, UntrustedFileError
from badgateway.model.decoding import first_fault
from badgateway.model.printable import printable, shortened
from badgateway.store.file_list import write_list
from badgateway.store.packed import keep_plain
from badgateway.store.plain_file import create_plain, open_plain

ASIDE = "damaged-"
"""How the name of a folder begins that was damaged, and was done again."""
_LONGEST = 200
MOST_BYTES = 64 << 20
"""Of a file that is read whole: manifest, record, list. A thousand trials take less than one of them."""


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Let an error of the file system become one line about the path."""
    try:
        yield
    except OSError as error:
        raise ResultsError(f"{path}: cannot be written: {error.strerror or error}") from error
    except duckdb.IOException as error:
        raise ResultsError(f"{path}: cannot be written: {str(error).splitlines()[0]}") from error


def damaged(file: Path, error: Exception) -> ResultsError:
    """Return what is wrong with a file of the results, in one line; the first fault where there are several."""
    if isinstance(error, FileNotFoundError):
        return ResultsError(f"{file}: is missing")
    if isinstance(error, OSError):
        return ResultsError(f"{file}: cannot be read: {error.strerror or error}")
    if isinstance(error, ValidationError):
        key, fault = first_fault(error)
        told = f"{shortened(key)}: {fault}" if key else fault
    else:
        told = str(error).splitlines()[0]
    return ResultsError(f"{file}: damaged: {printable(shortened(told, _LONGEST))}")


def set_aside(folder: Path) -> Path:
    """Give a folder a name by which nothing takes it for what it was; return it.

    Raises:
        ResultsError: It cannot be renamed.
    """
    names = (f"{ASIDE}{folder.name}", *(f"{ASIDE}{folder.name}-{number}" for number in range(2, 1000)))
    target = next(free for name in names if not (free := folder.with_name(name)).exists())
    with writing(folder):
        return folder.rename(target)


def keep(raw_folder: Path, target: Path, record_name: str, record: bytes) -> Path:
    """Move a folder's files to target with a record and a list of all beside them; return target, whose parent is made.

    The copy is made under another name and renamed, so that it is there whole or not at all.

    Raises:
        ResultsError: It cannot be written.
    """
    unfinished = target.with_name(f".{target.name}")
    with writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir()
        for name in _files(raw_folder):
            keep_plain(raw_folder / name, unfinished)
        with create_plain(unfinished / record_name) as file:
            file.write(record + b"\n")
        write_list(unfinished)
        unfinished.rename(target)
    shutil.rmtree(raw_folder)
    return target


def _files(folder: Path) -> list[str]:
    """Return the names of the regular files; links, sockets, pipes and folders are left out."""
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries if entry.is_file(follow_symlinks=False))


def read_own(path: Path) -> bytes:
    """Return what a file of a results folder holds.

    Raises:
        ResultsError: It is a link, no regular file or endless, as a folder from elsewhere may have it.
    """
    try:
        with open_plain(path) as file:
            content = file.read(MOST_BYTES + 1)
    except UntrustedFileError as error:
        raise ResultsError(str(error)) from error
    if len(content) > MOST_BYTES:
        raise ResultsError(
            f"{path}: is larger than {MOST_BYTES >> 20} MiB, which none that badgateway wrote is; remove it"
        )
    return content


def demand_own(folder: Path) -> None:
    """Return if a folder of a results folder is not there, or is one itself.

    Raises:
        ResultsError: It is a link or no folder: what is written there would go elsewhere.
    """
    if os.path.lexists(folder) and (folder.is_symlink() or not folder.is_dir()):
        raise ResultsError(f"{folder}: is a link or no folder; nothing there is read or written; put the folder there")
