"""A run whose load is sent by workers from elsewhere: the same effects, but that they are waited for and driven."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from badgateway.errors import ConfigurationError
from badgateway.load.command import Meeting
from badgateway.load.locust import Drive, drive
from badgateway.load.workers import Workers
from badgateway.model.experiment import Load
from badgateway.model.trial import Trial
from badgateway.process.network import is_apart
from badgateway.stack.deployment import Deployment, deploy
from badgateway.study.local import LocalEffects

JOIN_S = 600.0
"""How long a run waits until all workers have joined."""


class SharedLoad(LocalEffects):
    """Servers on this machine, and Locust's workers on whatever machines have joined."""

    def __init__(self, workers: Workers) -> None:
        """Have them send the load of every trial."""
        self._workers = workers

    def deploy(self, *arguments: Any, **options: Any) -> AbstractContextManager[Deployment]:
        """Start a server and its proxy, which listens where the workers reach it."""
        return deploy(*arguments, **{**options, "address": self._workers.meeting.address})

    def drive(self, load: Load, trial: Trial, **options: Any) -> Drive:
        """Run the load of a trial to its end."""
        return drive(load, trial, **{**options, "workers": self._workers})


@contextmanager
def shared_load(meeting: Meeting, key: str, tell: Callable[[], None]) -> Iterator[SharedLoad]:
    """Let workers join until the block ends, which begins when as many as are expected have.

    Args:
        meeting: Where they come.
        key: What they must know.
        tell: Called once they can come.

    Raises:
        ConfigurationError: They could not come there.
        LoadError: They have not come in ten minutes.
    """
    if is_apart():
        raise ConfigurationError(
            "--workers-expected: this site runs in a network of its own, which no worker reaches; leave it out and say "
            "load.processes, or say in [application] database_variables what leads to the database"
        )
    with Workers(meeting, key) as workers:
        tell()
        workers.wait(JOIN_S)
        yield SharedLoad(workers)
