"""Collects what befalls a trial from outside its configuration, while it runs and from the files it left."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from badgateway.analysis.disturbances import counted
from badgateway.errors import GeneratorKilledError, GuardianError
from badgateway.load.clocks import clock_disturbances
from badgateway.load.locust import Drive
from badgateway.load.stillness import generator_disturbances
from badgateway.model.trial import Disturbance, OutsidePart
from badgateway.probe.vigil import Vigil
from badgateway.probe.watch import DatabaseAccess, Watch
from badgateway.stack.database import RunningDatabase
from badgateway.stack.deployment import Deployment
from badgateway.stack.endings import ended, way
from badgateway.store.temporary_folder import OwnFolder
from badgateway.study.bench import Bench


class Outside:
    """What is seen of generator, database, proxy, relay, kit, clock and folders during one trial."""

    def __init__(self, bench: Bench) -> None:
        """Begin to watch when the block of `watched` begins."""
        database = bench.database
        self.access = _access(database) if database.host else None
        """How the database can be asked; None where it has no server."""
        self._database = database
        self._own_folders = bench.own_folders
        self._name = database.system.label
        self._vigil = Vigil()
        self._ends: list[Disturbance] = []

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Watch the database, the kit, the clock and the run's folders until the block ends."""
        self._vigil.add_folders(*self._own_folders)
        if self.access is not None and self.access.pid is not None:
            self._vigil.add_database(self.access.pid, self.access.pulse, self._name)
        with self._vigil:
            try:
                yield
            except GeneratorKilledError as error:
                self._ends.append(ended(OutsidePart.GENERATOR, f"the load generator {error.how}"))
                raise
            finally:
                # The kit stops it after the last trial only, so it is to be there.
                if self._database.pid is not None and not psutil.pid_exists(self._database.pid):
                    self._ends.append(ended(OutsidePart.DATABASE, f"{self._name} ended in the middle of the trial"))

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
        try:
            yield
        finally:
            # A guardian that cannot tell has told so already.
            with suppress(GuardianError):
                self._ends.extend(deployment.ended_from_outside())

    def add_generator(self, pid: int) -> None:
        """Watch the load generator from now on."""
        self._vigil.add(OutsidePart.GENERATOR, pid)

    def found(self, raw: Path, client_timeout_s: float, result: Drive | None) -> tuple[Disturbance, ...]:
        """Return what disturbed the trial, in the order of time; to be asked when all has stopped.

        Args:
            raw: The trial's folder.
            client_timeout_s: Limit of one request.
            result: Of the load; None when the trial was aborted. With it, only what touched the load counts.
        """
        seen = (
            *self._vigil.found(),
            *self._ends,
            *generator_disturbances(raw, client_timeout_s),
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
