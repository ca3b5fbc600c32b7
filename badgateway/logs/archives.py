"""Archives: files that hold logs instead of being one."""

import tarfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from badgateway.logs.source import Source


@contextmanager
def opened(sources: Sequence[Source]) -> Iterator[list[Source]]:
    """Yield the sources with each archive (tar, packed or not) replaced by its files; behind the block they are closed.

    A file in an archive is called as the archive with its path behind it, so that folders in it tell machines apart.
    """
    with ExitStack() as stack:
        yield [member for source in sources for member in _members(source, stack)]


def _members(source: Source, stack: ExitStack) -> Iterator[Source]:
    archive = _archive(source.content, stack) if isinstance(source.content, Path) else None
    files = [] if archive is None else [member for member in archive.getmembers() if member.isfile()]
    if archive is None or not files:
        yield source
        return
    for member in files:
        content = archive.extractfile(member)
        if content is not None:
            # tarfile.ExFileObject is a BinaryIO in all but its stub.
            yield replace(source, name=f"{source.name}/{member.name}", content=content)  # type: ignore[arg-type]


def _archive(path: Path, stack: ExitStack) -> tarfile.TarFile | None:
    try:
        return stack.enter_context(tarfile.open(path, "r:*")) if tarfile.is_tarfile(path) else None
    except (OSError, tarfile.TarError, EOFError):
        return None
