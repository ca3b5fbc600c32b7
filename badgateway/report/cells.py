"""Cells of tables, and facts of lists: a text, and where there is no number the reason."""

from dataclasses import dataclass

from badgateway import numbers
from badgateway.model.summary import Proportion


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCell:
    """The text of a cell, and where it has no number the reason."""

    text: str
    why: str = ""
    quiet: bool = False
    """A number that needs no attention, such as a count of 0 failures."""
    spread: str = ""
    """Between what single trials measured; empty where that is not told."""

    @property
    def whole(self) -> str:
        """The text, with the spread in brackets."""
        return f"{self.text} ({self.spread})" if self.spread else self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """A name and its value, as printed."""

    name: str
    value: str


def missing(why: str) -> TableCell:
    """Return the cell of a number that there is not."""
    return TableCell(text=numbers.NO_DATA, why=why)


def count(number: int) -> TableCell:
    """Return a count of what should not be; 0 is quiet."""
    return TableCell(text=numbers.count(number), quiet=number == 0)


def share(found: Proportion) -> TableCell:
    """Return a share of what should not be; 0 is quiet."""
    return TableCell(text=numbers.percent(found.share), quiet=found.count == 0)


def milliseconds(value_ms: float | None, why: str) -> TableCell:
    """Return a time, or why there is none."""
    return missing(why) if value_ms is None else TableCell(text=numbers.milliseconds(value_ms))
