"""Which of the kit's own configurations a site can run, and why not the others."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from badgateway.databases.database_kind import DatabaseKind
from badgateway.databases.driver import Driver
from badgateway.databases.registry import kind_of
from badgateway.draft.inspected import Inspected
from badgateway.model.knob import WorkerModel
from badgateway.servers.registry import servers
from badgateway.servers.server import Server

_GREENLETS = "gevent"
"""The package that greenlets take."""
_IN_C = "the database's driver is none that is known to let others run while it waits"
LISTEN = 1024
THREADS = 16
MOST_USED = 2
"""The rank of a server that is lent."""
_TITLES = {
    WorkerModel.ONE_REQUEST: ("sync", "One request a worker, by the rule of thumb: 2 x cores + 1 workers."),
    WorkerModel.THREADS: ("threads", "A worker for each core, each with threads: requests wait side by side."),
    WorkerModel.GREENLETS: ("gevent", "A worker for each core, each with greenlets, which the driver lets run."),
    WorkerModel.EVENT_LOOP: ("asgi", "A worker for each core, each an event loop."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A configuration of the kit's own for a site."""

    name: str
    server: Server
    model: WorkerModel
    workers: int
    note: str

    @property
    def file(self) -> str:
        """The server file, as experiments name it."""
        return f"kit:{self.server.kit_files[self.model]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A configuration that the site cannot run, or is not to."""

    name: str
    why: str


def system_of(site: Inspected) -> DatabaseKind | None:
    """Return what the site's database is; None where it shows none, or one that is not known."""
    return kind_of(site.database.engine) if site.database else None


def driver_of(site: Inspected) -> Driver | None:
    """Return the driver that the site connects with; None where it is not known."""
    system, module = system_of(site), site.database.driver if site.database else ""
    drivers = system.drivers if system and module else ()
    return next((one for one in drivers if module.lower() in {one.module.lower(), one.name}), None)


def candidates(site: Inspected, cores: int, lent: Collection[str] = ()) -> Iterator[Candidate | LeftOut]:
    """Yield the kit's configurations: those that the site can run, and the others with their reasons.

    Args:
        site: That is to run them.
        cores: Of the machine.
        lent: Packages that the kit lends a site that lacks them.
    """
    for server in servers():
        for model in server.kit_files:
            if (model is WorkerModel.EVENT_LOOP) is not site.is_async:
                continue
            word, note = _TITLES[model]
            name = f"{server.name}-{word}"
            why = _why_not(site, server, model, lent)
            if why:
                yield LeftOut(name=name, why=why)
                continue
            workers = 2 * cores + 1 if model is WorkerModel.ONE_REQUEST else cores
            yield Candidate(name=name, server=server, model=model, workers=workers, note=note)


def _why_not(site: Inspected, server: Server, model: WorkerModel, lent: Collection[str]) -> str:
    needed = [server.distributions[0], *([_GREENLETS] if model is WorkerModel.GREENLETS else [])]
    if model is WorkerModel.GREENLETS:
        driver = driver_of(site)
        blocked = driver.blocks if driver else _IN_C if site.database else ""
        if blocked:
            what = f"{driver.name}: {blocked}" if driver else blocked
            return f"{what}: a worker would serve one request at a time"
    absent = [name for name in needed if name not in {*site.packages, *lent}]
    return f"{' and '.join(absent)} not installed in the site's environment" if absent else ""


def one_of_each_kind(found: Iterable[Candidate | LeftOut], server: str) -> Iterator[Candidate | LeftOut]:
    """Yield one candidate of each worker model, and the others with what adds them: few are decided on sooner.

    Args:
        found: As from `candidates`.
        server: The name of what serves the site today; its candidates come first, and then those of which most are.
    """
    every = list(found)
    kept = [one for one in every if isinstance(one, Candidate)]
    number = Counter(one.server.name for one in kept)
    ranked = sorted(kept, key=lambda one: (one.server.name != server, -number[one.server.name]))
    first = {one.model: one for one in reversed(ranked)}
    for one in every:
        if isinstance(one, LeftOut) or first[one.model] is one:
            yield one
        else:
            why = f'{first[one.model].name} is of its kind; add it with server = "{one.file}"'
            yield LeftOut(name=one.name, why=why)


def lent_to(site: Inspected, python: str, packages: Collection[str]) -> tuple[str, ...]:
    """Return the packages of servers that the kit can lend: those that it has, for the same version of Python."""
    if python.split(".")[:2] != site.python.split(".")[:2]:
        return ()
    # The most used ones: another one is a candidate where the site has it already.
    needed = dict.fromkeys(name for server in servers() if server.rank <= MOST_USED for name in server.distributions)
    return tuple(name for name in needed if name in packages)
