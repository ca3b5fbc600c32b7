"""Archives: files that hold logs instead of being one."""

import tarfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO

from badgateway.logs.source import Source


@contextmanager
def opened(sources: Sequence[Source]) -> Iterator[list[Source]]:
    """Yield the sources with each archive (tar, packed or not, or zip) replaced by its files, closed behind the block.

    A file in an archive is called as the archive with its path behind it, so that folders in it tell machines apart.
    """
    with ExitStack() as stack:
        yield [member for source in sources for member in _members(source, stack)]


def _members(source: Source, stack: ExitStack) -> Iterator[Source]:
    files = _files(source.content, stack) if isinstance(source.content, Path) else []
    if not files:
        yield source
    for name, content in files:
        # What archives open is a BinaryIO in all but its stub.
        yield replace(source, name=f"{source.name}/{name}", content=content)  # type: ignore[arg-type]


def _files(path: Path, stack: ExitStack) -> list[tuple[str, IO[bytes]]]:
    """Open the files of an archive; nothing when it is none, or is damaged."""
    try:
        if zipfile.is_zipfile(path):
            zipped = stack.enter_context(zipfile.ZipFile(path))
            return [(each.filename, zipped.open(each)) for each in zipped.infolist() if not each.is_dir()]
        if tarfile.is_tarfile(path):
            packed = stack.enter_context(tarfile.open(path, "r:*"))  # noqa: SIM115 # the stack closes it
            opened_files = ((each.name, packed.extractfile(each)) for each in packed.getmembers() if each.isfile())
            return [(name, content) for name, content in opened_files if content is not None]
    except (OSError, tarfile.TarError, zipfile.BadZipFile, EOFError):
        return []
    return []
