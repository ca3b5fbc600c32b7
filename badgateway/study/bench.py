"""The bench on which an experiment's trials are run: a temporary folder, a snapshot of the project, a database."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from badgateway.errors import ConfigurationError, DeploymentError
from badgateway.model.experiment import Experiment
from badgateway.process.account import Account, changeable_by, open_passage, service_account, with_own_group
from badgateway.stack.database import RunningDatabase
from badgateway.stack.deployment import prepare_database
from badgateway.stack.project import Snapshot, take_snapshot
from badgateway.study.temporary_folder import temporary_folder

LEAST_FREE_BYTES = 1 << 20
"""With less, a disk is full."""
DATABASE_BYTES = 64 << 20
"""What an empty database takes at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Everything the trials of one experiment share."""

    experiment: Experiment
    root: Path
    """The project; Locust files are read here, the servers run from the snapshot."""
    folder: Path
    account: Account | None
    snapshot: Snapshot
    database: RunningDatabase

    def raw_folder(self, name: str) -> Path:
        """Make an empty folder that only the kit can enter; `deploy` lets the servers' account through."""
        folder = self.folder / name
        folder.mkdir(mode=0o700)
        return folder

    def check(self) -> None:
        """Return when the database is still there, and room for what a trial writes.

        Raises:
            DeploymentError: The database has ended by itself; what the site answers without it says nothing about a
                server. Or the disk is full; what is written then is cut off.
        """
        if not psutil.pid_exists(self.database.pid):
            raise DeploymentError(
                f"{self.database.system.label} (pid {self.database.pid}) ended by itself in the middle of the run; "
                "look for what stopped it, such as the kernel's out-of-memory killer (dmesg), and run again"
            )
        if self.is_full():
            raise DeploymentError(f"{self.folder}: no space is left on its disk; make room there and run again")

    def is_full(self) -> bool:
        """Tell whether the disk that servers and load generator write to has no space left."""
        return shutil.disk_usage(self.folder).free < LEAST_FREE_BYTES


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


@contextmanager
def set_up(experiment: Experiment, root: Path) -> Iterator[Bench]:
    """Start and fill the experiment's own database; stop it and remove every temporary file at the end.

    Raises:
        ConfigurationError: Root would run what the servers' account can change.
        DeploymentError: There is no room for a database, it did not come up, or the application could not load its
            data.
    """
    account = with_own_group(service_account())
    demand_unchangeable(root / experiment.load.locustfile, account)
    with temporary_folder() as folder:
        _demand_room(folder)
        open_passage(folder, account)
        snapshot = take_snapshot(experiment, root, folder / "snapshot", account)
        with prepare_database(experiment, snapshot=snapshot, folder=folder / "database", account=account) as database:
            yield Bench(
                experiment=experiment, root=root, folder=folder, account=account, snapshot=snapshot, database=database
            )


def _demand_room(folder: Path) -> None:
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < DATABASE_BYTES:
        raise DeploymentError(
            f"{folder.parent}: no space left for a database: {free_bytes >> 20} MiB are free, and an empty one takes "
            f"{DATABASE_BYTES >> 20}; make room there"
        )
