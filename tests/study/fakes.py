"""A run without servers: what would start processes is replaced, everything behind it is real."""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from badgateway.analysis.worker_checks import Round
from badgateway.databases.mariadb import DATABASE
from badgateway.errors import DeploymentError, RestoreError
from badgateway.load.generator import OpenLoopCheck
from badgateway.load.locust import Drive
from badgateway.load.progress import Progress
from badgateway.load.rows import RowFile
from badgateway.model.experiment import Experiment
from badgateway.model.manifest import SCHEMA_VERSION, Environment, Manifest
from badgateway.model.outlook import Outlook
from badgateway.model.places import Limits
from badgateway.model.raw import ACCESS_LOG, CLIENT_ROWS, ERROR_LOG, SERVER_LOG
from badgateway.model.summary import TrialSummary
from badgateway.model.trial import Disturbance, MachineCheck, Trial, Window
from badgateway.model.worker_checks import ConnectCost
from badgateway.plan.schedule import schedule
from badgateway.probe.machine import MachineWatch
from badgateway.process.child import Command
from badgateway.servers.registry import server_of
from badgateway.stack.database import RunningDatabase
from badgateway.stack.machines import Machines
from badgateway.stack.project import Snapshot
from badgateway.stack.written import FOLDER
from badgateway.store.temporary_folder import OwnFolder
from badgateway.study.bench import Bench
from tests.declared import experiment
from tests.judge.evidence_of import QUIET
from tests.ledger.raw_folder import client_row, complete, write_both

ENVIRONMENT = Environment(
    system="Linux", cpu="a cpu", cores=2, memory_bytes=1, python="3.11", somaxconn=None, account="nobody", versions=()
)
LOAD_S = 0.25
REQUESTS = 400
WARM_UP = 7
COSTS = (ConnectCost(client="a driver", connects=20, median_ms=0.3, cpu_ms=0.2, problem=""),)
ROUND = Round(wall_ms=1620.0, statuses=Counter({200: 8}))


def small() -> Experiment:
    """Return three configurations at one level: three trials."""
    return experiment(load={"locustfile": "experiments/load.py", "users": [5]})


def manifest(of: Experiment | None = None) -> Manifest:
    declared = of or small()
    return Manifest(
        schema_version=SCHEMA_VERSION,
        kit_version="0.1.0",
        command="badgateway run experiments/small.toml",
        started="2026-11-21T20:00:00Z",
        experiment=declared,
        environment=ENVIRONMENT,
        trials=schedule(declared),
    )


class Told:
    """A listener that remembers."""

    def __init__(self) -> None:
        self.busy: list[str] = []
        self.outlooks: list[Outlook] = []
        self.started: list[int] = []
        self.progress: list[Progress] = []
        self.ended: list[TrialSummary] = []

    def busy_with(self, what: str) -> None:
        self.busy.append(what)

    def outlook(self, outlook: Outlook) -> None:
        self.outlooks.append(outlook)

    def trial_starting(self, trial: Trial, _raw: Path, /) -> None:
        self.started.append(trial.position)

    def trial_progress(self, progress: Progress) -> None:
        self.progress.append(progress)

    def trial_ended(self, summary: TrialSummary) -> None:
        self.ended.append(summary)


def bench(effects: "Seam", of: Experiment) -> Bench:
    """Return a bench whose database is this very process, which is alive for sure."""
    folder = effects.folder
    database = RunningDatabase(
        system=DATABASE,
        folder=folder,
        account=None,
        host="127.0.0.1",
        port=1,
        name="site",
        user="site",
        password="secret",
        pid=os.getpid(),
    )
    return Bench(
        effects=effects,
        experiment=of,
        root=folder,
        folder=folder,
        account=None,
        snapshot=Snapshot(root=folder, nginx_template="", database_template=""),
        database=database,
        own_folders=(OwnFolder.at(folder),),
    )


class SaturatedError(Exception):
    """Raised in a load, it leaves a trial that is INVALID: the generator measured itself."""


class Locust:
    """Locust's process, as one that serves its web UI."""

    name = "Locust's web UI"
    ended: int | None = None

    def exit_code(self) -> int | None:
        return self.ended

    def tail(self, lines: int = 15) -> str:
        return "last line"


class QuietMachine(MachineWatch):
    """Sees what it is told to: drives of a fake take no time, in which nobody can look often enough."""

    def __init__(self, check: MachineCheck) -> None:
        super().__init__()
        self._check = check

    def check(self, *_given: object) -> MachineCheck:
        return self._check


