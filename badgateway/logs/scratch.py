"""Where copies of lines go while logs are read: a folder on the disk, or memory alone."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol


class Scratch(Protocol):
    """Gives names for new files."""

    def new(self) -> Path:
        """Return the path of a file that is not there yet, or is empty."""


class FolderScratch:
    """Files in a folder, which whoever made it removes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made = 0

    def new(self) -> Path:
        """Return the path of a file that is not there yet."""
        self._made += 1
        return self._folder / f"copy-{self._made}"


class _MemoryScratch:
    """Files of Linux that have a descriptor and no place on a disk."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack

    def new(self) -> Path:
        """Return the path of an empty file."""
        descriptor = os.memfd_create("badgateway-lines", os.MFD_CLOEXEC)
        self._stack.callback(os.close, descriptor)
        return Path(f"/proc/self/fd/{descriptor}")


@contextmanager
def memory_scratch(otherwise: Scratch) -> Iterator[Scratch]:
    """Yield a scratch that takes no room on the disk, and is gone behind the block.

    Args:
        otherwise: What to yield where the system has no files in memory.
    """
    if not hasattr(os, "memfd_create"):
        yield otherwise
        return
    with ExitStack() as stack:
        yield _MemoryScratch(stack)
