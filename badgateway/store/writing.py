"""Writes to results/ so that a thing is there whole or not at all."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from badgateway.errors import ResultsError


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Let an error of the file system become one line about the path."""
    try:
        yield
    except OSError as error:
        raise ResultsError(f"{path}: cannot be written: {error.strerror or error}") from error
    except duckdb.IOException as error:
        raise ResultsError(f"{path}: cannot be written: {str(error).splitlines()[0]}") from error


def keep(raw_folder: Path, target: Path, record_name: str, record: bytes) -> Path:
    """Move a folder's files to target with a record beside them; return target, whose parent is made.

    The copy is made under another name and renamed, so that it is there whole or not at all.

    Raises:
        ResultsError: It cannot be written.
    """
    unfinished = target.with_name(f".{target.name}")
    with writing(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(unfinished, ignore_errors=True)
        shutil.copytree(raw_folder, unfinished, ignore=_all_but_files, copy_function=shutil.copyfile)
        (unfinished / record_name).write_bytes(record + b"\n")
        unfinished.rename(target)
    shutil.rmtree(raw_folder)
    return target


def _all_but_files(directory: str, names: list[str]) -> list[str]:
    """Tell copytree to leave out sockets, pipes and temporary folders of the servers."""
    return [name for name in names if not (Path(directory) / name).is_file()]