class Seam:
    """Effects that start nothing: what they do, and what they were seen doing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.up: list[str] = []
        """Configurations that are deployed, and "bench" while that stands."""
        self.watched: list[str] = []
        self.check_deployment: Callable[[], None] = lambda: None
        """Configurations that were deployed with their event loops watched."""
        self.drives = 0
        self.open_loop: OpenLoopCheck | None = OpenLoopCheck(arrivals=400, missed_arrivals=0, send_lag_p99_ms=1)
        self.on_prove: Callable[[], Round] = lambda: ROUND
        self.at: list[object] = []
        """Of the database, as each deployment was asked for it."""
        self.ended: tuple[Disturbance, ...] = ()
        self.journal = b""
        self.access_log = b""
        self.machines = Machines()
        self.load_place: Any = None
        self.upstreams: tuple[str, ...] = ()
        """What ended of each deployment without the kit's doing."""
        self.on_restore: Callable[[], None] = lambda: None
        self.on_deploy: Callable[[str], None] = lambda _name: None
        self.on_drive: Callable[[Trial, Path], None] = lambda _trial, _raw: None
        self.on_set_up: Callable[[], None] = lambda: None
        self.on_check_machine: Callable[[], MachineCheck] = lambda: QUIET
        self.asked: list[Experiment] = []
        """What it was set up for."""
        self.tidied = 0
        self.locust = Locust()
        self.commands: list[Command] = []
        """What was run to serve a page."""

    def tidy_up(self) -> None:
        self.tidied += 1

    @contextmanager
    def set_up(self, of: Experiment, root: Path) -> Iterator[Bench]:
        self.on_set_up()
        self.asked.append(of)
        self.up.append("bench")
        try:
            yield bench(self, of)
        finally:
            self.up.remove("bench")

    @contextmanager
    def standing_by(self, *_given: object) -> Iterator[Any]:
        yield None if self.load_place is None else SimpleNamespace(place=self.load_place)

    @contextmanager
    def restoring(self, *_given: object) -> Iterator[Callable[[], None]]:
        def finish() -> None:
            try:
                self.on_restore()
            except DeploymentError as error:
                raise RestoreError(str(error)) from error

        yield finish

    @contextmanager
    def deploy(
        self,
        _of: Experiment,
        configuration: Any,
        *,
        raw: Path,
        watch_loop: bool = False,
        before_requests: Callable[[], None] = lambda: None,
        on_limits: Callable[[Mapping[str, Limits]], None] = lambda _limits: None,
        **given: Any,
    ) -> Iterator[Any]:
        on_limits(self.machines.limits)
        before_requests()
        self.on_deploy(configuration.name)
        self.watched += [configuration.name] if watch_loop else []
        self.at.append(given.get("at"))
        (raw / SERVER_LOG).write_text("a server's log\n")
        (raw / FOLDER).mkdir()
        for name in (ACCESS_LOG, ERROR_LOG):
            (raw / FOLDER / name).touch()
        self.up.append(configuration.name)
        try:
            yield SimpleNamespace(
                containers=(),
                proxy_containers=(),
                machines=self.machines,
                lines=self.machines.of_parts,
                url="http://127.0.0.1:1",
                proxy_port=1,
                server_sockets=(raw / "web.sock",),
                server=server_of(configuration),
                statistics_sockets=(raw / "stats.sock",),
                parts={"server": os.getpid()},
                roots={"server": (os.getpid(),)},
                upstreams=self.upstreams,
                read_access_log=lambda: self.access_log,
                check=self.check_deployment,
                ended_from_outside=lambda: self.ended,
                read_journal=lambda: self.journal,
            )
        finally:
            self.up.remove(configuration.name)

    def drive(
        self,
        _load: object,
        trial: Trial,
        *,
        raw: Path,
        on_start: Callable[[int], None],
        on_progress: Callable[[Progress], None],
        check: Callable[[], None],
        environment: Mapping[str, str] | None = None,
        **_given: Any,
    ) -> Drive:
        self.drives += 1
        on_start(os.getpid())
        check()
        on_progress(Progress(requests=1, failures=0, users=trial.users, elapsed_s=1, total_s=13))
        now_s = time.time()
        write_trial(raw, now_s)
        busy = 0.1
        try:
            self.on_drive(trial, raw)
        except SaturatedError:
            busy = 0.99
        return Drive(
            window=Window(start_s=now_s - 5, end_s=now_s + 5, drained_s=now_s + 5),
            load_s=LOAD_S,
            generator_cpu_share=busy,
            open_loop=self.open_loop if trial.rate_per_s else None,
        )

    def watch_machine(self) -> MachineWatch:
        return QuietMachine(self.on_check_machine())

    def ask_at_once(self, _url: str, _requests: int) -> Round:
        return self.on_prove()

    def connect_costs(self, _bench: Bench) -> tuple[ConnectCost, ...]:
        return COSTS

    @contextmanager
    def serve(self, command: Command, _page: str) -> Iterator[Locust]:
        self.commands.append(command)
        if not (command.directory / CLIENT_ROWS).exists():
            RowFile.create(command.directory / CLIENT_ROWS)
        self.up.append("locust")
        yield self.locust
        self.up.remove("locust")


def write_trial(raw: Path, now_s: float) -> None:
    """Write what client and proxy would of a trial in which every request was answered."""

    def rows(name: str, number: int, first_s: float) -> Iterator[dict[str, Any]]:
        for i in range(number):
            start_s = first_s + i % 4
            times = {"intended_start_s": start_s, "start_s": start_s, "first_byte_s": start_s, "end_s": start_s + 0.02}
            yield client_row(f"{name}-{i}", **times)

    write_both(raw, *rows("counted", REQUESTS, now_s), *rows("early", WARM_UP, now_s - 60))
    (raw / ERROR_LOG).touch()
    complete(raw)
    assert (raw / CLIENT_ROWS).exists()
