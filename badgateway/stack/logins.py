"""Has a site's sessions made before it is loaded: a login costs a password's hash, which no report is to be about."""

import json
from pathlib import Path

from badgateway.errors import ConfigurationError
from badgateway.model.experiment import Experiment
from badgateway.process.running import run_to_end
from badgateway.stack import application, make_sessions
from badgateway.stack.database import RunningDatabase
from badgateway.stack.project import Snapshot

LEAST, MOST = 50, 500
"""How many sessions are made: for an open loop, and of many users; further ones share them."""
FILE = "sessions.json"
DEADLINE_S = 120.0
SCRIPT = Path(make_sessions.__file__)


def make_logins(experiment: Experiment, database: RunningDatabase, snapshot: Snapshot) -> None:
    """Make the sessions that an experiment's users begin with, if it has any, and keep them beside the database.

    Raises:
        ConfigurationError: The site cannot have any.
        DeploymentError: It cannot be loaded, or its database refused them.
    """
    if experiment.load.login != "sessions":
        return
    number = min(MOST, max(LEAST, *experiment.load.users, 0))
    command = application.command_of_site(
        "sessions", ("python", str(SCRIPT), experiment.application.wsgi, str(number)), experiment, database, snapshot
    )
    printed = run_to_end(command, deadline_s=DEADLINE_S)
    told = json.loads(printed.rpartition(make_sessions.PRINTED)[2].splitlines()[0])
    if "error" in told:
        raise ConfigurationError(f"load.login: {told['error']}")
    file = database.folder / FILE
    file.touch(mode=0o600)
    file.write_text(json.dumps(told), encoding="utf-8")


def logins_of(database: RunningDatabase) -> Path | None:
    """Return where the sessions of a run's users are; None where they have none."""
    file = database.folder / FILE
    return file if file.is_file() else None
