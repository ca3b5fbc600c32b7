"""The statements that a database is seen executing: with their values masked, counted look by look, kept in a file."""

import csv
import re
import time
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from badgateway.model.raw import STATEMENT_COLUMNS

_NUMBERS = r"\b0x[0-9a-f]+\b | (?<![\w`\".])\d+(?:\.\d+)?(?:e[+-]?\d+)?\b"
_COMMENTS = re.compile(r"/\*.*?(?:\*/|$)", re.DOTALL)
_LISTS = re.compile(r"\((?:\s*\?\s*,)+\s*(?:\?\s*\)|$)")
_SPACES = re.compile(r"\s+")


@cache
def _values(text_values: str) -> re.Pattern[str]:
    return re.compile(f"{text_values} | {_NUMBERS}", re.VERBOSE | re.IGNORECASE | re.DOTALL)


def masked(statement: str, text_values: str) -> str:
    """Return a statement without its values, so that all that differ in nothing else are one; on one line.

    `text_values` is what a text is in its database's SQL: see DatabaseSystem.
    """
    without_values = _COMMENTS.sub(" ", _values(text_values).sub("?", statement))
    return _LISTS.sub("(?, ...)", _SPACES.sub(" ", without_values).strip())


class StatementLog:
    """Appends rows of time_s, executing (how many are at that moment) and statement."""

    def __init__(self, path: Path, text_values: str) -> None:
        """Begin the file, unless it is there already; of statements whose texts are as `masked` has it."""
        self._path = path
        self._text_values = text_values
        if not path.exists():
            path.write_text(",".join(STATEMENT_COLUMNS) + "\n", encoding="utf-8")

    def note(self, seen: Iterable[tuple[str, int]]) -> None:
        """Note what is being executed now: each statement as it is, and how often."""
        counts = Counter[str]()
        for statement, executing in seen:
            counts[masked(statement, self._text_values)] += executing
        if not counts:
            return
        now = f"{time.time():.6f}"
        with self._path.open("a", newline="", encoding="utf-8", errors="backslashreplace") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerows((now, executing, statement) for statement, executing in sorted(counts.items()))
