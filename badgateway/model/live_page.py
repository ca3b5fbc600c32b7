"""What the web UI shows of the kit while a load runs: the tables of its tabs, and the files with their rows."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

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
    columns={"failures": "Failed", "cause": "Cause", "change": "Change", "when": "When", "evidence": "Shown by"},
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
RUN = LiveTable(
    key="run",
    title="Run",
    columns={
        "what": "Configuration",
        "load": "Load",
        "trials": "Trials",
        "failed": "Failed",
        "p95": "p95",
        "served": "OK a second",
        "standing": "So far",
    },
)
RUN_TABLES = (RUN, *TABLES)
"""Of a run that goes on by itself, trial after trial."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPage:
    """What a run says of itself while it goes on."""

    rows: Sequence[Row]
    """Of the table RUN."""
    raw: str = ""
    """The folder that the trial in flight writes to; empty between trials."""
    server: str = ""
    """The server of that trial, by its name in the registry."""
    users: int = 0

    FILE: ClassVar[str] = "run.json"
    """Its file, beside that of the other tables; replaced as a whole."""

    def to_json(self) -> str:
        """Return what `from_json` reads back."""
        return json.dumps({"rows": list(self.rows), "raw": self.raw, "server": self.server, "users": self.users})

    @classmethod
    def from_json(cls, text: str) -> "RunPage":
        """Return what `to_json` wrote."""
        return cls(**json.loads(text))


SERVER_CPU_CORES = "server_cpu_cores"
SERVER_MEMORY = "server_rss_bytes"
WORKERS_ENDED = "workers_ended"
REQUESTS_LOST = "requests_lost"
LOOP_STOOD_S = "loop_stood_s"
"""Series of the server's processes together, beside those of samples.csv; the last three count from the start."""


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
