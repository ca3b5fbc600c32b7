"""Loads the journal as a server does, and reads what it wrote."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

JOURNAL = Path(__file__).parents[2] / "servers" / "journal.py"
COLUMNS = ("kind", "time_s", "pid", "thread", "number", "request_id", "status", "body_bytes", "duration_s", "detail")


def load(name: str = "journal") -> ModuleType:
    """Execute the file as a module of that name, outside sys.modules."""
    specification = importlib.util.spec_from_file_location(name, JOURNAL)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def written(file: Path, *kinds: str) -> list[dict[str, Any]]:
    """Return the lines of those kinds, or all, as the columns they have."""
    lines = [line.split(",") for line in file.read_text(encoding="ascii").splitlines()]
    rows = [dict(zip(COLUMNS, line, strict=True)) for line in lines]
    return [row for row in rows if not kinds or row["kind"] in kinds]
