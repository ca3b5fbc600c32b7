"""Runs the application's own commands, those that fill its database and put it back."""

import sys
from collections.abc import Sequence

from badgateway.model.experiment import Experiment
from badgateway.process.child import Command
from badgateway.process.running import run_to_end
from badgateway.stack.database import RunningDatabase
from badgateway.stack.environment import base_environment
from badgateway.stack.project import Snapshot

PREPARE_DEADLINE_S = 600.0
RESTORE_DEADLINE_S = 120.0


def prepare(experiment: Experiment, database: RunningDatabase, snapshot: Snapshot) -> None:
    """Make the tables and load the data.

    Raises:
        DeploymentError: the command failed; with its last log lines.
    """
    command = _command("prepare", experiment.application.prepare, experiment, database, snapshot)
    run_to_end(command, deadline_s=PREPARE_DEADLINE_S)


def restore(experiment: Experiment, database: RunningDatabase, snapshot: Snapshot) -> None:
    """Take back what earlier trials wrote, so that every trial finds the same data.

    Raises:
        DeploymentError: the command failed; with its last log lines.
    """
    command = _command("restore", experiment.application.restore, experiment, database, snapshot)
    run_to_end(command, deadline_s=RESTORE_DEADLINE_S)


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
