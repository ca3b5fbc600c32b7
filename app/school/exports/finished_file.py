"""The files that tasks make: in one folder, which nginx reads too."""

import os
from collections.abc import Iterable
from pathlib import Path

from django.conf import settings


def path_of(task_id: str) -> Path:
    """Return where a task's finished file is."""
    return Path(settings.EXPORT_FOLDER, f"{task_id}.xlsx")


def write_file(task_id: str, content: Iterable[bytes]) -> None:
    """Write a task's file; it gets its name when it is whole."""
    path = path_of(task_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.writelines(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
