"""Rows of text for a terminal: broken and cut to its width, and painted behind all that makes them printable."""

import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from badgateway.model.printable import printable


class Role(Enum):
    """What a piece of text is, so that a terminal can show it."""

    PLAIN = auto()
    STRONG = auto()
    FAILED = auto()
    """A count of failures."""
    SURE = auto()
    """What is proven."""
    UNSURE = auto()
    FAINT = auto()
    """What only some readers need."""


Paint = Callable[[Role, str], str]
"""Gives a piece of text its look, without a change of its length on the screen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A piece of a row."""

    text: str
    role: Role


Row = Sequence[Piece]


def unpainted(_role: Role, text: str) -> str:
    """Return the text as it is, for a file or a pipe."""
    return text


def row(text: str, role: Role = Role.PLAIN) -> Row:
    """Return a row of one piece."""
    return (Piece(text=text, role=role),)


def pieces(*parts: tuple[Role, str]) -> Row:
    """Return a row of several pieces."""
    return tuple(Piece(text=text, role=role) for role, text in parts)


def painted(rows: Iterable[Row], paint: Paint) -> str:
    """Return the rows as lines of text."""
    return "".join(f"{''.join(_shown(each, paint) for each in one)}\n" for one in rows)


def _shown(piece: Piece, paint: Paint) -> str:
    # Here, behind all that makes rows and before all that is look: what logs have in them must not steer a terminal.
    # Numbers were tied to their units until all rows were broken; after that a reader may search for what is seen.
    plain = printable(piece.text).replace("\N{NO-BREAK SPACE}", " ")
    return plain if piece.role is Role.PLAIN else paint(piece.role, plain)


def wrapped(text: str, width: int, *, hanging: int = 0) -> list[str]:
    """Return the text broken between words; what hangs is the indent of all lines but the first."""
    return textwrap.wrap(text, width, subsequent_indent=" " * hanging, drop_whitespace=True, break_on_hyphens=False)


def cut(text: str, width: int) -> str:
    """Return the text, with '...' at its end where it was longer."""
    return text if len(text) <= width else f"{text[: width - 3]}..."


def wrapped_within(text: str, width: int, most: int, *, hanging: int = 0) -> list[str]:
    """Return at most so many lines of the text, with '...' at the end of the last where it was longer."""
    lines = wrapped(text, width, hanging=hanging)
    return lines if len(lines) <= most else [*lines[: most - 1], cut(f"{lines[most - 1]} {lines[most].strip()}", width)]
