"""The statements that a database is seen executing: with their values masked, counted look by look, kept in a file."""

import csv
import re
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from badgateway.model.raw import STATEMENT_COLUMNS

# A string may be cut off where the statement was.
_VALUES = re.compile(
    r"""
    '(?:[^'\\]|''|\\.)*(?:'|\\?$)
    | "(?:[^"\\]|""|\\.)*(?:"|\\?$)
    | \b0x[0-9a-f]+\b
    | (?<![\w`.])\d+(?:\.\d+)?(?:e[+-]?\d+)?\b
    """,
    re.VERBOSE | re.IGNORECASE | re.DOTALL,
)
_COMMENTS = re.compile(r"/\*.*?(?:\*/|$)", re.DOTALL)
_LISTS = re.compile(r"\((?:\s*\?\s*,)+\s*(?:\?\s*\)|$)")
_SPACES = re.compile(r"\s+")


def masked(statement: str) -> str:
    """Return a statement without its values, so that all that differ in nothing else are one; on one line."""
    without_values = _COMMENTS.sub(" ", _VALUES.sub("?", statement))
    return _LISTS.sub("(?, ...)", _SPACES.sub(" ", without_values).strip())


class StatementLog:
    """Appends rows of time_s, executing (how many are at that moment) and statement."""

    def __init__(self, path: Path) -> None:
        """Begin the file, unless it is there already."""
        self._path = path
        if not path.exists():
            path.write_text(",".join(STATEMENT_COLUMNS) + "\n", encoding="utf-8")

    def note(self, seen: Iterable[tuple[str, int]]) -> None:
        """Note what is being executed now: each statement as it is, and how often."""
        counts = Counter[str]()
        for statement, executing in seen:
            counts[masked(statement)] += executing
        if not counts:
            return
        now = f"{time.time():.6f}"
        with self._path.open("a", newline="", encoding="utf-8", errors="backslashreplace") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerows((now, executing, statement) for statement, executing in sorted(counts.items()))
