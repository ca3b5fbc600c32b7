"""What a run does to a machine, done on this one."""

import shutil
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from badgateway.analysis.worker_checks import Round
from badgateway.errors import ConfigurationError, DeploymentError
from badgateway.load.locust import drive
from badgateway.load.standby import Standby, standing_by
from badgateway.model import raw as raw_files
from badgateway.model.configuration import Timeouts
from badgateway.model.experiment import Experiment
from badgateway.model.places import Places
from badgateway.plan.gating import only_own
from badgateway.probe.machine import MachineWatch
from badgateway.process.account import Account, changeable_by, open_passage, service_account, with_own_group
from badgateway.process.child import Command
from badgateway.process.readiness import Watched, await_ready, http_probe
from badgateway.process.running import running
from badgateway.stack.attached import attach, no_database, nothing_copied, require_reachable
from badgateway.stack.deployment import Deployment, deploy
from badgateway.stack.experiment_database import prepare_database, restoring
from badgateway.stack.machines import machine
from badgateway.stack.own_python import interpreter_of
from badgateway.stack.project import take_snapshot
from badgateway.store.temporary_folder import OwnFolder, remove_all_left_behind, temporary_folder
from badgateway.study.bench import Bench
from badgateway.study.connect_costs import connect_costs

DATABASE_BYTES = 64 << 20
"""What an empty database takes at least."""
PATIENT = Timeouts(app_s=20, proxy_connect_s=5, proxy_read_s=25, client_s=30)
"""A server that takes its requests one by one is slow here, and must not be killed for it."""
SERVE_DEADLINE_S = 30.0


class LocalEffects:
    """Starts everything on this machine; Effects says what each does."""

    tidy_up = staticmethod(remove_all_left_behind)
    restoring = staticmethod(restoring)
    drive = staticmethod(drive)
    watch_machine = MachineWatch
    connect_costs = staticmethod(connect_costs)

    def deploy(self, experiment: Experiment, *arguments: Any, **options: Any) -> AbstractContextManager[Deployment]:
        """Start a server and its proxy; a site that already runs is only looked at."""
        return (deploy if experiment.target is None else attach)(experiment, *arguments, **options)

    @contextmanager
    def standing_by(self, places: Places, project_root: Path, raw: Path) -> Iterator[Standby]:
        """Have a load generator wait on the machine that the load is to come from, made for this trial alone."""
        with machine(places.load, raw) as place, standing_by(project_root, raw, place) as standby:
            yield standby

    @contextmanager
    def set_up(self, experiment: Experiment, root: Path) -> Iterator[Bench]:
        """Start and fill the experiment's own database in a temporary folder, if it is to have one."""
        if experiment.target is not None:
            with self._attached(experiment, root) as bench:
                yield bench
            return
        account = with_own_group(service_account())
        demand_unchangeable(root / experiment.load.locustfile, account)
        with temporary_folder() as folder:
            _demand_room(folder)
            open_passage(folder, account)
            interpreter = interpreter_of(experiment, root) if experiment.application.python else None
            snapshot = take_snapshot(experiment, root, folder / "snapshot", account, interpreter)
            with prepare_database(
                experiment, snapshot=snapshot, folder=folder / "database", account=account
            ) as database:
                yield Bench(
                    effects=self,
                    experiment=experiment,
                    root=root,
                    folder=folder,
                    account=account,
                    snapshot=snapshot,
                    database=database,
                    own_folders=(OwnFolder.at(folder), OwnFolder.at(database.folder)),
                )

    @contextmanager
    def _attached(self, experiment: Experiment, root: Path) -> Iterator[Bench]:
        demand_unchangeable(root / experiment.load.locustfile, service_account())
        require_reachable(experiment, root)
        with temporary_folder() as folder:
            _demand_room(folder)
            yield Bench(
                effects=self,
                experiment=experiment,
                root=root,
                folder=folder,
                account=None,
                snapshot=nothing_copied(root),
                database=no_database(experiment, folder),
                own_folders=(OwnFolder.at(folder),),
            )

    def ask_at_once(self, url: str, requests: int) -> Round:
        """Send so many requests at the same moment, each in a thread of its own."""
        everybody_is_ready = threading.Barrier(requests)

        def ask(number: int) -> tuple[float, float, int]:
            everybody_is_ready.wait()
            start_s = time.monotonic()
            status = _status(url, number)
            return start_s, time.monotonic(), status

        with ThreadPoolExecutor(requests) as threads:
            starts_s, ends_s, statuses = zip(*threads.map(ask, range(requests)), strict=True)
        return Round(wall_ms=(max(ends_s) - min(starts_s)) * 1000, statuses=Counter(statuses))

    @contextmanager
    def serve(self, command: Command, page: str) -> Iterator[Watched]:
        """Run a program until the block ends."""
        with running(command, grace_s=2) as child:
            await_ready(child, http_probe(page), what=page, deadline_s=SERVE_DEADLINE_S)
            yield child


LOCAL = LocalEffects()


class WatchfulEffects(LocalEffects):
    """As on this machine, but that workers with an event loop write down what blocks it: a cause of failures."""

    def deploy(self, experiment: Experiment, *arguments: Any, **options: Any) -> AbstractContextManager[Deployment]:
        """Start a server and its proxy."""
        return super().deploy(experiment, *arguments, **{**options, "watch_loop": True})


WATCHFUL = WatchfulEffects()


class TwoCheckouts(WatchfulEffects):
    """The same, but that some configurations are those of another checkout."""

    def __init__(self, before: Experiment, root: Path) -> None:
        """Have that checkout run these configurations."""
        self._before = before
        self._root = root

    @contextmanager
    def set_up(self, experiment: Experiment, root: Path) -> Iterator[Bench]:
        """Start and fill a database for each checkout."""
        own = only_own(experiment)
        with super().set_up(own, root) as now, super().set_up(self._before, self._root) as before:
            # The load is one and the same: the script of the checkout that is gated.
            other = replace(before, root=root)
            yield replace(now, others={one.name: other for one in self._before.configurations})


def demand_unchangeable(path: Path, account: Account | None) -> None:
    """Return when the servers' account can change neither path nor anything on the way to it, or there is none.

    Root runs the Locust file and writes the results. What the site could change there would be run, or written to, as
    root.

    Raises:
        ConfigurationError: It can.
    """
    place = changeable_by(account, path)
    if place is not None and account is not None:
        raise ConfigurationError(
            f"{path}: account {account.name}, which runs the servers, can change {place}, and root would use it; run "
            f"badgateway as another user, or in a copy of the project that {account.name} cannot change"
        )


def _demand_room(folder: Path) -> None:
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < DATABASE_BYTES:
        raise DeploymentError(
            f"{folder.parent}: no space left for a database: {free_bytes >> 20} MiB are free, and an empty one takes "
            f"{DATABASE_BYTES >> 20}; make room there"
        )


def _status(url: str, number: int) -> int:
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=PATIENT.client_s)
    try:
        headers = {"X-Request-ID": f"{raw_files.OWN_REQUESTS}worker-check-{number}"}
        connection.request("GET", f"{parts.path}?{parts.query}", headers=headers)
        response = connection.getresponse()
        response.read()
    except (OSError, HTTPException):
        return 0
    finally:
        connection.close()
    return response.status
