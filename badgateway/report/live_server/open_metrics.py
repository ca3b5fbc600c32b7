"""What is seen of a server, as OpenMetrics: names by Prometheus' conventions, labels that cannot grow without bound."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from badgateway.model.live_server import LiveServer
from badgateway.model.printable import printable

CONTENT_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8"
_PREFIX = "badgateway_"

Sample = tuple[str, float]
"""Labels as they are written, and a value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A metric family."""

    name: str
    """Without the kit's name before it, and without the ending of a counter."""
    help: str
    samples: Callable[[LiveServer], Sequence[Sample]]
    """Empty where nothing is known: no data is never zero."""
    is_counter: bool = False
    unit: str = ""

    @property
    def family(self) -> str:
        """Its whole name."""
        return _PREFIX + self.name

    @property
    def sample_name(self) -> str:
        """What queries call it."""
        return f"{self.family}_total" if self.is_counter else self.family


def render_open_metrics(seen: LiveServer) -> str:
    """Return the exposition of one look."""
    return "\n".join((*(line for metric in METRICS for line in _lines(metric, seen)), "# EOF")) + "\n"


def _lines(metric: Metric, seen: LiveServer) -> Iterator[str]:
    samples = metric.samples(seen)
    if not samples:
        return
    yield f"# TYPE {metric.family} {'counter' if metric.is_counter else 'gauge'}"
    if metric.unit:
        yield f"# UNIT {metric.family} {metric.unit}"
    yield f"# HELP {metric.family} {metric.help}"
    for labels, value in samples:
        yield f"{metric.sample_name}{labels} {round(value, 6)}"


def _one(value: float | None, labels: str = "") -> Sequence[Sample]:
    return () if value is None else ((labels, value),)


def _listener(name: str) -> str:
    escaped = printable(name).replace("\\", "\\\\").replace('"', '\\"')
    return f'{{listener="{escaped}"}}'


def _waiting(seen: LiveServer) -> Sequence[Sample]:
    return [(_listener(one.listener), one.waiting) for one in seen.queues if one.waiting is not None]


def _limits(seen: LiveServer) -> Sequence[Sample]:
    return [(_listener(one.listener), one.limit) for one in seen.queues if one.limit is not None]


def _oldest(seen: LiveServer) -> Sequence[Sample]:
    told, journal = _one(seen.oldest_s, '{source="statistics"}'), seen.requests
    if journal is None:
        return told
    # Nothing in flight is an age of 0: it was looked.
    return (*told, ('{source="journal"}', journal.oldest_s or 0.0))


def _failures(seen: LiveServer) -> Sequence[Sample]:
    found = seen.failures or ()
    return [(f'{{cause="{one.cause or "unknown"}"}}', one.count) for one in found]


METRICS = (
    Metric(
        name="watch_up", help="Whether the server's first process runs.", samples=lambda seen: _one(int(seen.is_up))
    ),
    Metric(name="accept_queue", help="Connections that wait to be accepted.", samples=_waiting),
    Metric(name="accept_queue_limit", help="How many may wait before the kernel turns them away.", samples=_limits),
    Metric(
        name="listen_overflows",
        help="TCP connections dropped at a full accept queue, of the whole machine, since the watch began.",
        samples=lambda seen: _one(seen.listen_overflows),
        is_counter=True,
    ),
    Metric(
        name="listen_drops",
        help="TCP connections that were not queued for any reason, of the whole machine, since the watch began.",
        samples=lambda seen: _one(seen.listen_drops),
        is_counter=True,
    ),
    Metric(
        name="workers",
        help="Processes that serve requests.",
        samples=lambda seen: _one(len(seen.workers) if seen.is_up else 0),
    ),
    Metric(
        name="workers_ended",
        help="Workers that are gone, for whatever reason, since the watch began.",
        samples=lambda seen: _one(seen.ended),
        is_counter=True,
    ),
    Metric(
        name="server_cpu_seconds",
        help="CPU time that server and workers used since the watch began.",
        samples=lambda seen: _one(seen.cpu_s),
        is_counter=True,
        unit="seconds",
    ),
    Metric(
        name="server_memory_bytes",
        help="Resident memory of all workers; shared pages count in each.",
        samples=lambda seen: _one(seen.rss_bytes if seen.workers else None),
        unit="bytes",
    ),
    Metric(
        name="busy_workers",
        help="Workers that serve a request, by the server's own statistics.",
        samples=lambda seen: _one(seen.busy),
    ),
    Metric(
        name="busy_workers_limit",
        help="Workers that could, by the same.",
        samples=lambda seen: _one(seen.busy_limit),
    ),
    Metric(
        name="oldest_request_seconds",
        help="Age of the oldest request that is being served.",
        samples=_oldest,
        unit="seconds",
    ),
    Metric(
        name="requests_in_flight",
        help="Requests that began and have not ended, by the journal, of those since the watch began.",
        samples=lambda seen: _one(seen.requests.in_flight if seen.requests else None),
    ),
    Metric(
        name="requests_lost",
        help="Requests whose process is gone, by the journal, since the watch began.",
        samples=lambda seen: _one(seen.requests.lost if seen.requests else None),
        is_counter=True,
    ),
    Metric(
        name="failed_requests",
        help="Requests that failed, by cause, by the logs, since the watch began.",
        samples=_failures,
        is_counter=True,
    ),
    Metric(
        name="container_periods",
        help="Periods of the container's CPU quota in which CPU was wanted, since the watch began.",
        samples=lambda seen: _one(seen.container.periods if seen.container else None),
        is_counter=True,
    ),
    Metric(
        name="container_throttled_periods",
        help="Those in which the quota was used up.",
        samples=lambda seen: _one(seen.container.throttled if seen.container else None),
        is_counter=True,
    ),
    Metric(
        name="container_memory_bytes",
        help="Memory of the container without what is given up at once.",
        samples=lambda seen: _one(seen.container.memory_bytes if seen.container else None),
        unit="bytes",
    ),
    Metric(
        name="container_memory_limit_bytes",
        help="What it may have.",
        samples=lambda seen: _one(seen.container.memory_limit_bytes if seen.container else None),
        unit="bytes",
    ),
    Metric(
        name="container_kills",
        help="Processes that the kernel killed for the container's memory limit, since the watch began.",
        samples=lambda seen: _one(seen.container.kills if seen.container else None),
        is_counter=True,
    ),
    Metric(
        name="event_loop_blocked_seconds",
        help="Time that event loops of workers stood still, by the journal, since the watch began.",
        samples=lambda seen: _one(seen.requests.blocked_s if seen.requests else None),
        is_counter=True,
        unit="seconds",
    ),
)
"""Every metric that there is; alert rules and dashboards name no other."""
