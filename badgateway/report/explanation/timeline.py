"""Failures by cause over time, in buckets that are few enough to be seen at once."""

from collections.abc import Iterable
from dataclasses import dataclass

from badgateway.model.explanation import Explanation
from badgateway.report.explanation.moments import DAY_S, round_length_s

MOST_BUCKETS = 60
_YEAR_10000_S = 253_402_300_800 - DAY_S
"""A broken clock may have written anything; what no calendar can name (with its zone) is in the counts alone."""

Minutes = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """Counts of failures in buckets of equal length, from the first failure to the last."""

    start_s: int
    step_s: int
    causes: tuple[tuple[int, ...], ...]
    """For each cause of the diagnosis, in its order, the failures in each bucket."""
    unattributed: tuple[int, ...]

    @property
    def buckets(self) -> int:
        """How many buckets there are."""
        return len(self.unattributed)

    @property
    def end_s(self) -> int:
        """When the last bucket ends."""
        return self.start_s + self.buckets * self.step_s


def build(explanation: Explanation) -> Timeline | None:
    """Return the timeline; None when no failure has a time."""
    causes = [_nameable(found.minutes) for found in explanation.diagnosis.causes]
    unattributed = _nameable(explanation.unattributed_minutes)
    seconds = [second for minutes in (*causes, unattributed) for second, _ in minutes]
    if not seconds:
        return None
    offset_s = round(explanation.utc_offset_s)
    # One less than the most, for a start that is rounded down adds one.
    step_s = round_length_s((max(seconds) - min(seconds)) / (MOST_BUCKETS - 1))
    start_s = _floor(min(seconds) + offset_s, step_s) - offset_s
    buckets = (max(seconds) - start_s) // step_s + 1
    return Timeline(
        start_s=start_s,
        step_s=step_s,
        causes=tuple(_filled(minutes, start_s, step_s, buckets) for minutes in causes),
        unattributed=_filled(unattributed, start_s, step_s, buckets),
    )


def _nameable(minutes: Minutes) -> Minutes:
    return tuple((second, count) for second, count in minutes if DAY_S <= second < _YEAR_10000_S)


def _floor(second: int, step_s: int) -> int:
    return second // step_s * step_s


def _filled(minutes: Iterable[tuple[int, int]], start_s: int, step_s: int, buckets: int) -> tuple[int, ...]:
    counts = [0] * buckets
    for second, count in minutes:
        counts[(second - start_s) // step_s] += count
    return tuple(counts)
