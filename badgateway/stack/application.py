"""Runs the application's own commands, and tells how its server is started."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from badgateway.model import raw
from badgateway.model.configuration import Configuration
from badgateway.model.experiment import Experiment
from badgateway.model.knob import WorkerModel
from badgateway.plan.programs import PYTHON
from badgateway.plan.shown_settings import is_manage
from badgateway.process.account import write_for
from badgateway.process.child import Command
from badgateway.process.cores import on_cores
from badgateway.process.running import demand_end, run_to_end, running
from badgateway.servers.registry import worker_model
from badgateway.servers.server import Server
from badgateway.stack.database import RunningDatabase
from badgateway.stack.own_database import SCRIPT
from badgateway.stack.project import Snapshot
from badgateway.stack.site import Site, base_environment

PREPARE_DEADLINE_S = 600.0
RESTORE_DEADLINE_S = 120.0


def looks(experiment: Experiment, database: RunningDatabase, snapshot: Snapshot) -> tuple[Command, ...]:
    """Return the commands that print which databases the site would use, in every way in which it is loaded.

    Its own commands often have other settings than its server, and a configuration may change them.
    """
    application = experiment.application
    ways = [(_module_of(one, experiment), one.environment) for one in experiment.configurations]
    commands = (*application.prepare, application.restore)
    ways += [(_of_any_command(argv), {}) for argv in commands if argv and is_manage(argv)]
    different = {(argv, tuple(sorted(environment.items()))) for argv, environment in ways}
    return tuple(
        command_of_site(
            f"look-{number}",
            ("python", str(SCRIPT), *argv),
            experiment,
            database,
            snapshot,
            environment=dict(environment),
        )
        for number, (argv, environment) in enumerate(sorted(different))
    )


def _module_of(configuration: Configuration, experiment: Experiment) -> tuple[str, ...]:
    application = experiment.application
    return (application.asgi if worker_model(configuration) is WorkerModel.EVENT_LOOP else application.wsgi,)


def _of_any_command(argv: Sequence[str]) -> tuple[str, ...]:
    """Leave the command's name out: none is run, and only options such as --settings change what is loaded."""
    manage, *rest = argv[1:]
    is_named = bool(rest) and not rest[0].startswith("-")
    return (manage, "look", *rest[1:]) if is_named else (manage, *rest)


def prepare(experiment: Experiment, database: RunningDatabase, snapshot: Snapshot) -> None:
    """Make the tables and load the data.

    Raises:
        DeploymentError: a command failed; with its last log lines.
    """
    for argv in experiment.application.prepare:
        command = command_of_site("prepare", argv, experiment, database, snapshot)
        run_to_end(command, deadline_s=PREPARE_DEADLINE_S)


@contextmanager
def restoring(experiment: Experiment, database: RunningDatabase, snapshot: Snapshot) -> Iterator[Callable[[], None]]:
    """Begin to take back what earlier trials wrote, so that every trial finds the same data.

    Gives what waits until it is done, and raises DeploymentError with the last log lines if the command failed.
    """
    command = command_of_site("restore", experiment.application.restore, experiment, database, snapshot)
    with running(command) as child:
        yield lambda: demand_end(child, deadline_s=RESTORE_DEADLINE_S)


def command_of_site(
    name: str,
    argv: Sequence[str],
    experiment: Experiment,
    database: RunningDatabase,
    snapshot: Snapshot,
    *,
    environment: Mapping[str, str] | None = None,
) -> Command:
    """Return a command that runs in the application's folder, with its variables and its database.

    Args:
        name: Of its log, beside the database.
        argv: The program and its arguments.
        experiment: The application's.
        database: The run's own.
        snapshot: Where the application is.
        environment: More variables.
    """
    program, *arguments = argv
    return Command(
        name=f"{experiment.application.directory}: {' '.join(argv)}",
        # The interpreter that has the application's packages, whatever PATH calls "python".
        argv=(str(snapshot.python) if program == PYTHON else program, *arguments),
        environment={
            **base_environment(database.written),
            "PATH": snapshot.search_path,
            **snapshot.modules,
            # Any driver will do, as long as it is one the experiment says is installed.
            **database.environment(experiment.configurations[0].driver, 0),
            **database.filled({**experiment.application.environment, **(environment or {})}),
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
        argv=on_cores(configuration.cores, site.argv_of(start.argv)),
        environment={**site.environment(configuration, bind=start.bind), **start.environment},
        directory=site.application,
        log=site.raw / raw.SERVER_LOG,
        account=site.account,
        network=site.network,
    )
