"""Collects what befalls a trial from outside its configuration, while it runs and from the files it left."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from badgateway.analysis.disturbances import counted
from badgateway.errors import GeneratorKilledError, GuardianError
from badgateway.load.clocks import clock_disturbances
from badgateway.load.locust import Drive
from badgateway.load.never_left import never_left
from badgateway.load.stillness import generator_disturbances
from badgateway.model.places import Carried
from badgateway.model.trial import Disturbance, OutsidePart
from badgateway.probe.lines import Lines
from badgateway.probe.vigil import Vigil
from badgateway.probe.watch import DatabaseAccess, Watch
from badgateway.process import port_relay
from badgateway.process.elsewhere import Elsewhere
from badgateway.stack.database import RunningDatabase
from badgateway.stack.deployment import Deployment
from badgateway.stack.endings import ended, relay_ended, way, way_to
from badgateway.stack.machines import line_to
from badgateway.store.temporary_folder import OwnFolder
from badgateway.study.bench import Bench

_LOAD_LINE = way(line_to("load"))


class Outside:
    """What is seen of generator, database, services, proxy, relays, kit, clock and folders during one trial."""

    def __init__(self, bench: Bench) -> None:
        """Begin to watch when the block of `watched` begins."""
        database = bench.database
        self.access = _access(database) if database.host else None
        """How the database can be asked; None where it has no server."""
        self._database = database
        self._own_folders = bench.own_folders
        self._name = database.system.label
        self._port_relay = port_relay.port_relay()
        self._vigil = Vigil()
        self._ends: list[Disturbance] = []
        self._lines: dict[str, Lines] = {}

    @property
    def carried(self) -> dict[str, Carried]:
        """What each line of [places] did with the packets of the trial, by its key."""
        return {key: line.carried for key, line in self._lines.items()}

    @contextmanager
    def watched(self, load_place: Elsewhere | None = None) -> Iterator[None]:
        """Watch all that is there before the servers until the block ends: what the run has started, and itself.

        `load_place` is the machine that the load comes from, where it has one of its own.
        """
        self._vigil.add_folders(*self._own_folders)
        if self.access is not None and self.access.pid is not None:
            self._vigil.add_database(self.access.pid, self.access.pulse, self._name)
        for one in self._database.services:
            self._vigil.add(OutsidePart.SERVICE, one.pid, one.service.label)
        if self._port_relay is not None:
            self._vigil.add(OutsidePart.RELAY, self._port_relay, port_relay.NAME)
        if load_place is not None:
            self._vigil.add(OutsidePart.RELAY, load_place.end.pid, _LOAD_LINE)
            self._add_line("load", load_place)
        with self._vigil:
            try:
                yield
            except GeneratorKilledError as error:
                self._ends.append(ended(OutsidePart.GENERATOR, f"the load generator {error.how}"))
                raise
            finally:
                self._ends.extend(self._ended())
                self._finish_lines()
                # A guardian that cannot tell has told so already.
                with suppress(GuardianError):
                    code = load_place.end.exit_code() if load_place is not None else None
                    self._ends.extend(relay_ended(code, _LOAD_LINE))

    def _add_line(self, key: str, place: Elsewhere) -> None:
        if place.watch is not None:
            self._lines[key] = line = Lines(way_to(key), place.watch, place.end.exit_code)
            self._vigil.add_line(line)

    def _finish_lines(self) -> None:
        for line in self._lines.values():
            # A guardian that cannot tell has told so already.
            with suppress(GuardianError):
                self._ends.extend(line.finish())

    def _ended(self) -> Iterator[Disturbance]:
        """Yield what has ended of what the kit stops after the last trial only."""
        within = "ended in the middle of the trial"
        if self._database.pid is not None and not psutil.pid_exists(self._database.pid):
            yield ended(OutsidePart.DATABASE, f"{self._name} {within}")
        for one in self._database.services:
            if not psutil.pid_exists(one.pid):
                yield ended(OutsidePart.SERVICE, f"{one.service.label} {within}")
        if self._port_relay is not None and port_relay.has_ended(self._port_relay):
            yield ended(OutsidePart.RELAY, f"{port_relay.NAME} {within}")

    @contextmanager
    def deployed(self, deployment: Deployment, raw: Path) -> Iterator[None]:
        """Watch what a deployment has besides its application server until the block ends, which is before its stop.

        `raw` is the trial's folder, through which the servers get at their own.
        """
        self._vigil.add_folders(OwnFolder.at(raw))
        for name, pid in deployment.parts.items():
            if name == "nginx":
                self._vigil.add(OutsidePart.PROXY, pid)
            elif called := way(name):
                self._vigil.add(OutsidePart.RELAY, pid, called)
        for key, place in deployment.lines.items():
            self._add_line(key, place)
        try:
            yield
        finally:
            self._finish_lines()
            # A guardian that cannot tell has told so already.
            with suppress(GuardianError):
                self._ends.extend(deployment.ended_from_outside())

    def add_generator(self, pid: int) -> None:
        """Watch the load generator from now on."""
        self._vigil.add(OutsidePart.GENERATOR, pid)

    def found(
        self, raw: Path, client_timeout_s: float, result: Drive | None, ports: tuple[int, int] | None = None
    ) -> tuple[Disturbance, ...]:
        """Return what disturbed the trial, in the order of time; to be asked when all has stopped.

        Args:
            raw: The trial's folder.
            client_timeout_s: Limit of one request.
            result: Of the load; None when the trial was aborted. With it, only what touched the load counts.
            ports: Those of the machine of `[places.load]`: the first and the last; None where it has none.
        """
        seen = (
            *self._vigil.found(),
            *self._ends,
            *generator_disturbances(raw, client_timeout_s),
            *never_left(raw, ports),
            *clock_disturbances(raw),
        )
        if result is None:
            return counted(seen)
        drained_s = result.window.drained_s
        return counted(seen, load_start_s=drained_s - result.load_s, drained_s=drained_s)


def _access(database: RunningDatabase) -> DatabaseAccess:
    return DatabaseAccess(
        system=database.server,
        host=database.host,
        port=database.port,
        name=database.name,
        user=database.user,
        password=database.password,
        pid=database.pid,
    )


def watch_of(deployment: Deployment, database: DatabaseAccess | None) -> Watch:
    """Return what is sampled of a deployment and its database, where that has a server."""
    return Watch(
        server_sockets=deployment.server_sockets,
        proxy_port=deployment.proxy_port,
        server=deployment.server,
        statistics_sockets=deployment.statistics_sockets,
        database=database,
        containers=deployment.containers,
        proxy_containers=deployment.proxy_containers,
        server_place=deployment.machines.target,
        proxy_place=deployment.machines.proxy,
    )
