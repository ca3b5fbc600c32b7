"""Keeps the ended trials by what they were run for, and makes the next step for what is still open."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

from badgateway.model.design import ConfigurationFacts, Design, Ended, Facts, Purpose, Step
from badgateway.plan.schedule import balanced

ATTEMPTS = 3
"""A trial that is INVALID is repeated at most twice."""


@dataclass(frozen=True, slots=True, order=True)
class Slot:
    """A place that one valid trial fills."""

    configuration: str
    block: int
    level: float | None
    """None for a step of a search, whose level follows from the steps before it."""
    control: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialLog:
    """All ended trials of a study, by slot."""

    design: Design
    entries: dict[Slot, list[Ended]]
    comparisons: dict[str, tuple[tuple[Slot, Facts], ...]]
    """Of each configuration, the slots of blocks that have facts, by block and level."""

    def facts(self, slot: Slot) -> Facts | None:
        """Return the slot's facts; None while it has none."""
        return next((one.facts for one in self.entries.get(slot, ()) if one.facts is not None), None)

    def is_settled(self, slot: Slot) -> bool:
        """Tell whether no further trial is due: the slot has facts, or was INVALID too often."""
        return self.facts(slot) is not None or len(self.entries.get(slot, ())) >= ATTEMPTS

    def is_begun(self, block: int) -> bool:
        """Tell whether a trial of that block has ended."""
        return any(slot.level is not None and slot.block == block for slot in self.entries)

    def spent_s(self, before_block: int | None = None) -> float:
        """Return the time all trials took, or only those of the blocks before one."""
        return sum(
            one.took_s
            for slot, entries in self.entries.items()
            if before_block is None or (slot.level is not None and slot.block < before_block)
            for one in entries
        )

    def facts_of(self, configuration: str, through_block: int | None = None) -> ConfigurationFacts:
        """Return what is known of a configuration from comparisons, or only from the blocks up to one."""
        found = [
            (slot, facts)
            for slot, facts in self.comparisons.get(configuration, ())
            if through_block is None or slot.block <= through_block
        ]
        return ConfigurationFacts(
            configuration=configuration,
            trials=tuple((slot.level or 0.0, slot.block, facts) for slot, facts in found if not slot.control),
            control=tuple((slot.block, facts) for slot, facts in found if slot.control),
        )

    def step(self, slot: Slot, *, level: float, confirming: bool = False) -> Step:
        """Return the trial that would fill the slot."""
        design = self.design
        purpose = Purpose.COMPARE if slot.level is not None else Purpose.CONFIRM if confirming else Purpose.SEARCH
        times = design.capacity.confirm_windows if confirming and design.capacity else 1
        common = f"{design.seed}/{'search' if slot.level is None else 'block'}/{slot.block}/{slot.level}"
        return Step(
            configuration=slot.configuration,
            level=level,
            window_s=design.window_s * times,
            purpose=purpose,
            block=slot.block,
            control=slot.control,
            attempt=len(self.entries.get(slot, ())) + 1,
            seed=random.Random(common).randrange(2**31),  # noqa: S311 # repeatable on purpose
        )

    def in_turn(self, slots: Sequence[Slot], turn: int) -> list[Slot]:
        """Return all slots of a batch in the balanced order of that turn, counted from 1 through all batches."""
        design = self.design
        turns = len(design.levels) + design.blocks - 1
        return balanced(sorted(slots, key=_by_place), seed=design.seed, block=turn, blocks=turns)

    def shuffled(self, slots: Sequence[Slot], what: str) -> list[Slot]:
        """Return the slots in a random order that stays the same when some of them are no longer there."""

        def lot(slot: Slot) -> float:
            name = f"{self.design.seed}/{what}/{slot.level}/{slot.configuration}/{slot.control}"
            return random.Random(name).random()  # noqa: S311 # an order, not a secret

        return sorted(slots, key=lot)


def log_of(design: Design, ended: Sequence[Ended]) -> TrialLog:
    """Return the trial_log of the ended trials; the attempts of one slot come in the order of running."""
    entries: dict[Slot, list[Ended]] = {}
    for one in ended:
        entries.setdefault(slot_of(one.step), []).append(one)
    comparisons: dict[str, list[tuple[Slot, Facts]]] = {}
    for slot in sorted((slot for slot in entries if slot.level is not None), key=_by_block):
        facts = next((one.facts for one in entries[slot] if one.facts is not None), None)
        if facts is not None:
            comparisons.setdefault(slot.configuration, []).append((slot, facts))
    return TrialLog(
        design=design,
        entries=entries,
        comparisons={configuration: tuple(found) for configuration, found in comparisons.items()},
    )


def slot_of(step: Step) -> Slot:
    """Return the slot that a step fills."""
    level = step.level if step.purpose is Purpose.COMPARE else None
    return Slot(step.configuration, step.block, level, step.control)


def _by_place(slot: Slot) -> tuple[str, float, bool]:
    return slot.configuration, slot.level or 0.0, slot.control


def _by_block(slot: Slot) -> tuple[int, float, bool]:
    return slot.block, slot.level or 0.0, slot.control
