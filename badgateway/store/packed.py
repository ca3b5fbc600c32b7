"""Raw files that grow with the load are kept compressed; who reads a trial gets them as they were written."""

import gzip
import os
import shutil
import tempfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from badgateway.errors import RawDataError
from badgateway.model import raw
from badgateway.store.plain_file import PIECE_BYTES, PRIVATE, copy_plain, create_plain, open_plain

PACKED = (raw.CLIENT_ROWS, raw.ACCESS_LOG, raw.ERROR_LOG, raw.JOURNAL, raw.SERVER_LOG)
SUFFIX = ".gz"
LEAST_BYTES = 128 << 10
"""Smaller files stay as they are, for whoever opens them by hand."""
LEVEL = 1
"""The fastest: a trial waits for it, and books are a tenth of their size as it is."""
MOST_BYTES = {**dict.fromkeys(PACKED, raw.MOST_WRITTEN_BYTES), raw.SERVER_LOG: 2 * raw.MOST_PRINTED_BYTES}
"""Of each file as it was written. More the kit does not keep, and what comes from elsewhere must not fill the disk.

A server that printed too much is seen twice a second.
"""


def keep_plain(source: Path, folder: Path) -> None:
    """Copy a regular file into a folder, compressed if it is one of those and large; the same bytes each time.

    Only its owner reads it: logs keep their bytes, and with them what users sent.

    Raises:
        UntrustedFileError, OSError: As from `copy_plain`.
    """
    if source.name not in PACKED or source.lstat().st_size < LEAST_BYTES:
        copy_plain(source, folder / source.name, mode=PRIVATE)
        return
    with (
        open_plain(source) as file,
        create_plain(folder / f"{source.name}{SUFFIX}", PRIVATE) as packed,
        gzip.GzipFile(filename="", mode="wb", compresslevel=LEVEL, fileobj=packed, mtime=0) as stream,
    ):
        shutil.copyfileobj(file, stream, PIECE_BYTES)


@contextmanager
def unpacked(folder: Path) -> Iterator[Path]:
    """Give a trial's folder with its files as they were written: itself, or one that goes with the block.

    What is said of a file in it, is said of the folder.

    Raises:
        RawDataError: A file cannot be unpacked, is there twice, or is larger than any that the kit keeps.
        UntrustedFileError: A file is a link or none.
    """
    for name in PACKED:
        if os.path.lexists(folder / name):
            _demand_bounded(folder / name, (folder / name).lstat().st_size, name)
    packed = [name for name in PACKED if os.path.lexists(folder / f"{name}{SUFFIX}")]
    if not packed:
        yield folder
        return
    for name in packed:
        if os.path.lexists(folder / name):
            # The list of the trial's files vouches for one of them, and who reads must not get the other.
            raise RawDataError(
                f"{folder / name}: is there compressed too, as {name}{SUFFIX}; remove the one that {raw.FILES} lacks"
            )
    with tempfile.TemporaryDirectory(prefix="badgateway-") as made:
        place = Path(made)
        for name in packed:
            _unpack(folder / f"{name}{SUFFIX}", place / name)
        for entry in folder.iterdir():
            if not (place / entry.name).exists():
                (place / entry.name).symlink_to(entry.absolute())
        try:
            yield place
        except RawDataError as error:
            raise RawDataError(str(error).replace(made, str(folder))) from error


def _unpack(source: Path, target: Path) -> None:
    with open_plain(source) as file, gzip.GzipFile(fileobj=file) as stream, target.open("xb") as plain:
        try:
            while piece := stream.read(PIECE_BYTES):
                _demand_bounded(source, plain.tell() + len(piece), target.name)
                plain.write(piece)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise RawDataError(f"{source}: cannot be unpacked: {error}") from error


def _demand_bounded(path: Path, size_bytes: int, name: str) -> None:
    if size_bytes > MOST_BYTES[name]:
        raise RawDataError(
            f"{path}: has more than the {MOST_BYTES[name] >> 20:,} MiB that a trial's {name} can have, so nothing of "
            "it was used; put the file itself there"
        )
