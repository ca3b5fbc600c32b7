"""Makes what is around a trial's servers before one of them is started: machines, a way to the database, containers."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from badgateway.model.axis import At
from badgateway.model.configuration import Configuration
from badgateway.model.experiment import Experiment
from badgateway.process.account import Account, open_passage
from badgateway.process.child import Child
from badgateway.process.container import Container
from badgateway.process.elsewhere import Elsewhere
from badgateway.stack.containers import Containers, containers_at, proxy_container_at
from badgateway.stack.database import RunningDatabase
from badgateway.stack.distance import reached
from badgateway.stack.endings import through
from badgateway.stack.machines import Machines, machines_of
from badgateway.stack.written import RUN_FOLDER, written_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the servers of a trial are put into."""

    written: Path
    """The folder that they write to."""
    machines: Machines
    database: RunningDatabase
    """As it is reached from where they are."""
    way: Mapping[str, Child]
    """What leads there, by part."""
    lines: Mapping[str, Elsewhere]
    """What stands at the far end of each, by its key in [places]."""
    containers: Containers
    proxy_container: Container | None

    @property
    def children(self) -> dict[str, Child]:
        """Lines and relays, by part."""
        return {**self.way, **self.machines.children}


@contextmanager
def surroundings(
    experiment: Experiment,
    configuration: Configuration,
    database: RunningDatabase,
    *,
    raw: Path,
    account: Account | None,
    at: At,
) -> Iterator[Surroundings]:
    """Make them in a trial's raw folder until the block ends, by when all that runs in them has to have ended.

    Raises:
        DeploymentError: One cannot be had here; or what failed in the block did because a line or a relay had ended.
    """
    open_passage(raw, account)
    with written_folder(raw, account) as written:
        run = written / RUN_FOLDER
        with (
            machines_of(experiment.places, _needed_ports(experiment, database), raw=raw, run=run) as machines,
            reached(database, at, experiment.places.database, raw=raw, run=run, site=machines.target) as (
                there,
                way,
                database_place,
            ),
            containers_at(at, configuration.instances) as containers,
            proxy_container_at(at) as proxy_container,
            through({**way, **machines.children}, lines := _lines(machines, database_place)),
        ):
            yield Surroundings(
                written=written,
                machines=machines,
                database=there,
                way=way,
                lines=lines,
                containers=containers,
                proxy_container=proxy_container,
            )


def _lines(machines: Machines, database: Elsewhere | None) -> dict[str, Elsewhere]:
    return {**machines.of_parts, **({} if database is None else {"database": database})}


def _needed_ports(experiment: Experiment, database: RunningDatabase) -> tuple[int, ...]:
    """Return the ports of this machine that the site is to reach, besides its database's."""
    return tuple(dict.fromkeys((*(one.port for one in database.services), *experiment.application.allowed_ports)))
