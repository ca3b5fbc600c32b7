"""Writes files that are not there yet into a folder of the user's, and shows how those that are would differ."""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

from badgateway.errors import ConfigurationError
from badgateway.store.plain_file import create_plain
from badgateway.store.writing import writing

_NOTHING = "/dev/null"


def write_new(folder: Path, files: Mapping[PurePosixPath, str]) -> None:
    """Write all files, or none where one of them is there already.

    Raises:
        ConfigurationError: One is there; a link counts.
        ResultsError: They cannot be written.
    """
    demand_new(folder, files)
    for path, text in files.items():
        target = folder / path
        with writing(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            with create_plain(target) as file:
                file.write(text.encode())


def demand_new(folder: Path, paths: Iterable[PurePosixPath]) -> None:
    """Return when none of the files is there.

    Raises:
        ConfigurationError: One is; a link counts.
    """
    there = [path for path in paths if _is_there(folder / path)]
    if there:
        others = f" and {len(there) - 1} more" if len(there) > 1 else ""
        raise ConfigurationError(
            f"{folder / there[0]}{others}: is there already, and nothing was written; --diff prints what would change, "
            "or name another folder"
        )


def all_there(folder: Path, files: Mapping[PurePosixPath, str]) -> bool:
    """Tell whether each file is there with just that text."""
    return all((folder / path).is_file() for path in files) and not list(differences(folder, files))


def differences(folder: Path, files: Mapping[PurePosixPath, str]) -> Iterator[str]:
    """Yield a patch, line by line, that makes the files in a folder those: `patch -p1` takes it in that folder.

    Raises:
        ConfigurationError: What is there is no text.
    """
    for path, text in files.items():
        target = folder / path
        before = _text(target) if _is_there(target) else None
        if before == text:
            continue
        old = _lines(before) if before is not None else []
        yield from _patch(old, _lines(text), _NOTHING if before is None else f"a/{path}", f"b/{path}")


def _is_there(path: Path) -> bool:
    return path.exists() or path.is_symlink()


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: is no text that could be compared; move it away") from error


def _lines(text: str) -> list[str]:
    return text.splitlines(keepends=True)


def _patch(old: Iterable[str], new: Iterable[str], before: str, after: str) -> Iterator[str]:
    for line in difflib.unified_diff(list(old), list(new), before, after):
        yield line.removesuffix("\n")
        if not line.endswith("\n") and line[:1] in " +-":
            yield "\\ No newline at end of file"
