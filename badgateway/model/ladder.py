"""What a change of settings did: step by step in a ladder, and from the baseline."""

from dataclasses import dataclass
from enum import StrEnum

from badgateway.model.diagnosis import CauseCount
from badgateway.model.differences import Difference
from badgateway.model.summary import ConfigurationSummary, LevelSummary


class Effect(StrEnum):
    """What became of the failures when a configuration changed something."""

    START = "START"
    """The configuration that all others go back to; it changed nothing."""
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


class P95Shift(StrEnum):
    """What the p95 of the OK requests before and after says."""

    NOT_COMPARABLE = "NOT_COMPARABLE"
    """So many requests failed that the slow ones may be those that are missing."""
    CLOSE = "CLOSE"
    NOT_TESTED = "NOT_TESTED"
    """One of the two had one trial."""
    LOWER = "LOWER"
    """In each trial."""
    HIGHER = "HIGHER"
    MIXED = "MIXED"


class SpeedMove(StrEnum):
    """A p95 that moved so far, in every trial, that it needs no test."""

    SLOWER = "SLOWER"
    FASTER = "FASTER"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfigurationEffect:
    """One configuration at one load level, held against the configuration that it changed something of."""

    effect: Effect
    against: str
    """Name of the configuration it is held against; empty for the one at the start."""
    before: LevelSummary | None
    """None at the start, and where that configuration was not measured with the database so far away."""
    after: LevelSummary
    changes: tuple[Difference, ...] = ()
    p_value: float | None = None
    """How likely shares of failures so different are by chance, among all comparisons of the ladder together (Holm).

    None when nothing was compared.
    """
    is_same_share: bool = False
    """Whether the shares of failures are about the same."""
    p95: P95Shift | None = None
    """None where one of the two has no OK request."""
    moved: SpeedMove | None = None
    causes: tuple[CauseCount | None, CauseCount | None] = (None, None)
    """Of most failures, before and after; None where it is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderConfiguration:
    """One configuration of a step."""

    configuration: str
    against: str | None
    """The configuration it is compared with; None for the one at the start."""
    effects: tuple[ConfigurationEffect, ...]
    """One for each load level, in the order of the experiment file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderStep:
    """The configurations that are told together."""

    title: str
    """Empty for those that belong to no step."""
    configurations: tuple[LadderConfiguration, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """The whole story, in the order of the experiment file."""

    steps: tuple[LadderStep, ...]
    significance: float
    """A p-value below this is no chance."""
    trials: int
    """Most valid trials that any configuration had at one level; with one alone, only failures are tested."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SingleChange:
    """A configuration that differs from the baseline in one setting alone, and does not have its main cause."""

    configuration: ConfigurationSummary
    level: LevelSummary
    change: Difference


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The configuration that runs today, where it was measured and is not the one that is chosen."""

    summary: ConfigurationSummary
    level: LevelSummary
    """Where it passes, the highest; else the worst."""
    cause: CauseCount | None
    """Of most failures at that level; None where it passes, or nothing is known of enough of them."""
    single_changes: tuple[SingleChange, ...]
