"""Starts what a site needs beside its database, for a run alone, and empties it before each trial."""

import shutil
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from badgateway.errors import DeploymentError
from badgateway.model.experiment import Experiment
from badgateway.plan.programs import search_path
from badgateway.plan.services import PARTS, Service, services_of
from badgateway.process.account import Account, hand_over_all
from badgateway.process.child import Command
from badgateway.process.ports import free_port
from badgateway.process.readiness import await_ready, connect_probe
from badgateway.process.running import running
from badgateway.stack.site import HOST, base_environment

START_S = 15.0
EMPTY_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningService:
    """One that is up, on a port of the run's own."""

    service: Service
    port: int
    pid: int

    @property
    def places(self) -> dict[str, str]:
        """What stands for its parts in a variable."""
        values = (f"{self.service.scheme}://{HOST}:{self.port}/0", HOST, str(self.port))
        return {f"{self.service.name}.{part}": value for part, value in zip(PARTS, values, strict=True)}


@contextmanager
def running_services(experiment: Experiment, folder: Path, account: Account | None) -> Iterator[list[RunningService]]:
    """Serve what the experiment asks for until the block ends.

    Args:
        experiment: Asks for it.
        folder: A passage of the kit's own, for logs and what they write.
        account: Whose processes they are to be.

    Raises:
        DeploymentError: One is not installed, or did not come up.
    """
    with ExitStack() as stack:
        yield [stack.enter_context(_serving(one, folder, account)) for one in services_of(experiment)]


@contextmanager
def _serving(service: Service, folder: Path, account: Account | None) -> Iterator[RunningService]:
    program = next((found for name in service.programs if (found := shutil.which(name, path=search_path()))), None)
    if program is None:
        raise DeploymentError(f"{service.label}: no {service.programs[0]} in PATH; {service.install}")
    written, port = folder / f"{service.name}-written", free_port()
    written.mkdir(mode=0o700)
    hand_over_all(written, account)
    command = Command(
        name=service.label,
        argv=(program, *(one.format(port=port, folder=written) for one in service.arguments)),
        environment=base_environment(written),
        directory=folder,
        log=folder / f"{service.name}.log",
        account=account,
    )
    with running(command) as child:
        await_ready(child, connect_probe((HOST, port)), what=f"its port {port}", deadline_s=START_S)
        yield RunningService(service=service, port=port, pid=child.pid)


def empty(services: Sequence[RunningService]) -> None:
    """Take away what a trial has left, so that each one begins with nothing.

    Raises:
        DeploymentError: One does not answer.
    """
    for one in services:
        try:
            with socket.create_connection((HOST, one.port), timeout=EMPTY_S) as line:
                line.sendall(one.service.empties)
                answer = line.recv(200)
        except OSError as error:
            raise DeploymentError(f"{one.service.label} (pid {one.pid}) does not answer: {error}") from error
        if not answer.startswith(one.service.well):
            raise DeploymentError(f"{one.service.label} was not emptied; it said {answer!r}")
