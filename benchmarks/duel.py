"""Ours and an anchor do the same work in turns; what each took, their ratio, and how far the pairs lie apart.

An anchor is a program that somebody else wrote, or the least that the work can take. It runs beside ours in each pair,
so a machine that is slower today is slower for both, and the ratio says what the kit has become.
"""

import os
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import click

Took = Mapping[str, float]
"""What one run took, by the name of a quantity; less is better for all of them."""

UNITS = {"seconds": "s", "cpu_s": "s of CPU", "peak_mib": "MiB", "us": "us", "cpu_us": "us of CPU", "mb": "MB"}
SLOWER = 1.05
"""What is closer than this is the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duel:
    """Work, who does it, and what of it is a row of the table."""

    work: str
    ours: Callable[[], Took]
    quantities: tuple[str, ...]
    anchor: Callable[[], Took] | None = None
    against: str = ""
    """What the anchor is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """The median of all pairs, the lowest and the highest."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: list[float]) -> "Spread":
        """Sum up."""
        return cls(median=statistics.median(values), low=min(values), high=max(values))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of the table."""

    work: str
    unit: str
    against: str
    pairs: int
    ours: Spread
    anchor: Spread | None
    ratio: Spread | None
    """Ours divided by the anchor's, pair by pair."""
    load: float
    """How many processes wanted the machine's cores in the minute before: its noise."""

    @property
    def name(self) -> str:
        """By which two tables find the same row."""
        return ", ".join(part for part in (self.work, self.unit, self.against) if part)

    @property
    def compared(self) -> Spread:
        """What tells one version of the kit from another: the ratio, or where there is no anchor, ours."""
        return self.ratio or self.ours


def fight(duel: Duel, pairs: int) -> list[Row]:
    """Let both run in turns, the one first in every other pair; return a row for each quantity."""
    load = os.getloadavg()[0]
    took: list[tuple[Took, Took | None]] = []
    for number in range(pairs):
        if number % 2 and duel.anchor is not None:
            other = duel.anchor()
            took.append((duel.ours(), other))
        else:
            ours = duel.ours()
            took.append((ours, duel.anchor() if duel.anchor is not None else None))
    return [_row(duel, quantity, took, load) for quantity in duel.quantities]


def _row(duel: Duel, quantity: str, took: list[tuple[Took, Took | None]], load: float) -> Row:
    pairs = [(ours[quantity], other[quantity]) for ours, other in took if other is not None]
    return Row(
        work=duel.work,
        unit=UNITS[quantity],
        against=duel.against,
        pairs=len(took),
        ours=Spread.of([ours[quantity] for ours, _ in took]),
        anchor=Spread.of([other for _, other in pairs]) if pairs else None,
        ratio=Spread.of([ours / other for ours, other in pairs]) if pairs else None,
        load=round(load, 1),
    )


def is_slower(now: Row, before: Row) -> bool:
    """Tell whether a row has become slower beyond noise: each of its pairs slower than each of the earlier ones.

    Of five pairs and five, that happens by chance in one row of 252.
    """
    return now.compared.low > before.compared.high and now.compared.median > SLOWER * before.compared.median


def require_all(now: list[Row], before: list[Row]) -> None:
    """Refuse to compare two tables when a row is in the earlier one alone: what is not measured is no pass."""
    missing = sorted({one.name for one in before} - {one.name for one in now})
    if missing:
        raise click.ClickException(f"not measured this time: {'; '.join(missing)}")
