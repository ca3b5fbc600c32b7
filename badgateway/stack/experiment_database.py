"""The database of an experiment: filled with the application's data, and taken back to it between trials."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

from badgateway.databases.database_system import DatabaseSystem
from badgateway.databases.registry import database_of
from badgateway.errors import BadgatewayError, DeploymentError, RestoreError
from badgateway.model.experiment import Experiment
from badgateway.process.account import Account, make_passage
from badgateway.process.child import Command
from badgateway.stack import application
from badgateway.stack.database import RunningDatabase, make_written, run_database
from badgateway.stack.existing_database import existing_database
from badgateway.stack.inspection import APART, can_be_apart
from badgateway.stack.kept_data import keep_data, put_data_back
from badgateway.stack.logins import make_logins
from badgateway.stack.own_database import demand_own_databases
from badgateway.stack.project import Snapshot
from badgateway.stack.services import empty, running_services
from badgateway.stack.statistics import renew_statistics, take_statistics
from badgateway.stack.unread_site import demand_nothing_else


@contextmanager
def prepare_database(
    experiment: Experiment, *, snapshot: Snapshot, folder: Path, account: Account | None
) -> Iterator[RunningDatabase]:
    """Run a database of the experiment's own in folder, which is made, filled with the application's data.

    What the optimizer knows of the data is taken once it is loaded, and stays as it is.

    Raises:
        ConfigurationError: the site would use another database, or settings for development.
        DeploymentError: the server did not come up, or the application could not load its data.
    """
    make_passage(folder, account)
    template = snapshot.database_template
    with (
        _database(experiment, template, folder, account) as served,
        running_services(experiment, folder, account) as services,
    ):
        database = replace(served, services=services)
        directory = snapshot.path(experiment.application.directory)
        looks = _apart(application.looks(experiment, database, snapshot), folder, account)
        if not demand_own_databases(looks, database, directory):
            demand_nothing_else(experiment, database, snapshot, folder)
        application.prepare(experiment, database, snapshot)
        make_logins(experiment, database, snapshot)
        known = take_statistics(database)
        if not experiment.application.restore:
            keep_data(database)
        yield replace(database, statistics=known)


def _apart(looks: Sequence[Command], folder: Path, account: Account | None) -> Sequence[Command]:
    """Let the site be looked at where there is no network: drivers that are no Python's would get past the hook."""
    prefix = APART if can_be_apart(folder, account) else ()
    return [replace(look, argv=(*prefix, *look.argv)) for look in looks]


def _database(
    experiment: Experiment, template: str, folder: Path, account: Account | None
) -> AbstractContextManager[RunningDatabase]:
    system = database_of(experiment)
    if experiment.database.url is None or not isinstance(system, DatabaseSystem):
        return run_database(experiment, template, folder=folder, account=account)
    there = existing_database(experiment, system, os.environ, folder=folder, account=account)
    make_written(folder, account)
    return nullcontext(there)


@contextmanager
def restoring(experiment: Experiment, database: RunningDatabase, snapshot: Snapshot) -> Iterator[Callable[[], None]]:
    """Begin to take back what earlier trials wrote: every trial finds the same data and gets the same plans for it.

    Where the experiment names no command for it, the kit does it at once, before anything can ask.

    Gives what waits until it is done; that raises RestoreError when the application's command failed, or the database
    could not be asked. A block that fails without having waited does so before it is left.
    """
    with _restoring(experiment, database, snapshot) as wait:
        has_waited = False

        def finish() -> None:
            nonlocal has_waited
            has_waited = True
            try:
                wait()
            except DeploymentError as error:
                raise RestoreError(f"mend the command: {error}") from error
            try:
                renew_statistics(database)
            except DeploymentError as error:
                raise RestoreError(f"see what keeps the database from answering: {error}") from error

        try:
            yield finish
        except RestoreError:
            raise
        except BadgatewayError:
            # A server that did not come up ends its own trial, and not the restore in its middle.
            if not has_waited:
                finish()
            raise


@contextmanager
def _restoring(experiment: Experiment, database: RunningDatabase, snapshot: Snapshot) -> Iterator[Callable[[], None]]:
    try:
        empty(database.services)
    except DeploymentError as error:
        raise RestoreError(f"see what keeps it from answering: {error}") from error
    if experiment.application.restore:
        with application.restoring(experiment, database, snapshot) as wait:
            yield wait
        return
    try:
        put_data_back(database)
    except DeploymentError as error:
        raise RestoreError(str(error)) from error
    yield lambda: None
