"""What the trials of an experiment share, who watches them, and the port through which all is done to a machine."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import psutil

from badgateway.analysis.worker_checks import Round
from badgateway.errors import BadgatewayError, DeploymentError
from badgateway.load.locust import Drive
from badgateway.load.progress import Progress
from badgateway.load.restraint import Restraint
from badgateway.load.settings import SESSIONS
from badgateway.load.standby import Standby
from badgateway.model.axis import USUAL, At
from badgateway.model.configuration import Configuration
from badgateway.model.experiment import Experiment, Load
from badgateway.model.outlook import Outlook
from badgateway.model.places import Limits, Places
from badgateway.model.summary import TrialSummary
from badgateway.model.trial import Trial
from badgateway.model.worker_checks import ConnectCost
from badgateway.probe.machine import MachineWatch
from badgateway.process.account import Account
from badgateway.process.child import Command
from badgateway.process.port_relay import demand_port_relay
from badgateway.process.readiness import Watched
from badgateway.stack.database import RunningDatabase
from badgateway.stack.deployment import READY_DEADLINE_S, Deployment
from badgateway.stack.logins import logins_of
from badgateway.stack.project import Snapshot
from badgateway.stack.site import HOST
from badgateway.store.temporary_folder import OwnFolder

LEAST_FREE_BYTES = 1 << 20
"""With less, a disk is full."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Everything the trials of one experiment share."""

    effects: "Effects"
    """By which it was set up, and everything on it is done."""
    experiment: Experiment
    root: Path
    """The project; Locust files are read here, the servers run from the snapshot."""
    folder: Path
    account: Account | None
    snapshot: Snapshot
    database: RunningDatabase
    own_folders: tuple[OwnFolder, ...] = ()
    """In which everything is; as they were when it was set up."""
    others: Mapping[str, "Bench"] = field(default_factory=dict)
    """Of configurations that are another checkout's: what their trials run on."""

    def of(self, configuration: str) -> "Bench":
        """Return what the trials of a configuration run on."""
        return self.others.get(configuration, self)

    def raw_folder(self, name: str) -> Path:
        """Make an empty folder that only the kit can enter; `deploy` lets the servers' account through."""
        folder = self.folder / name
        folder.mkdir(mode=0o700)
        return folder

    def users_environment(self, configuration: Configuration) -> dict[str, str]:
        """Return the variables of the Locust file: the application's, and where its users' sessions are, if any."""
        sessions = logins_of(self.database)
        own = {**self.experiment.application.environment, **configuration.environment}
        return {**own, SESSIONS: str(sessions)} if sessions else own

    def check(self) -> None:
        """Return when the database and the run's folder are still there, and room for what a trial writes.

        Raises:
            DeploymentError: The database has ended by itself, or what hands on allowed ports has; what the site answers
                without it says nothing about a server. Or the disk is full; what is written then is cut off. Or
                somebody has changed the folder.
        """
        self._demand_folders()
        demand_port_relay()
        labels = {one.service.name: one.service.label for one in self.database.services}
        for part, (pid,) in self.database.roots.items():
            if not psutil.pid_exists(pid):
                raise DeploymentError(
                    f"{labels.get(part, self.database.system.label)} (pid {pid}) ended by itself in the middle of the "
                    "run; look for what stopped it, such as the kernel's out-of-memory killer (dmesg), and run again"
                )
        if self.is_full():
            raise DeploymentError(f"{self.folder}: no space is left on its disk; make room there and run again")

    def _demand_folders(self) -> None:
        change = next((found for one in self.own_folders if (found := one.change()) is not None), None)
        if change is not None:
            raise DeploymentError(
                f"{change} while servers ran in it, and not by badgateway; find out by what, such as a job that tidies "
                f"up {self.folder.parent}, keep it away from there, and run again; --resume keeps what was measured"
            )

    @contextmanager
    def explaining(self) -> Iterator[None]:
        """Say of what fails in the block because the run's folder was removed or closed that it was.

        Raises:
            DeploymentError: It was.
        """
        try:
            yield
        except (BadgatewayError, OSError):
            self._demand_folders()
            raise

    def is_full(self) -> bool:
        """Tell whether the disk that servers and load generator write to has no space left."""
        return shutil.disk_usage(self.folder).free < LEAST_FREE_BYTES


