"""What the kernel tells of the containers of servers and proxy: time without CPU, memory, and kills for want of it."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from badgateway.model.raw_words import SampleSeries
from badgateway.model.samples import Reading
from badgateway.probe.watch import NotAvailableError
from badgateway.process.container import MIB, GroupFiles

_NS, _US = 1e-9, 1e-6
_THROTTLED = {1: ("throttled_time", _NS), 2: ("throttled_usec", _US)}
"""The kernel's name for the time that processes stood still, and its unit, by the version of control groups."""
_KILLS = {1: "memory.oom_control", 2: "memory.events"}
_USED = {1: "memory.usage_in_bytes", 2: "memory.current"}
_INACTIVE = {1: "total_inactive_file", 2: "inactive_file"}
"""Of memory.stat: what was read from files, and is given up as soon as anybody wants memory."""


class ContainerCpu:
    """Periods of the quota, and time without it, of all containers together, counted from zero."""

    series = (SampleSeries.CONTAINER_PERIODS, SampleSeries.CONTAINER_THROTTLED, SampleSeries.CONTAINER_THROTTLED_S)

    def __init__(self, watched: Sequence[GroupFiles]) -> None:
        """Note where the counters stand.

        Raises:
            NotAvailableError: The kernel does not tell.
        """
        self._watched = watched
        self._start = self._counters()

    def read(self) -> tuple[Reading, ...]:
        """Return the counters.

        Raises:
            NotAvailableError: A group is gone.
        """
        pairs = zip(self.series, self._counters(), self._start, strict=True)
        return tuple(Reading(series=name, value=now - then) for name, now, then in pairs)

    def close(self) -> None:
        """Do nothing: nothing is held open."""

    def _counters(self) -> tuple[float, ...]:
        return tuple(map(sum, zip(*map(_cpu_of, self._watched), strict=True)))


class ProxyCpu(ContainerCpu):
    """The same of nginx's own container."""

    series = (
        SampleSeries.PROXY_CONTAINER_PERIODS,
        SampleSeries.PROXY_CONTAINER_THROTTLED,
        SampleSeries.PROXY_CONTAINER_THROTTLED_S,
    )


class ContainerMemory:
    """The container with the most memory beside its limit, and how many processes were killed in all of them."""

    series = (SampleSeries.CONTAINER_MEMORY, SampleSeries.CONTAINER_KILLS)

    def __init__(self, watched: Sequence[GroupFiles]) -> None:
        """Note where the counter stands.

        Raises:
            NotAvailableError: The kernel does not tell.
        """
        self._watched = watched
        self._start = self._kills()

    def read(self) -> tuple[Reading, ...]:
        """Return both.

        Raises:
            NotAvailableError: A group is gone.
        """
        most = max(map(_memory_of, self._watched))
        limit = max(one.size.memory_mb for one in self._watched) * MIB
        return (
            Reading(series=self.series[0], value=most, limit=limit),
            Reading(series=self.series[1], value=self._kills() - self._start),
        )

    def close(self) -> None:
        """Do nothing: nothing is held open."""

    def _kills(self) -> float:
        return sum(counters(one.folders["memory"] / _KILLS[one.version])["oom_kill"] for one in self._watched)


class ProxyMemory(ContainerMemory):
    """The same of nginx's own container."""

    series = (SampleSeries.PROXY_CONTAINER_MEMORY, SampleSeries.PROXY_CONTAINER_KILLS)


def counters(file: Path) -> Mapping[str, float]:
    """Return the lines of one of the kernel's files, a name and a number each.

    Raises:
        NotAvailableError: It cannot be read, or has other lines.
    """
    try:
        pairs = (line.split() for line in file.read_text(encoding="ascii").splitlines())
        return _Named({name: float(number) for name, number in pairs}, file)
    except (OSError, ValueError) as error:
        raise NotAvailableError(f"{file}: {error}") from error


class _Named(dict[str, float]):
    """Counters of a file that is named when one is missing: older kernels have fewer."""

    def __init__(self, found: Mapping[str, float], file: Path) -> None:
        super().__init__(found)
        self._file = file

    def __missing__(self, name: str) -> float:
        raise NotAvailableError(f"{self._file}: has no {name}; a newer kernel does")


def _cpu_of(one: GroupFiles) -> tuple[float, float, float]:
    found = counters(one.folders["cpu"] / "cpu.stat")
    name, unit = _THROTTLED[one.version]
    return found["nr_periods"], found["nr_throttled"], found[name] * unit


def _memory_of(one: GroupFiles) -> float:
    folder = one.folders["memory"]
    try:
        used = float((folder / _USED[one.version]).read_text(encoding="ascii"))
    except (OSError, ValueError) as error:
        raise NotAvailableError(f"{folder}: {error}") from error
    return max(used - counters(folder / "memory.stat")[_INACTIVE[one.version]], 0)
