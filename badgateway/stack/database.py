"""Has a private database for as long as a block lasts: a server with one database and one account, a file, or none."""

import os
import re
import secrets
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from badgateway.databases.database_kind import DatabaseFile, DatabaseKind
from badgateway.databases.database_system import PART, DatabaseSystem, Place, Step, site_environment
from badgateway.databases.registry import database_of
from badgateway.errors import DeploymentError, GuardianError
from badgateway.model.experiment import Experiment
from badgateway.plan.programs import database_program
from badgateway.plan.templates import fill
from badgateway.process.account import Account, hand_over_all, write_for
from badgateway.process.child import Child, Command
from badgateway.process.ports import free_port
from badgateway.process.readiness import await_ready, log_line_probe
from badgateway.process.running import run_to_end, running
from badgateway.stack.services import RunningService
from badgateway.stack.site import HOST, base_environment
from badgateway.stack.written import FOLDER

NAME = "site"
START_DEADLINE_S = 60.0
_PLACE = re.compile(r"\$\{([a-z]+\.[a-z]+)\}")
_RANDOM = "${random}"
STOP_S = 5.0
"""How long the server may take to end on the signal that it has for it; then it is told as all others are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningDatabase:
    """How to reach a database: a server that is up, through TCP as if it were elsewhere, or a file by its path."""

    system: DatabaseKind = field(repr=False)
    folder: Path
    """Its configuration and its logs, which only the kit can write."""
    account: Account | None
    host: str = ""
    port: int = 0
    name: str = ""
    """Of the database on its server; the path of one that is a file."""
    user: str = ""
    password: str = field(default="", repr=False)
    pid: int | None = None
    """Of the run's own server; None where it has none."""
    address: str = field(default="", repr=False)
    """Of one that was there already, as its user has it."""
    random: str = field(default_factory=lambda: secrets.token_hex(32), repr=False)
    """What a site takes for a secret of its own, such as SECRET_KEY; the same in a whole run."""
    statistics: Mapping[str, tuple[tuple[str, str, int], ...]] = field(
        default_factory=lambda: MappingProxyType({}), repr=False
    )
    """What the server knew of each table when the data was loaded; see stack/statistics.py."""

    services: Sequence[RunningService] = ()
    """What the run has started beside it."""

    @property
    def server(self) -> DatabaseSystem:
        """What its server is of; to be asked only where there is one."""
        assert isinstance(self.system, DatabaseSystem)
        return self.system

    @property
    def url(self) -> str:
        """Its address, as sites have it in DATABASE_URL; empty where there is no database."""
        scheme = self.system.scheme or self.system.name
        if self.address:
            return self.address
        if not self.host:
            return f"{scheme}:///{self.name}" if self.name else ""
        return f"{scheme}://{self.user}:{self.password}@{self.host}:{self.port}/{self.name}"

    @property
    def roots(self) -> dict[str, tuple[int, ...]]:
        """The first process of its server and of each service, by part."""
        own = {} if self.pid is None else {PART: (self.pid,)}
        return {**own, **{one.service.name: (one.pid,) for one in self.services}}

    @property
    def written(self) -> Path:
        """What the server writes itself: its data, its socket, its temporary files."""
        return self.folder / FOLDER

    def environment(self, driver: str, conn_max_age_s: int, *, pool: int = 0, tls: bool = False) -> dict[str, str]:
        """Return the variables by which an application finds its database, and how it is to connect."""
        return site_environment(self, driver, conn_max_age_s, pool=pool, tls=tls)

    def filled(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Return the variables with ${database.url} and the like in place: what a site has that knows no DB_ ones."""
        values = {
            "database.url": self.url,
            **{f"database.{name}": str(getattr(self, name)) for name in ("host", "port", "name", "user", "password")},
            **{name: value for one in self.services for name, value in one.places.items()},
        }
        return {
            name: _PLACE.sub(lambda found: values.get(found[1], found[0]), value).replace(_RANDOM, self.random)
            for name, value in environment.items()
        }


def render(system: DatabaseSystem, template: str, *, max_connections: int, folder: Path, port: int) -> str:
    """Return the configuration file of a server that writes to folder and listens on 127.0.0.1:port."""
    values: dict[str, str | int] = {"folder": str(folder), "port": port, "max_connections": max_connections}
    return fill(system.template, template, values)


@contextmanager
def run_database(
    experiment: Experiment, template: str, *, folder: Path, account: Account | None
) -> Iterator[RunningDatabase]:
    """Make a data directory in folder, a passage of the kit's own, and serve it until the block ends.

    Where the database has no server, there is only the folder that its file is to be in.

    Raises:
        DeploymentError: the server is not installed, or did not come up.
    """
    system = database_of(experiment)
    make_written(folder, account, system.folders if isinstance(system, DatabaseSystem) else ())
    if isinstance(system, DatabaseSystem):
        with _served(system, experiment, template, folder, account) as database:
            yield database
    else:
        name = str(folder / FOLDER / system.file) if isinstance(system, DatabaseFile) else ""
        yield RunningDatabase(system=system, folder=folder, account=account, name=name)


def make_written(folder: Path, account: Account | None, inside: Sequence[str] = ()) -> None:
    """Make the account's own folder, and folders in it."""
    for made in (folder / FOLDER, *(folder / FOLDER / name for name in inside)):
        made.mkdir(mode=0o700)
    hand_over_all(folder / FOLDER, account)


@contextmanager
def _served(
    system: DatabaseSystem, experiment: Experiment, template: str, folder: Path, account: Account | None
) -> Iterator[RunningDatabase]:
    place = _place(system, folder)
    most = experiment.database.max_connections
    text = render(system, template, max_connections=most, folder=place.written, port=place.port)
    write_for(account, place.configuration, text)
    for step in system.prepare(place):
        _run_step(step, system, place, account)
    command = _command(system, place, account, system.label, system.start(place))
    with _serving(command, system) as server:
        ready = log_line_probe(command.log, system.ready, server.log_start_bytes)
        await_ready(server, ready, what=f"its database on {HOST}:{place.port}", deadline_s=START_DEADLINE_S)
        yield RunningDatabase(
            system=system,
            folder=folder,
            account=account,
            host=HOST,
            port=place.port,
            name=NAME,
            user=NAME,
            password=place.password,
            pid=server.pid,
        )


@contextmanager
def _serving(command: Command, system: DatabaseSystem) -> Iterator[Child]:
    with running(command) as server:
        try:
            yield server
        finally:
            # Where somebody has killed its guardian, what was measured with the database is none the worse.
            with suppress(GuardianError, ProcessLookupError):
                if server.exit_code() is None:
                    os.kill(server.pid, signal.Signals[system.stop_signal])
                    server.wait(STOP_S)


def _place(system: DatabaseSystem, folder: Path) -> Place:
    return Place(
        program=_find_program(system),
        configuration=folder / system.template.name,
        written=folder / FOLDER,
        port=free_port(),
        name=NAME,
        password=secrets.token_hex(16),
    )


def _command(
    system: DatabaseSystem, place: Place, account: Account | None, name: str, argv: tuple[str, ...]
) -> Command:
    return Command(
        name=name,
        argv=argv,
        environment=base_environment(place.written),
        directory=place.configuration.parent,
        log=place.configuration.parent / f"{system.name}.log",
        account=account,
    )


def _run_step(step: Step, system: DatabaseSystem, place: Place, account: Account | None) -> None:
    script = place.configuration.parent / "prepare.input"
    write_for(account, script, step.script)
    shell = ("sh", "-c", f'exec "$@" < {script.name}', "sh")
    command = _command(system, place, account, f"{system.label} bootstrap", (*shell, *step.argv))
    try:
        run_to_end(command, deadline_s=START_DEADLINE_S)
    finally:
        script.unlink()


def _find_program(system: DatabaseSystem) -> Path:
    found = database_program(system)
    if found is None:
        raise DeploymentError(f"{system.label}: program {system.programs[0]} not found in PATH; {system.install}")
    return found
