"""Reads files of which it is no fault that they are not there: the kernel's, and others that may tell something."""

from pathlib import Path


def text_of(file: Path) -> str:
    """Return what is in a file; empty where it is not there, or cannot be read."""
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
