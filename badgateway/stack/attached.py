"""Has a site that already runs in the place of a deployment: nothing of it is started, and its logs are brought."""

import csv
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from badgateway.databases.registry import database_of
from badgateway.errors import DeploymentError
from badgateway.model import raw as raw_files
from badgateway.model.configuration import Configuration
from badgateway.model.experiment import Experiment
from badgateway.model.running_site import RunningSite
from badgateway.servers.registry import server_of
from badgateway.stack.database import RunningDatabase
from badgateway.stack.deployment import Deployment
from badgateway.stack.health import answer_of_running_site
from badgateway.stack.project import Snapshot
from badgateway.stack.site_logs import SiteLogs

_PAUSES_S = (0, 0.5, 0.5)
"""Before each asking whether the site is up."""


def target_of(experiment: Experiment) -> RunningSite:
    """Return the site that already runs; to be asked only of an experiment that has one."""
    assert experiment.target is not None
    return experiment.target


def require_reachable(experiment: Experiment, root: Path) -> None:
    """Ask the site, and look at its logs, before anything is loaded; one good answer of three is enough.

    A site that answers 502 now and then is the one to be measured.

    Raises:
        ConfigurationError: A log cannot be read.
        DeploymentError: The site does not answer as it should; with what came and what to change.
    """
    target = target_of(experiment)
    SiteLogs(target.logs, root).close()
    told = ""
    for pause_s in _PAUSES_S:
        time.sleep(pause_s)
        told = answer_of_running_site(experiment, target, root)
        if not told:
            return
    raise DeploymentError(f"target.url: {told}; nothing was loaded")


def no_database(experiment: Experiment, folder: Path) -> RunningDatabase:
    """Return that the run has none: that of the site is its own affair."""
    return RunningDatabase(system=database_of(experiment), folder=folder, account=None)


def nothing_copied(root: Path) -> Snapshot:
    """Return that nothing of the project is copied, for no server needs it."""
    return Snapshot(root=root, nginx_template="", database_template="")


@contextmanager
def attach(
    experiment: Experiment,
    configuration: Configuration,
    *,
    snapshot: Snapshot,
    raw: Path,
    before_requests: Callable[[], None] = lambda: None,
    **_to_start: object,
) -> Iterator[Deployment]:
    """Have the site until the block ends; what it has logged meanwhile is in raw then. Arguments as of `deploy`.

    What a server would be started with is of no use here.

    Raises:
        ConfigurationError: A log cannot be read.
    """
    target = target_of(experiment)
    with closing(SiteLogs(target.logs, snapshot.root)) as logs:
        before_requests()
        yield Deployment(
            url=target.url,
            proxy_port=None,
            server_sockets=(),
            server=server_of(configuration),
            statistics_sockets=(),
            children={},
            read_access_log=bytes,
            read_error_log=bytes,
            read_journal=bytes,
        )
        # Not of a load that came to nothing: nobody would read it, and who pressed Ctrl-C does not wait for ssh.
        logs.bring(raw, _answered(raw / raw_files.CLIENT_ROWS))


def _answered(rows: Path) -> list[str]:
    """Return the ids of the requests that got an answer, so that logs have to know them."""
    try:
        with rows.open(newline="", encoding="utf-8") as file:
            return [row["request_id"] for row in csv.DictReader(file) if row["status"] != "0"]
    except FileNotFoundError:
        return []
