"""Keeps the ended trials by what they were run for, and makes the next step for what is still open."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from badgateway.model.contest import ArmFacts, Contest, Ended, Facts, Purpose, Step
from badgateway.plan.schedule import balanced

ATTEMPTS = 3
"""A trial that is INVALID is repeated at most twice."""


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """A place that one valid trial fills."""

    arm: str
    block: int
    level: float | None
    """None for a step of a search, whose level follows from the steps before it."""
    control: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """All ended trials of a contest, by cell."""

    contest: Contest
    entries: dict[Cell, list[Ended]]
    comparisons: dict[str, tuple[tuple[Cell, Facts], ...]]
    """Of each arm, the cells of blocks that have facts, by block and level."""

    def facts(self, cell: Cell) -> Facts | None:
        """Return the cell's facts; None while it has none."""
        return next((one.facts for one in self.entries.get(cell, ()) if one.facts is not None), None)

    def is_settled(self, cell: Cell) -> bool:
        """Tell whether no further trial is due: the cell has facts, or was INVALID too often."""
        return self.facts(cell) is not None or len(self.entries.get(cell, ())) >= ATTEMPTS

    def is_begun(self, block: int) -> bool:
        """Tell whether a trial of that block has ended."""
        return any(cell.level is not None and cell.block == block for cell in self.entries)

    def spent_s(self, before_block: int | None = None) -> float:
        """Return the time all trials took, or only those of the blocks before one."""
        return sum(
            one.took_s
            for cell, entries in self.entries.items()
            if before_block is None or (cell.level is not None and cell.block < before_block)
            for one in entries
        )

    def arm_facts(self, arm: str, through_block: int | None = None) -> ArmFacts:
        """Return what is known of an arm from comparisons, or only from the blocks up to one."""
        found = [
            (cell, facts)
            for cell, facts in self.comparisons.get(arm, ())
            if through_block is None or cell.block <= through_block
        ]
        return ArmFacts(
            arm=arm,
            cells=tuple((cell.level or 0.0, cell.block, facts) for cell, facts in found if not cell.control),
            control=tuple((cell.block, facts) for cell, facts in found if cell.control),
        )

    def step(self, cell: Cell, *, level: float, confirming: bool = False) -> Step:
        """Return the trial that would fill the cell."""
        contest = self.contest
        purpose = Purpose.COMPARE if cell.level is not None else Purpose.CONFIRM if confirming else Purpose.SEARCH
        times = contest.capacity.confirm_windows if confirming and contest.capacity else 1
        common = f"{contest.seed}/{'search' if cell.level is None else 'block'}/{cell.block}/{cell.level}"
        return Step(
            arm=cell.arm,
            level=level,
            window_s=contest.window_s * times,
            purpose=purpose,
            block=cell.block,
            control=cell.control,
            attempt=len(self.entries.get(cell, ())) + 1,
            seed=random.Random(common).randrange(2**31),  # noqa: S311 # repeatable on purpose
        )

    def in_turn(self, cells: Sequence[Cell], turn: int) -> list[Cell]:
        """Return all cells of a batch in the balanced order of that turn, counted from 1 through all batches."""
        contest = self.contest
        turns = len(contest.levels) + contest.blocks - 1
        return balanced(sorted(cells, key=_by_place), seed=contest.seed, block=turn, blocks=turns)

    def shuffled(self, cells: Sequence[Cell], what: str) -> list[Cell]:
        """Return the cells in a random order that stays the same when some of them are no longer there."""

        def lot(cell: Cell) -> float:
            name = f"{self.contest.seed}/{what}/{cell.level}/{cell.arm}/{cell.control}"
            return random.Random(name).random()  # noqa: S311 # an order, not a secret

        return sorted(cells, key=lot)


def open_book(contest: Contest, ended: Sequence[Ended]) -> Book:
    """Return the book of the ended trials; the attempts of one cell come in the order of running."""
    entries: dict[Cell, list[Ended]] = {}
    for one in ended:
        entries.setdefault(cell_of(one.step), []).append(one)
    comparisons: dict[str, list[tuple[Cell, Facts]]] = {}
    for cell in sorted((cell for cell in entries if cell.level is not None), key=_by_block):
        facts = next((one.facts for one in entries[cell] if one.facts is not None), None)
        if facts is not None:
            comparisons.setdefault(cell.arm, []).append((cell, facts))
    return Book(contest=contest, entries=entries, comparisons={arm: tuple(found) for arm, found in comparisons.items()})


def cell_of(step: Step) -> Cell:
    """Return the cell that a step fills."""
    level = step.level if step.purpose is Purpose.COMPARE else None
    return Cell(step.arm, step.block, level, step.control)


def _by_place(cell: Cell) -> tuple[str, float, bool]:
    return cell.arm, cell.level or 0.0, cell.control


def _by_block(cell: Cell) -> tuple[int, float, bool]:
    return cell.block, cell.level or 0.0, cell.control
