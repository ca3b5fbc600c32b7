"""What a study will run, and where a run is: what is being done, who is still in it, how long the rest takes."""

from dataclasses import dataclass
from enum import StrEnum

from badgateway.model.design import Design


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What a study will run."""

    least_s: float
    """Only the first block: if no configuration keeps the objective."""
    likely_s: float
    most_s: float
    """If no configuration leaves the race and every search takes all its trials."""
    trials: int
    """Likely."""
    asked: Design
    """What will run."""
    first_block: int
    """Trials of the first block, at most."""
    likely_to_stand: int
    """Configurations in the later blocks."""
    later_blocks: int
    """Trials of the later blocks, likely."""


class Stage(StrEnum):
    """What is being done."""

    BLOCK = "block"
    SEARCH = "search"
    """Of a capacity."""
    LONG_WINDOW = "long-window"
    """That proves a capacity."""
    CONFIRMATION = "confirmation"
    """Of the pick of a fixed schedule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """Told before each trial."""

    stage: Stage
    number: int = 1
    """Of the block, or of the trial of the search; counted from 1."""
    of: int | None = None
    """Blocks in all; None for any other stage."""
    remaining: int | None
    """Configurations that are still in the race; None in a fixed schedule, which nobody leaves."""
    left_s: float
    """Until the last trial ends, as far as can be told."""
    trials: int | None = None
    """Of the whole run as far as is known, repetitions included; None in a study, where nobody knows."""
