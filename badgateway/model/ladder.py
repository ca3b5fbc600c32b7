"""A story told in steps: what each arm changed, and what became of it."""

from dataclasses import dataclass
from enum import StrEnum


class Effect(StrEnum):
    """What became of the failures when an arm changed something."""

    START = "START"
    """The arm that all others go back to; it changed nothing."""
    HELPED = "HELPED"
    NO_EFFECT = "NO_EFFECT"
    """The share of failures stayed about the same, whatever their causes; that it doubled or halved is ruled out."""
    WORSE = "WORSE"
    NOT_PROVEN = "NOT_PROVEN"
    """So few failures, or so uneven ones, that nothing can be said of them."""
    NEVER_FAILED = "NEVER_FAILED"
    """No request failed before or after."""
    NOT_COMPARED = "NOT_COMPARED"
    """One of the two was not measured."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmEffect:
    """One arm at one load level, held against the arm that it changed something of."""

    users: int
    effect: Effect
    sentence: str
    p_value: float | None
    """How likely shares of failures so different are by chance; None when nothing was compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderArm:
    """One arm of a step."""

    configuration: str
    against: str | None
    """The arm it is compared with; None for the one at the start."""
    effects: tuple[ArmEffect, ...]
    """One for each load level, in the order of the experiment file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderStep:
    """The arms that are told together."""

    title: str
    """Empty for those that belong to no step."""
    arms: tuple[LadderArm, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """The whole story, in the order of the experiment file."""

    steps: tuple[LadderStep, ...]
    significance: float
    """A p-value below this is no chance; what is usual for one comparison, shared out among all of them."""
    trials: int
    """Most valid trials that any arm had at one level; with one alone, only failures are tested."""
