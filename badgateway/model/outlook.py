"""Where a run is: what is being done, who is still in it, and how long the rest takes."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """Told before each trial."""

    stage: str
    """Such as 'block 3 of 8' or 'capacity search, trial 4'."""
    standing: int | None
    """Configurations that are still in the race; None in a fixed schedule, which nobody leaves."""
    left_s: float
    """Until the last trial ends, as far as can be told."""
    trials: int | None = None
    """Of the whole run as far as is known, repetitions included; None in a study, where nobody knows."""
