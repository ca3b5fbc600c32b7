"""What a diagnosis says: causes, how sure, by which lines, and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from badgateway.model.knob import Knob, WorkerModel

RETRIED = "proxy-retried"
"""The cause of requests that were answered in the end: no failures to whoever asked."""

NO_LOCAL_PORT = "ephemeral-ports-exhausted"
"""The cause of requests for which the proxy had no local port left."""
APPLICATION_WITHOUT_PORT = "application-out-of-ports"
"""The cause of those for which the application had none."""

SERVER_LOG = "log of an application server"
"""Stands for the kinds of all of them."""


class Certainty(StrEnum):
    """How much the evidence allows to say."""

    PROVEN = "proven"
    """A line or a sample of this very request or moment says so."""
    FAMILY = "family"
    """The evidence fits several causes and cannot tell them apart; nothing is guessed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """Something to do, and what it turns: nothing, where it is no setting."""

    text: str
    knobs: tuple[Knob, ...] = ()
    """Of an application server; each spells them in its own way."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """Of anything else, by its name: {"nginx": "proxy_read_timeout"}."""
    needs_a_knob: bool = False
    """Whether it helps only before servers that have one of its knobs, whatever else it sets."""
    worker_models: tuple[WorkerModel, ...] = ()
    """How workers serve requests where it helps; empty when it helps however they do."""
    asks_for: tuple[str, ...] = ()
    """The kinds of logs that it advises to give, any of them, or SERVER_LOG; empty when it advises something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """A reason why requests fail."""

    id: str
    title: str
    family: str
    servers: tuple[str, ...] = ()
    """Names of the application servers that it is about; empty when any may have it."""
    statuses: tuple[int, ...]
    """What clients see of it; 200 is a body that was cut or a request that was retried."""
    explanation: str
    """Two or three sentences: what happens, and why."""
    evidence: str
    """The rule in words: which lines and numbers prove it."""
    remedies: tuple[Remedy, ...]
    """In order of effect."""
    confused_with: str = ""
    """What it is often taken for, and how to tell; empty when it is rarely mistaken."""

    @property
    def page(self) -> str:
        """Where it is explained at length."""
        return f"docs/causes/{self.id}.md"

    @property
    def command(self) -> str:
        """What prints that page, wherever the kit is installed."""
        return f"badgateway cause {self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceLine:
    """A line that proves something, and where it stands."""

    file: str
    line_number: int
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseCount:
    """A cause that was found, and how often."""

    cause: Cause
    certainty: Certainty
    count: int
    statuses: tuple[tuple[int, int], ...]
    """Status and count, the most frequent first."""
    evidence: tuple[EvidenceLine, ...]
    """The first few lines."""
    minutes: tuple[tuple[int, int], ...]
    """Second at which a minute begins, and failures in it; failures without a time are left out."""
    urls: tuple[tuple[str, int], ...]
    """The most frequent paths, without query strings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """All failures of some logs or trials, each with one cause or none."""

    requests: int
    """All requests the access logs have, failed or not."""
    failures: int
    causes: tuple[CauseCount, ...]
    """Most frequent first."""
    unattributed: int
    unattributed_lines: tuple[EvidenceLine, ...]
    """The first few failures for which no cause was found."""
    hints: tuple[str, ...]
    """What to log in addition, to learn more; sentences."""
