"""Reads from a trial's samples what became of the containers of servers and proxy: throttled, full, killed in."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import duckdb

from badgateway import numbers
from badgateway.errors import RawDataError
from badgateway.model.evidence import SAMPLES
from badgateway.model.raw_words import SampleSeries
from badgateway.model.samples import ContainerUse
from badgateway.model.trial import Window

THROTTLED_SHARE = 0.5
"""Of a second's periods: with fewer the quota is enough, and only what comes in bursts waits."""
KILLED_NEAR_S = 2.0
"""The kernel's log and its counter are looked at one after the other, and a look may be late on a busy machine."""

# A counter's step is of the second in which it was seen.
_STEPS = f"""
SELECT series, time_s, value - lag(value) OVER (PARTITION BY series ORDER BY time_s) AS step
FROM {SAMPLES.name} WHERE series IN ($periods, $throttled, $throttled_s, $kills)
"""  # noqa: S608 # constants of the kit
_SUMS = """
coalesce(sum(step) FILTER (series = $periods), 0) AS periods,
coalesce(sum(step) FILTER (series = $throttled), 0) AS throttled,
sum(step) FILTER (series = $throttled_s) AS throttled_s,
sum(step) FILTER (series = $kills) AS kills
"""
_COUNTED = {"periods": "PERIODS", "throttled": "THROTTLED", "throttled_s": "THROTTLED_S", "kills": "KILLS"}
_SERVERS = {name: str(SampleSeries[f"CONTAINER_{counter}"]) for name, counter in _COUNTED.items()}
# Nginx's own, of which nothing may be taken for the servers'.
_PROXY = {name: str(SampleSeries[f"PROXY_CONTAINER_{counter}"]) for name, counter in _COUNTED.items()}
_SECONDS = f"""
SELECT floor(time_s) AS second, {_SUMS} FROM ({_STEPS}) GROUP BY second
HAVING periods > 0 AND throttled >= {THROTTLED_SHARE} * periods ORDER BY second
"""  # noqa: S608 # constants of this module
_KILLS = f"""
SELECT time_s, value - lag(value) OVER (ORDER BY time_s) AS step FROM {SAMPLES.name}
WHERE series = '{SampleSeries.CONTAINER_KILLS}' QUALIFY step > 0 ORDER BY time_s
"""  # noqa: S608 # constants of the kit
_PIDS = f"""
SELECT time_s, value FROM {SAMPLES.name} WHERE series = '{SampleSeries.CONTAINER_KILLED_PID}' ORDER BY time_s, value
"""  # noqa: S608 # constants of the kit
_USE = f"""
SELECT {_SUMS} FROM ({_STEPS}) WHERE time_s >= $start_s AND time_s < $end_s
"""  # noqa: S608 # constants of this module
_MEMORY = f"""
SELECT max(value), max(limit_value) FROM {SAMPLES.name}
WHERE series = $memory AND time_s >= $start_s AND time_s < $end_s
"""  # noqa: S608 # constants of the kit


@dataclass(frozen=True, slots=True, kw_only=True)
class ThrottledSecond:
    """A second in most periods of which the quota was used up."""

    start_s: float
    """Seconds since the epoch."""
    periods: float
    throttled: float
    throttled_s: float

    @property
    def line(self) -> str:
        """What was seen, in one line."""
        share = numbers.in_sentences(numbers.percent(self.throttled / self.periods))
        return (
            f"cpu.stat: nr_throttled rose by {self.throttled:.0f} of {self.periods:.0f} nr_periods ({share}) in this "
            f"second; processes stood still for {numbers.in_sentences(numbers.seconds(self.throttled_s))}, on all CPUs "
            "together"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerKill:
    """A process that the kernel killed for the memory limit."""

    time_s: float
    """When it was seen."""
    pid: int | None
    """None where the kernel's log was not read."""

    @property
    def line(self) -> str:
        """What was seen, in one line."""
        if self.pid is None:
            return "the container's memory events: oom_kill rose"
        return f"the container's memory events: oom_kill rose, and the kernel's log: it chose pid {self.pid}"


def throttled_seconds(connection: duckdb.DuckDBPyConnection) -> tuple[ThrottledSecond, ...]:
    """Return the seconds in which the containers of a trial were throttled, from the table `samples`."""
    rows = connection.execute(_SECONDS, _SERVERS).fetchall()
    return tuple(
        ThrottledSecond(start_s=start_s, periods=periods, throttled=throttled, throttled_s=throttled_s or 0.0)
        for start_s, periods, throttled, throttled_s, _ in rows
    )


def container_kills(connection: duckdb.DuckDBPyConnection) -> tuple[ContainerKill, ...]:
    """Return the processes that were killed for the memory limit, from the table `samples`, in the order of time."""
    pids = [(time_s, int(pid)) for time_s, pid in connection.execute(_PIDS).fetchall()]
    found = []
    for time_s, step in connection.execute(_KILLS).fetchall():
        for _ in range(round(step)):
            near = next((one for one in pids if abs(one[0] - time_s) <= KILLED_NEAR_S), None)
            if near is not None:
                pids.remove(near)
            found.append(ContainerKill(time_s=time_s, pid=None if near is None else near[1]))
    return tuple(found)


def container_use(connection: duckdb.DuckDBPyConnection, window: Window | None) -> ContainerUse | None:
    """Return what the containers had of their limits in the window; None when nothing was limited, or nobody looked.

    Raises:
        RawDataError: A counter goes down.
    """
    if window is None:
        return None
    servers = _use(connection, window, _SERVERS, SampleSeries.CONTAINER_MEMORY)
    proxy = _use(connection, window, _PROXY, SampleSeries.PROXY_CONTAINER_MEMORY)
    if proxy.is_limited:
        return replace(servers, proxy=proxy)
    return servers if servers.is_limited else None


def _use(
    connection: duckdb.DuckDBPyConnection, window: Window, counters: Mapping[str, str], memory: SampleSeries
) -> ContainerUse:
    bounds = {"start_s": window.start_s, "end_s": window.end_s}
    ((periods, throttled, throttled_s, kills),) = connection.execute(_USE, {**bounds, **counters}).fetchall()
    ((peak, limit),) = connection.execute(_MEMORY, {**bounds, "memory": str(memory)}).fetchall()
    if min(periods, throttled, throttled_s or 0, kills or 0) < 0:
        raise RawDataError("samples.csv: a counter of the container went down in the window; run the trial again")
    return ContainerUse(
        periods=round(periods) if throttled_s is not None else None,
        throttled_periods=round(throttled) if throttled_s is not None else None,
        throttled_s=throttled_s,
        peak_memory_bytes=None if peak is None else round(peak),
        memory_limit_bytes=None if limit is None else round(limit),
        kills=None if kills is None else round(kills),
    )
