"""Runs the application's own commands, and tells how its server is started."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from badgateway.model import raw
from badgateway.model.configuration import Configuration
from badgateway.model.experiment import Experiment
from badgateway.process.account import write_for
from badgateway.process.child import Command
from badgateway.process.running import demand_end, run_to_end, running
from badgateway.servers.server import Server
from badgateway.stack.database import RunningDatabase
from badgateway.stack.project import Snapshot
from badgateway.stack.site import Site, base_environment

PREPARE_DEADLINE_S = 600.0
RESTORE_DEADLINE_S = 120.0


def prepare(experiment: Experiment, database: RunningDatabase, snapshot: Snapshot) -> None:
    """Make the tables and load the data.

    Raises:
        DeploymentError: the command failed; with its last log lines.
    """
    command = _command("prepare", experiment.application.prepare, experiment, database, snapshot)
    run_to_end(command, deadline_s=PREPARE_DEADLINE_S)


@contextmanager
def restoring(experiment: Experiment, database: RunningDatabase, snapshot: Snapshot) -> Iterator[Callable[[], None]]:
    """Begin to take back what earlier trials wrote, so that every trial finds the same data.

    Gives what waits until it is done, and raises DeploymentError with the last log lines if the command failed.
    """
    command = _command("restore", experiment.application.restore, experiment, database, snapshot)
    with running(command) as child:
        yield lambda: demand_end(child, deadline_s=RESTORE_DEADLINE_S)


def _command(
    name: str, argv: Sequence[str], experiment: Experiment, database: RunningDatabase, snapshot: Snapshot
) -> Command:
    program, *arguments = argv
    return Command(
        name=f"{experiment.application.directory}: {' '.join(argv)}",
        # The interpreter that has the application's packages, whatever PATH calls "python".
        argv=(sys.executable if program == "python" else program, *arguments),
        environment={
            **base_environment(database.written),
            # Any driver will do, as long as it is one the experiment says is installed.
            **database.environment(experiment.configurations[0].driver, 0),
            **experiment.application.environment,
        },
        directory=snapshot.path(experiment.application.directory),
        log=database.folder / f"{name}.log",
        account=database.account,
    )


def write_logging(server: Server, configuration: Configuration, site: Site) -> None:
    """Write the configuration of Python's logging, where the server reads one."""
    text = server.start(configuration, site).logging
    if text:
        write_for(site.account, site.logging, text)


def server_command(server: Server, configuration: Configuration, site: Site) -> Command:
    """Return the command that starts the server in the application's folder."""
    start = server.start(configuration, site)
    return Command(
        name=server.name,
        argv=start.argv,
        environment={**site.environment(configuration, bind=start.bind), **start.environment},
        directory=site.application,
        log=site.raw / raw.SERVER_LOG,
        account=site.account,
    )
