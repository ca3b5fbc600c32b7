"""What is seen of a server that runs, from outside, at one moment."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSeen:
    """An accept queue."""

    listener: str
    """The socket's path, or its port."""
    waiting: int | None
    """None when nobody could tell; never a zero in its place."""
    limit: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerSeen:
    """A process that serves requests."""

    pid: int
    cpu_share: float | None
    """Of one core since the last look; None at the first."""
    rss_bytes: int
    age_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestsSeen:
    """What a journal tells of the requests that began since the watch did."""

    in_flight: int
    oldest_s: float | None
    """Age of the oldest one in flight; None without one."""
    oldest_id: str
    oldest_pid: int | None
    lost: int
    """That began, and whose process is gone."""
    oldest_route: str = ""
    """What it asks for, as the journal has it: 'GET /members/'; empty where it does not say."""
    blocked_s: float
    """For how long event loops stood still, all together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailuresSeen:
    """Failed requests of one cause, by the logs, since the watch began."""

    cause: str
    """Its id; empty for those without one."""
    title: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerSeen:
    """The control group that a server is in, by what is limited there; counted since the watch began."""

    periods: int | None
    """Tenths of a second in which its processes wanted CPU; None where they have no quota, or nobody could tell."""
    throttled: int | None
    """Those in which the quota was used up."""
    throttled_s: float | None
    memory_bytes: int | None
    """Without what is given up at once; None where memory is not limited, or nobody could tell."""
    memory_limit_bytes: int | None
    kills: int | None
    """Processes that the kernel killed for the limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveServer:
    """Everything that was seen."""

    time_s: float
    watched_s: float
    is_up: bool
    queues: tuple[QueueSeen, ...]
    listen_overflows: int | None
    """Of all TCP sockets of the machine, since the watch began."""
    listen_drops: int | None
    workers: tuple[WorkerSeen, ...]
    ended: int
    """Workers that were there and are not any more."""
    cpu_s: float
    """Used by the server since the watch began."""
    rss_bytes: int
    busy: int | None = None
    """Workers, by the server's own statistics; None where it has none."""
    busy_limit: int | None = None
    oldest_s: float | None = None
    """Age of the oldest request, by the same."""
    requests: RequestsSeen | None = None
    """None without a journal."""
    failures: tuple[FailuresSeen, ...] | None = None
    """The most frequent first; None without logs."""
    container: ContainerSeen | None = None
    """None where neither its CPU nor its memory is limited."""
    notes: tuple[str, ...] = ()
    """What cannot be seen, and why; each once."""
