"""Looks at a server that runs on this machine, from outside: accept queues, workers, what it tells of itself."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from badgateway.model.live_server import ContainerSeen, FailuresSeen, LiveServer, QueueSeen, RequestsSeen, WorkerSeen
from badgateway.model.raw_words import SampleSeries, ServerSeries
from badgateway.model.samples import Reading
from badgateway.probe.accept_queue import AcceptQueue
from badgateway.probe.listen_drops import ListenDrops
from badgateway.probe.listeners import listeners_of
from badgateway.probe.process_cpu import children_of, own_cpu_s
from badgateway.probe.series import Series, container_series
from badgateway.probe.server_statistics import ServerStatistics
from badgateway.probe.watch import Listener
from badgateway.process.container import container_of
from badgateway.servers.server import Server


class ServerWatch:
    """Looks again and again at one server; nothing of it is changed."""

    def __init__(
        self,
        pid: int,
        listeners: Sequence[Listener],
        server: Server | None = None,
        statistics_socket: Path | None = None,
        *,
        requests: Callable[[], RequestsSeen | None] = lambda: None,
        failures: Callable[[], tuple[FailuresSeen, ...] | None] = lambda: None,
        notes: Callable[[], tuple[str, ...]] = tuple,
    ) -> None:
        """Watch the tree of processes below a pid.

        Args:
            pid: Of the server's first process.
            listeners: Where it listens.
            server: Which one it is, if its statistics are asked for.
            statistics_socket: Where it tells them.
            requests: What a journal tells at this moment.
            failures: What logs tell of failed requests.
            notes: What they cannot tell, and why.
        """
        self._root = psutil.Process(pid)
        self._queues = [(str(one), Series((str(one),), _queue(one))) for one in listeners]
        self._drops = Series(ListenDrops.series, ListenDrops)
        self._told: Series | None = None
        if server is not None and server.statistics is not None and statistics_socket is not None:
            told, path, of = server.statistics, statistics_socket, server
            self._told = Series(told.series, lambda: ServerStatistics(of, told, path))
        self._container = tuple(container_series(container_of(pid)))
        self._server = server
        self._requests, self._failures, self._told_notes = requests, failures, notes
        self._began_s = self._looked_s = time.monotonic()
        self._used_s: dict[int, float] = {}
        self._workers: dict[int, psutil.Process] = {}
        self._ended, self._cpu_s, self._root_cpu_s = 0, 0.0, own_cpu_s(self._root)
        self._notes: list[str] = []

    def look(self) -> LiveServer:
        """Return what there is to see now."""
        now_s = time.monotonic()
        passed_s, self._looked_s = now_s - self._looked_s, now_s
        found = self._workers_now(passed_s)
        workers = found or ()
        drops = {row.reading.series: row.reading.value for row in self._drops.rows()}
        told = {row.reading.series: row.reading for row in self._told.rows()} if self._told else {}
        busy = self._statistic(told, ServerSeries.BUSY_WORKERS)
        oldest = self._statistic(told, ServerSeries.OLDEST_REQUEST_S)
        return LiveServer(
            time_s=time.time(),
            watched_s=now_s - self._began_s,
            is_up=found is not None,
            queues=tuple(self._seen_queues()),
            listen_overflows=_whole(drops.get(SampleSeries.LISTEN_OVERFLOWS)),
            listen_drops=_whole(drops.get(SampleSeries.LISTEN_DROPS)),
            workers=workers,
            ended=self._ended,
            cpu_s=self._cpu_s,
            rss_bytes=sum(one.rss_bytes for one in workers),
            busy=_whole(busy.value) if busy else None,
            busy_limit=_whole(busy.limit) if busy else None,
            oldest_s=oldest.value if oldest else None,
            requests=self._requests(),
            failures=self._failures(),
            container=self._seen_container(),
            notes=self._all_notes(),
        )

    def close(self) -> None:
        """Let go of what the probes hold."""
        for one in self._every():
            one.close()

    def _workers_now(self, passed_s: float) -> tuple[WorkerSeen, ...] | None:
        """Return what is seen of the workers; None where the server is gone, which it may be at any moment."""
        try:
            if self._root.is_running() and self._root.status() != psutil.STATUS_ZOMBIE:
                return tuple(self._seen_workers(passed_s))
        except psutil.Error:
            pass
        return None

    def _seen_queues(self) -> Iterator[QueueSeen]:
        for name, series in self._queues:
            for row in series.rows():
                reading = row.reading
                yield QueueSeen(listener=name, waiting=_whole(reading.value), limit=_whole(reading.limit))

    def _seen_workers(self, passed_s: float) -> Iterator[WorkerSeen]:
        """Yield the server's children, or the server itself where it has none."""
        found = {one.pid: one for one in children_of(self._root)} or {self._root.pid: self._root}
        gone = self._workers.keys() - found.keys() - {self._root.pid}
        self._ended += len(gone)
        # A pid that is taken again is another process.
        self._workers = {pid: self._workers.get(pid, one) for pid, one in found.items()}
        for pid in gone:
            self._used_s.pop(pid, None)
        root_s = own_cpu_s(self._root)
        self._cpu_s += root_s - self._root_cpu_s
        self._root_cpu_s = root_s
        for pid, one in self._workers.items():
            # One of another user's, where those are hidden, is there and cannot be looked into.
            with suppress(psutil.Error):
                yield self._seen(pid, one, passed_s)

    def _seen(self, pid: int, process: psutil.Process, passed_s: float) -> WorkerSeen:
        used_s = own_cpu_s(process)
        before_s = self._used_s.get(pid)
        self._used_s[pid] = used_s
        if before_s is not None and pid != self._root.pid:
            self._cpu_s += used_s - before_s
        return WorkerSeen(
            pid=pid,
            cpu_share=None if before_s is None or passed_s <= 0 else (used_s - before_s) / passed_s,
            rss_bytes=process.memory_info().rss,
            age_s=max(0.0, time.time() - process.create_time()),
        )

    def _statistic(self, told: dict[str, Reading], series: ServerSeries) -> Reading | None:
        found = told.get(series.of(self._server.name)) if self._server else None
        return found if found is not None and found.value is not None else None

    def _all_notes(self) -> tuple[str, ...]:
        self._notes += [note for series in self._every() for note in series.take_notes()]
        return (*self._notes, *self._told_notes())

    def _every(self) -> tuple[Series, ...]:
        told = (self._told,) if self._told else ()
        return (*(series for _, series in self._queues), self._drops, *told, *self._container)

    def _seen_container(self) -> ContainerSeen | None:
        rows = {row.reading.series: row.reading for series in self._container for row in series.rows()}
        if not rows:
            return None
        value = {name: reading.value for name, reading in rows.items()}
        memory = rows.get(SampleSeries.CONTAINER_MEMORY)
        return ContainerSeen(
            periods=_whole(value.get(SampleSeries.CONTAINER_PERIODS)),
            throttled=_whole(value.get(SampleSeries.CONTAINER_THROTTLED)),
            throttled_s=value.get(SampleSeries.CONTAINER_THROTTLED_S),
            memory_bytes=_whole(memory.value) if memory else None,
            memory_limit_bytes=_whole(memory.limit) if memory else None,
            kills=_whole(value.get(SampleSeries.CONTAINER_KILLS)),
        )


def where_it_listens(pid: int) -> tuple[Listener, ...]:
    """Return at which sockets a server listens, or its workers do."""
    with suppress(psutil.NoSuchProcess):
        return listeners_of((pid, *(child.pid for child in children_of(psutil.Process(pid)))))
    return ()


def _queue(listener: Listener) -> Callable[[], AcceptQueue]:
    return lambda: AcceptQueue(str(listener), listener)


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)
