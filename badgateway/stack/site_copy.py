"""Copies a site to where it can be loaded and asked without anything being written into its own folder."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from badgateway.errors import ConfigurationError
from badgateway.process.account import Account, hand_over_all
from badgateway.stack.copied_files import copied_files

MOST_BYTES = 2 << 30
"""Of all that is copied: what is larger has media in it that no settings need."""


def copy_site(root: Path, folder: Path, account: Account | None, copy: Sequence[str] = ()) -> None:
    """Copy into folder, which is made, what a run copies of a site, but for links that lead out of it.

    Args:
        root: The site's folder.
        folder: To be made.
        account: Whose the copy is then.
        copy: As application.copy has it.

    Raises:
        ConfigurationError: It is too large, or cannot be read.
    """
    left = MOST_BYTES
    folder.mkdir()
    try:
        for file in copied_files(root, copy):
            source = root / file
            if not source.is_file() or not source.resolve().is_relative_to(root.resolve()):
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
