"""What the samples of one trial say over its window: connections to the database, and time without a worker."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseConnections:
    """The connections of the application to its database."""

    window_s: float
    held: tuple[int | None, ...]
    """The most in each of equal parts of the window; None where no sample says how many."""
    peak: int
    limit: int | None
    """What the application may have of the database's max_connections; None when no sample tells it."""
    opened_per_s: float | None
    """Connections made, per second; None when they were not counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerGaps:
    """Time in which the server's log proves that no worker accepted requests."""

    count: int
    total_s: float
    """About: the lines of a server's log may have whole seconds."""
