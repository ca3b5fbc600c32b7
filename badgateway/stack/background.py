"""Runs an application's background process beside its server, such as the worker of a task queue."""

from collections.abc import Iterator
from contextlib import contextmanager

from badgateway.model import raw as raw_files
from badgateway.model.configuration import Configuration
from badgateway.plan.programs import PYTHON
from badgateway.process.child import Child, Command
from badgateway.process.running import running
from badgateway.stack.site import Site

PART = "background"
GRACE_S = 3.0


@contextmanager
def in_background(configuration: Configuration, site: Site) -> Iterator[dict[str, Child]]:
    """Run the configuration's background process until the block ends; give it by its part, or nothing if it has none.

    It may still be starting when the block begins: what it is to do waits for it. One that has ended by itself is found
    by `Deployment.check`.

    Raises:
        DeploymentError: there is no such program.
    """
    if not configuration.background:
        yield {}
        return
    with running(command(configuration, site), grace_s=GRACE_S) as child:
        yield {PART: child}


def command(configuration: Configuration, site: Site) -> Command:
    """Return the command, in the application's folder and with what the server tells the application."""
    program, *arguments = configuration.background
    return Command(
        name=f"{PART} ({' '.join(configuration.background)})",
        # The interpreter that has the application's packages, whatever PATH calls "python".
        argv=(str(site.python) if program == PYTHON else program, *arguments),
        environment=site.own_environment,
        directory=site.application,
        log=site.raw / raw_files.BACKGROUND_LOG,
        account=site.account,
        network=site.network,
    )
