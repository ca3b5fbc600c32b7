"""Copies a repository to where its site can be loaded without anything being written into it, and without `.env`."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from badgateway.errors import ConfigurationError
from badgateway.plan.project_files import not_copied
from badgateway.process.account import Account, hand_over_all
from badgateway.stack.copied_files import list_known

MOST_BYTES = 2 << 30
"""Of all that is copied: what is larger has media in it that no settings need."""


def copy_site(root: Path, folder: Path, account: Account | None) -> None:
    """Copy what belongs to a repository into folder, which is made: what git knows, or else all but environments.

    Raises:
        ConfigurationError: It is too large, or cannot be read.
    """
    left = MOST_BYTES
    folder.mkdir()
    try:
        for file in _files(root):
            source = root / file
            if source.is_symlink() or not source.is_file():
                continue
            left -= source.stat().st_size
            if left < 0:
                raise ConfigurationError(
                    f"{root}: more than {MOST_BYTES >> 30} GiB to copy; let .gitignore name what the site does not need"
                )
            target = folder / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
    except OSError as error:
        raise ConfigurationError(f"{error.filename or root}: cannot be copied: {error.strerror or error}") from error
    hand_over_all(folder, account)


def _files(root: Path) -> Iterator[Path]:
    """Yield the files, relative to root."""
    known = _known_to_git(root)
    if known is None:
        yield from _files_below(root)
        return
    for file in known:
        parts = (root, *reversed([root / parent for parent in file.parents][:-1]))
        if not any(name in not_copied(place, (name,)) for place, name in zip(parts, file.parts, strict=True)):
            yield file


def _files_below(root: Path) -> Iterator[Path]:
    for place, folders, names in os.walk(root):
        folder = Path(place)
        left_out = not_copied(folder, (*folders, *names))
        folders[:] = [name for name in folders if name not in left_out]
        yield from ((folder / name).relative_to(root) for name in names if name not in left_out)


def _known_to_git(root: Path) -> list[Path] | None:
    """Return what git would commit or has; None where the folder is none of git's, or there is no git."""
    try:
        done = subprocess.run(list_known(root), capture_output=True, check=True, timeout=60)
    except (OSError, subprocess.SubprocessError):
        return None
    names = done.stdout.decode("utf-8", "surrogateescape").split("\0")
    return [Path(name) for name in names if name] or None
