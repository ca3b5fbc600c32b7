"""Whether the requests of one worker wait side by side or one after the other, and what a database connect costs."""

from dataclasses import dataclass
from enum import StrEnum


class Cooperation(StrEnum):
    """How requests that wait for the database share one worker."""

    COOPERATIVE = "COOPERATIVE"
    """Side by side: all of them took about as long as one."""
    PARTIAL = "PARTIAL"
    """Some side by side: the worker has fewer places than there were requests, or something held it up."""
    BLOCKING = "BLOCKING"
    """One after the other: all of them took about as long as their sum."""
    ERRORS = "ERRORS"
    """Not every request was answered with 200, so their time says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockingLine:
    """A line of code that was seen holding an event loop."""

    place: str
    """File, line and function, such as 'app/school/pages/wait.py:16 wait'."""
    is_own: bool
    """Of the application; a line of an installed package is named only where none of the application led to it."""
    sightings: int
    """A long stop is seen several times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CooperationProof:
    """One server file with one driver and one worker, and what became of requests sent all at once."""

    server: str
    """Path of the server file in the project."""
    driver: str
    threads: int
    greenlets: int
    requests: int
    wait_ms: int
    """What each request spends in one query."""
    verdict: Cooperation
    wall_ms: float | None
    """From the first request's start to the last one's end, the better of two rounds; None with errors."""
    statuses: tuple[tuple[int, int], ...]
    """Status and count over all rounds, the most frequent first; 0 is no answer."""
    reason: str
    """Why there were errors, with the server's own log line where there is one; empty without errors."""
    blocked_by: tuple[BlockingLine, ...] = ()
    """What held the event loop meanwhile, most often seen first; empty for a worker without one."""

    @property
    def serial_ms(self) -> int:
        """How long the requests take one after the other."""
        return self.requests * self.wait_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectCost:
    """What it costs the application's process to connect to its database once."""

    client: str
    """The driver and how it was told to connect."""
    connects: int
    median_ms: float | None
    """None when it could not be measured."""
    cpu_ms: float | None
    """Mean CPU time of the connecting process, the server's not in it."""
    problem: str
    """Why it could not be measured; empty when it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CooperationReport:
    """All server files of an experiment with all its drivers."""

    experiment: str
    proofs: tuple[CooperationProof, ...]
    connect_costs: tuple[ConnectCost, ...]
