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


def table(head: Iterable[str], align: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a table; the cells are Markdown already."""
    return "\n".join(map(table_line, (head, align, *rows)))


def bullets(lines: Iterable[str]) -> str:
    """Return a list of lines, each printed as it is; empty without one."""
    return "\n".join(f"- {escaped(line)}" for line in lines)


def blocks(*each: str) -> str:
    """Return blocks with an empty line between two; those that are empty are left out."""
    return "\n\n".join(block for block in each if block)


def code_span(text: str) -> str:
    """Return a code span; its fence is longer than any run of backticks inside."""
    line = _one_line(text)
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", line)), default=0))
    return f"{fence} {line} {fence}" if "`" in line else f"{fence}{line}{fence}"


def whole_page(each: Iterable[str]) -> str:
    """Return a whole page of blocks of Markdown, whatever is in them."""
    return printable_lines(blocks(*each)) + "\n"


def _one_line(text: str) -> str:
    return printable(" ".join(text.split()))