class Effects(Protocol):
    """All that a run does to a machine: set up, deploy, drive, restore, prove."""

    def tidy_up(self) -> None:
        """Remove what kits that were killed have left behind."""

    def set_up(self, experiment: Experiment, root: Path, /) -> AbstractContextManager[Bench]:
        """Start and fill the experiment's own database; stop it and remove every temporary file at the end.

        Raises:
            ConfigurationError: Root would run what the servers' account can change.
            DeploymentError: There is no room for a database, it did not come up, or the application could not load its
                data.
        """

    def standing_by(self, places: Places, project_root: Path, raw: Path, /) -> AbstractContextManager[Standby | None]:
        """Have a load generator for the trial in raw, where the load is to come from, that waits for its orders."""

    def restoring(
        self, experiment: Experiment, database: RunningDatabase, snapshot: Snapshot, /
    ) -> AbstractContextManager[Callable[[], None]]:
        """Begin to put the data back as they were before the first trial.

        Gives what waits until that is done, and raises RestoreError when it could not be.
        """

    def deploy(  # noqa: PLR0913 # as stack.deployment has it
        self,
        experiment: Experiment,
        configuration: Configuration,
        /,
        *,
        database: RunningDatabase,
        snapshot: Snapshot,
        raw: Path,
        account: Account | None,
        at: At = USUAL,
        watch_loop: bool = False,
        ready_deadline_s: float = READY_DEADLINE_S,
        before_requests: Callable[[], None] = lambda: None,
        on_limits: Callable[[Mapping[str, Limits]], None] = lambda _limits: None,
        address: str = HOST,
    ) -> AbstractContextManager[Deployment]:
        """Run a configuration's server behind a proxy until the block ends; their logs go to raw.

        `before_requests` is called when they have been started and have had no request, and `on_limits` with what is in
        force on the machines of [places], before they are.

        Raises:
            DeploymentError: It did not come up.
        """

    def drive(  # noqa: PLR0913 # as load.locust has it
        self,
        load: Load,
        trial: Trial,
        /,
        *,
        url: str,
        project_root: Path,
        client_timeout_s: float,
        raw: Path,
        on_start: Callable[[int], None],
        on_progress: Callable[[Progress], None],
        check: Callable[[], None],
        site: str = "",
        environment: Mapping[str, str] | None = None,
        standby: Standby | None = None,
        address: str = "",
        restraint: Restraint | None = None,
    ) -> Drive:
        """Run the load of a trial to its end.

        Raises:
            LoadError: The load generator failed.
        """

    def watch_machine(self) -> MachineWatch:
        """Begin to watch what else happens to the machine during a trial."""

    def ask_at_once(self, url: str, requests: int, /) -> Round:
        """Send so many requests at the same moment and wait for all."""

    def connect_costs(self, bench: Bench, /) -> tuple[ConnectCost, ...]:
        """Measure what a database connect costs with each client."""

    def serve(self, command: Command, page: str, /) -> AbstractContextManager[Watched]:
        """Run a program until the block ends; when the block begins, it answers at that address.

        Raises:
            DeploymentError: It did not come up.
        """


class Listener(Protocol):
    """Watches a run; a display on a terminal, plain lines elsewhere."""

    def busy_with(self, what: str) -> None:
        """Something that takes seconds begins, before the first trial or after the last."""

    def outlook(self, outlook: Outlook) -> None:
        """Where the run is; told before each trial."""

    def trial_starting(self, trial: Trial, raw: Path, /) -> None:
        """A trial begins: its servers are started, and what is measured of it goes into the folder raw."""

    def trial_progress(self, progress: Progress) -> None:
        """About twice a second while the load of the trial runs."""

    def trial_ended(self, summary: TrialSummary) -> None:
        """The trial is over, kept and judged on its own."""
