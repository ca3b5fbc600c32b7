"""Any text as Markdown that prints as it is."""

import re
from collections.abc import Iterable

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~&])")


def escaped(text: str) -> str:
    """Return text that Markdown prints as it is, in one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def table_line(cells: Iterable[str]) -> str:
    """Return one line of a table; the cells are Markdown already."""
    return f"| {' | '.join(cells)} |"


def code_span(text: str) -> str:
    """Return a code span; its fence is longer than any run of backticks inside."""
    line = " ".join(text.split())
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", line)), default=0))
    return f"{fence} {line} {fence}" if "`" in line else f"{fence}{line}{fence}"
