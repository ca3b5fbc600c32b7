"""The only way to a terminal: whatever is in a name or a reason, it cannot steer what shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from badgateway.model.printable import printable, printable_lines

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text


def echo(text: str, *, err: bool = False, newline: bool = True) -> None:
    """Print lines of text; the line breaks in it are the caller's own."""
    click.echo(printable_lines(text), err=err, nl=newline)


def echo_page(page: str) -> None:
    """Print a page that its renderer has made printable, styles and all.

    As bytes, so that neither a locale nor a pipe decides what becomes of letters in a log.
    """
    click.echo(page.encode(), nl=False)


def shown(text: Text) -> Text:
    """Return text as one line that can be shown; what had to be spelled loses its colours."""
    # explain prints here too, and reads a short log sooner than rich is imported.
    from rich.text import Text  # noqa: PLC0415 # see above

    plain = printable(text.plain)
    return text if plain == text.plain else Text(plain)


def say(console: Console, text: Text) -> None:
    """Print a line, broken between words on a terminal and not at all elsewhere."""
    console.print(shown(text), soft_wrap=not console.is_terminal)


def print_table(console: Console, table: Table) -> None:
    """Print a table whose lines end with their last letter, not with spaces up to the longest."""
    from rich.text import Text  # noqa: PLC0415 # see above

    for segments in console.render_lines(table, pad=False):
        line = Text.assemble(*((segment.text, segment.style or "") for segment in segments))
        # rstrip() alone would take a no-break space too, which is part of a figure.
        console.print(line[: len(line.plain.rstrip(" "))], no_wrap=True, crop=False, overflow="ignore")
