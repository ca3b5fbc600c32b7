"""A probe and what became of it: one that fails stops alone, and says why."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from badgateway.model.raw_words import SampleSeries
from badgateway.model.samples import Reading
from badgateway.probe.accept_queue import AcceptQueue
from badgateway.probe.containers import ContainerCpu, ContainerMemory, ProxyCpu, ProxyMemory
from badgateway.probe.database import DatabaseProbe
from badgateway.probe.kernel_kills import KernelKills
from badgateway.probe.listen_drops import NETSTAT, ListenDrops
from badgateway.probe.process_cpu import ProcessCpu
from badgateway.probe.server_statistics import ServerStatistics
from badgateway.probe.statement import StatementLog
from badgateway.probe.watch import NotAvailableError, Probe, Watch
from badgateway.process.container import GroupFiles


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of samples.csv."""

    time_s: float
    reading: Reading


class Series:
    """The series of one probe."""

    def __init__(self, names: tuple[str, ...], make: Callable[[], Probe]) -> None:
        """Make the probe; when it cannot be made, the series have no value from the start."""
        self._names = names
        self._probe: Probe | None = None
        self._notes: list[str] = []
        self._reasons: set[str] = set()
        try:
            self._probe = make()
        except NotAvailableError as error:
            self._note(f"not available: {error}")

    def rows(self) -> Iterator[Row]:
        """Read the probe; without it, or when it fails, each series has a row with no value."""
        now_s = time.time()
        for reading in self._readings():
            yield Row(time_s=now_s, reading=reading)

    def take_notes(self) -> tuple[str, ...]:
        """Return what there is to tell since the last call; the same is told once."""
        notes = tuple(self._notes)
        self._notes.clear()
        return notes

    def close(self) -> None:
        """Let go of what the probe holds."""
        if self._probe is not None:
            self._probe.close()

    def _readings(self) -> tuple[Reading, ...]:
        if self._probe is not None:
            try:
                return tuple(self._probe.read())
            except NotAvailableError as error:
                self._note(f"not available: {error}")
            except Exception as error:  # noqa: BLE001 # whatever it is, the other series go on, and it is told
                self._note(f"stopped: {type(error).__name__}: {error}")
                self._probe.close()
                self._probe = None
        return tuple(Reading(series=name, value=None) for name in self._names)

    def _note(self, reason: str) -> None:
        if reason not in self._reasons:
            self._reasons.add(reason)
            self._notes.append(f"series {', '.join(self._names)} {' '.join(reason.split())}")


def series_of(watch: Watch, statements: Path) -> Iterator[Series]:
    """Make all the series of what is watched; what a database executes is written to the file `statements`."""
    if watch.proxy_port is not None:
        for name, listeners, place in (
            (SampleSeries.ACCEPT_QUEUE, watch.server_sockets, watch.server_place),
            (SampleSeries.PROXY_ACCEPT_QUEUE, (watch.proxy_port,), watch.proxy_place),
        ):
            network = place.network if place else None
            yield Series((name,), partial(AcceptQueue, name, *listeners, network=network))
        both = dict.fromkeys(one.netstat if one else NETSTAT for one in (watch.server_place, watch.proxy_place))
        yield Series(ListenDrops.series, partial(ListenDrops, *both))
    yield from _statistics(watch)
    yield from container_series(*watch.containers)
    yield from _limited(watch.proxy_containers, ProxyCpu, ProxyMemory)
    if any(one.size.memory_mb for one in watch.containers):
        yield Series(KernelKills.series, partial(KernelKills, watch.containers))
    access = watch.database
    if access is not None:
        log = StatementLog(statements, access.system.text_values)
        yield Series(DatabaseProbe.series, lambda: DatabaseProbe(access, log))
        pid = access.pid
        if pid is not None:
            name = SampleSeries.DB_CPU_CORES
            yield Series((name,), lambda: ProcessCpu(name, pid, is_server=True))


def container_series(*given: GroupFiles | None) -> Iterator[Series]:
    """Make the series of servers' containers, by what is limited in them."""
    yield from _limited(tuple(one for one in given if one is not None), ContainerCpu, ContainerMemory)


def _limited(
    watched: tuple[GroupFiles, ...], cpu: type[ContainerCpu], memory: type[ContainerMemory]
) -> Iterator[Series]:
    if any(one.size.cpu for one in watched):
        yield Series(cpu.series, partial(cpu, watched))
    if any(one.size.memory_mb for one in watched):
        yield Series(memory.series, partial(memory, watched))


def _statistics(watch: Watch) -> Iterator[Series]:
    server, paths = watch.server, watch.statistics_sockets
    if server is not None and server.statistics is not None and paths:
        yield Series(server.statistics.series, partial(ServerStatistics, server, server.statistics, *paths))
