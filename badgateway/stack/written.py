"""The folder that the servers of a trial write to, and how the kit takes what it needs out of it.

The folder belongs to the servers' account: whatever runs there may put anything in it, under any name. So the kit reads
nothing there but regular files of that account, by their known names and never through a link, and writes nothing.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from badgateway.errors import DeploymentError, UntrustedFileError
from badgateway.model import raw as raw_files
from badgateway.process.account import Account, hand_over
from badgateway.process.interruption import held
from badgateway.store.plain_file import copy_plain, open_plain

FOLDER = "written"
"""In a trial's raw folder."""
RUN_FOLDER = "run"
"""Sockets, pid files and temporary files; the template of nginx has the name too."""
NAMES = (raw_files.ACCESS_LOG, raw_files.ERROR_LOG, raw_files.JOURNAL)
"""All that is taken; what a server prints goes to a log that the kit has opened for it."""
LOOK_BYTES = 64 << 20
"""Of a file that is still being written: a site must not be able to fill the memory either."""


@contextmanager
def written_folder(raw: Path, account: Account | None) -> Iterator[Path]:
    """Make the folder, with its run folder; when the block ends, what is known by name is in raw and the folder gone.

    Raises:
        DeploymentError: A file is no regular file of the account's, or too large; the others were taken.
    """
    folder = raw / FOLDER
    folder.mkdir(mode=0o700)
    (folder / RUN_FOLDER).mkdir(mode=0o755)
    hand_over(folder / RUN_FOLDER, account)
    hand_over(folder, account)
    try:
        yield folder
    except BaseException:
        # What is wrong with the block itself is said, not what follows from it.
        _take_out(folder, raw, account)
        raise
    refused = _take_out(folder, raw, account)
    if refused:
        raise DeploymentError("; ".join(refused))


def written_text(file: Path, account: Account | None) -> bytes:
    """Return what a file of the folder holds by now, 64 MiB at most; nothing while there is none.

    Raises:
        DeploymentError: It is no regular file of the account's.
    """
    try:
        with open_plain(file, owner=account.uid if account else None) as opened:
            return opened.read(LOOK_BYTES)
    except FileNotFoundError:
        return b""
    except UntrustedFileError as error:
        raise DeploymentError(str(error)) from error


def _take_out(folder: Path, raw: Path, account: Account | None) -> list[str]:
    refused = []
    with held():
        for name in NAMES:
            try:
                _take(folder / name, raw / name, account)
            except UntrustedFileError as error:
                refused.append(str(error))
        shutil.rmtree(folder)
    return refused


def _take(source: Path, target: Path, account: Account | None) -> None:
    try:
        copy_plain(source, target, owner=account.uid if account else None, most_bytes=raw_files.MOST_WRITTEN_BYTES)
    except FileNotFoundError:
        # A server that did not come up has written none; who reads it says that it is missing.
        return
