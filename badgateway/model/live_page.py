"""What the web UI shows of the kit while a load runs: the tables of three tabs, and the file with their rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from badgateway.model.outcome import Outcome

PAGE = "live.json"
"""An object with the rows of each table, by the table's key; made anew with each look."""

Row = Mapping[str, str]
"""Text by column."""
Rows = Mapping[str, Sequence[Row]]
"""Rows by table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveTable:
    """A tab with one table."""

    key: str
    title: str
    columns: Mapping[str, str]
    """Heading by key, from left to right."""


CAUSES = LiveTable(
    key="causes",
    title="Causes",
    columns={"failures": "Failed", "cause": "Cause", "when": "When", "evidence": "Shown by", "change": "Change"},
)
SERVER = LiveTable(
    key="server-now",
    title="Server now",
    columns={"what": "What", "now": "Now", "limit": "Limit", "most": "Most in a minute", "minute": "The last minute"},
)
OUTCOMES = LiveTable(
    key="outcomes",
    title="Outcomes",
    columns={
        "outcome": "Outcome",
        "count": "Requests",
        "share": "Share",
        "p50": "p50",
        "p95": "p95",
        "p99": "p99",
        "minute": "The last minute",
    },
)
TABLES = (CAUSES, SERVER, OUTCOMES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recent:
    """A series of samples in the last minute."""

    series: str
    now: float | None
    """None where the last sample has no value."""
    limit: float | None
    minute: tuple[float | None, ...]
    """The most in each of equal parts, the latest at the end; None where nothing was sampled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The requests of a load that had one outcome, as its clients saw them."""

    outcome: Outcome
    count: int
    minute: tuple[int, ...]
    """How many ended in each of equal parts of the last minute, the latest at the end."""
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    """Of the OK ones alone: one that is refused at once is no fast answer. None for all others."""
