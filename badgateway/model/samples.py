"""A sample, and what those of one trial say over its window: what the database had to do, time without a worker."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The value of one series at one moment."""

    series: str
    value: float | None
    """None when there is none yet; never a zero in its place."""
    limit: float | None = None
    """What the value runs into; None when nothing limits it."""


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
class Pressure:
    """What stood before a server in a trial's window, in equal parts of it; None where no sample says it."""

    window_s: float
    queue: tuple[int | None, ...]
    """The most connections that waited to be accepted."""
    queue_limit: int | None
    """Where the kernel refuses more; None when no sample tells it."""
    busy: tuple[int | None, ...]
    """The most workers at work; all None where the server does not tell."""
    workers: int | None
    memory_bytes: tuple[int | None, ...]
    """The most that the servers' container held, of several the fullest; all None where its memory is not limited."""
    memory_limit_bytes: int | None
    failed: tuple[int, ...]
    """Requests that failed, by when they ended; those after the window are in its last part."""

    @property
    def most_queued(self) -> int | None:
        """The longest that the queue was."""
        return _most(self.queue)

    @property
    def most_memory_bytes(self) -> int | None:
        """The fullest that the container was."""
        return _most(self.memory_bytes)

    @property
    def is_short_of_memory(self) -> bool:
        """Whether the container was as good as full; a kill empties it between two samples."""
        return _reaches(self.most_memory_bytes, self.memory_limit_bytes, share=0.9)

    @property
    def is_full(self) -> bool:
        """Whether it shows why requests fail: queue or memory came to its limit, or every worker was at work."""
        is_queue_full = _reaches(self.most_queued, self.queue_limit)
        return is_queue_full or self.is_short_of_memory or _reaches(_most(self.busy), self.workers)


def _most(values: tuple[int | None, ...]) -> int | None:
    return max((value for value in values if value is not None), default=None)


def _reaches(most: int | None, limit: int | None, *, share: float = 1) -> bool:
    return most is not None and limit is not None and most >= share * limit


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerGaps:
    """Time in which the server's log proves that no worker accepted requests."""

    count: int
    total_s: float
    """About: the lines of a server's log may have whole seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerUse:
    """What the application servers' containers had of their limits in a trial's window, all of them together."""

    periods: int | None
    """Tenths of a second in which their processes wanted CPU; None where that is not limited."""
    throttled_periods: int | None
    """Those in which the quota was used up."""
    throttled_s: float | None
    """For how long processes stood still, on all CPUs together."""
    peak_memory_bytes: int | None
    """Of the one with the most; None where memory is not limited."""
    memory_limit_bytes: int | None
    kills: int | None
    """Processes that the kernel killed for the limit."""
    proxy: "ContainerUse | None" = None
    """What nginx's own container had of its limits; None where it has none."""

    @property
    def is_limited(self) -> bool:
        """Whether the servers' containers have a limit; where not, it is here for nginx's alone."""
        return self.throttled_s is not None or self.peak_memory_bytes is not None

    @property
    def throttled_share(self) -> float | None:
        """Of the periods in which CPU was wanted; None where nobody wanted any, or it is not limited."""
        return (self.throttled_periods or 0) / self.periods if self.periods else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseWork:
    """What the database did in a trial's window, and how much the application asked of it meanwhile."""

    span_s: float
    """From the first look to the last."""
    requests: int
    """That the application began to serve."""
    selects: int
    rows_read: int
    """Of the site's tables; what is read of temporary ones is not counted."""
    rows_noise: float
    """Standard error of the rows read a SELECT, as a share of them, from how much the parts of the window differ."""
    cpu_s: float

    @property
    def rows_per_select(self) -> float:
        """Rows read for each SELECT."""
        return self.rows_read / self.selects

    @property
    def selects_per_request(self) -> float:
        """SELECTs for each request that the application began to serve."""
        return self.selects / self.requests

    @property
    def cpu_ms_per_select(self) -> float:
        """CPU of the database for each SELECT, connections and writes included."""
        return 1000 * self.cpu_s / self.selects
