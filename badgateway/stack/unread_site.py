"""What keeps a site from the user's own databases where nobody can tell beforehand which ones it would use."""

from pathlib import Path

from badgateway.databases.database_kind import NO_DATABASE
from badgateway.errors import ConfigurationError, DeploymentError
from badgateway.model.experiment import Experiment
from badgateway.model.places import Places
from badgateway.plan.shown_settings import unconfirmed
from badgateway.process.network import is_apart, what_allows_it, why_not_apart
from badgateway.stack.database import RunningDatabase
from badgateway.stack.deployment import deploy
from badgateway.stack.first_start import Connections, watching
from badgateway.stack.project import Snapshot

_ASKED = (
    "application.database_variables: this site has no settings that show which database it would use, and here it has "
    "no network of its own in which it could reach none but the run's ({why}); nothing was run. Name all variables "
    "that lead it to a database, each set under [application.environment], such as database_variables = "
    '["DATABASE_URL"] with DATABASE_URL = "${{database.url}}"; or run it where unshare --net is allowed{how}'
)


def demand_nothing_else(experiment: Experiment, database: RunningDatabase, snapshot: Snapshot, folder: Path) -> None:
    """Return when nothing of the site can reach a database of the user's, or a first start has reached none.

    In a network of its own there is no other. Elsewhere the user says which variables lead to it, and the site is
    started once, as today and without any of its commands: it has to connect to the run's database and nothing else.

    Args:
        experiment: Whose site showed no settings.
        database: The run's own, empty.
        snapshot: The copy of the site.
        folder: Of the kit's own, for the logs of a first start.

    Raises:
        ConfigurationError: The user has not said so, or the site connects to something else, or not to the run's own.
    """
    if is_apart():
        return
    # Of a site without a database there is nothing to confirm, and it is started once all the same.
    if not experiment.application.database_variables and experiment.database.system != NO_DATABASE:
        why, how = why_not_apart(), what_allows_it()
        how = f" ({how})" if why and how else ""
        raise ConfigurationError(_ASKED.format(why=why or "this command does not make one", how=how))
    fault = unconfirmed(experiment)
    if fault:
        raise ConfigurationError(fault)
    _judge(_of_first_start(experiment, database, snapshot, folder), database)


def _of_first_start(experiment: Experiment, database: RunningDatabase, snapshot: Snapshot, folder: Path) -> Connections:
    # Without its tables the site may answer with errors.
    today = experiment.baseline.model_copy(update={"must_answer": False, "background": ()})
    # What it connects to is seen in this machine's own tables alone.
    experiment = experiment.model_copy(update={"places": Places()})
    raw = folder / "first-start"
    raw.mkdir(mode=0o700)
    with watching(database, experiment.application.allowed_ports) as connections:
        connections.begin()
        try:
            with deploy(
                experiment, today, database=database, snapshot=snapshot, raw=raw, account=database.account
            ) as deployment:
                connections.settle(deployment, experiment.application.probe.path)
        except DeploymentError:
            # A site that waits in vain for its own database does not come up: what it asked for says more.
            if connections.elsewhere:
                return connections
            raise
    return connections


def _judge(found: Connections, database: RunningDatabase) -> None:
    if found.elsewhere:
        raise ConfigurationError(
            f"application.database_variables: on its first start the site connected to {', '.join(found.elsewhere)}, "
            "which is not the run's database; none of its commands was run. Name the variable that leads there, or "
            "run it where unshare --net is allowed"
        )
    if not found.is_connected:
        raise ConfigurationError(
            "application.database_variables: on its first start, and asked for application.health, the site did not "
            f"connect to the run's {database.system.label}; none of its commands was run. Name the variables that lead "
            "there, or a page in application.health that asks the database"
        )
