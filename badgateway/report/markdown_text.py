"""Any text as Markdown that prints as it is, and cannot steer a terminal that shows it."""

import re
from collections.abc import Iterable

from badgateway.model.printable import printable, printable_lines

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>|#~&])")


def escaped(text: str) -> str:
    """Return text that Markdown prints as it is, in one line."""
    return _SPECIAL.sub(r"\\\1", _one_line(text))


def table_line(cells: Iterable[str]) -> str:
    """Return one line of a table; the cells are Markdown already."""
    return f"| {' | '.join(cells)} |"


def code_span(text: str) -> str:
    """Return a code span; its fence is longer than any run of backticks inside."""
    line = _one_line(text)
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", line)), default=0))
    return f"{fence} {line} {fence}" if "`" in line else f"{fence}{line}{fence}"


def whole_page(blocks: Iterable[str]) -> str:
    """Return a whole page of blocks of Markdown, whatever is in them."""
    return printable_lines("\n\n".join(block for block in blocks if block)) + "\n"


def _one_line(text: str) -> str:
    return printable(" ".join(text.split()))
