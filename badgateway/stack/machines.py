"""The machines of their own that nginx and the application servers of a trial have, as far as the network goes.

They stand in a row: the load, nginx, the servers, the database. Each line begins at the machine before it, so nothing
has to route. What the run has started for the site stays where the kit is, and is handed on to the servers' machine.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

from badgateway.model import raw as raw_files
from badgateway.model.places import Limits, Place, Places
from badgateway.process.child import Child
from badgateway.process.elsewhere import Elsewhere, elsewhere
from badgateway.stack.distance import LINE, PART, handed_on
from badgateway.stack.site import HOST, Site


def line_to(key: str) -> str:
    """Return the part that the line to a place is, by the place's key."""
    return f"{key}-{LINE}"


def relay_to(port: str) -> str:
    """Return the part that the relay to a port of the kit's machine is."""
    return f"{PART}-{port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Machines:
    """Where nginx and the servers of a trial are; None is where the kit is."""

    proxy: Elsewhere | None = None
    target: Elsewhere | None = None
    relays: Mapping[str, Child] = field(default_factory=dict)
    """By part: what hands the run's services on to the servers."""

    @property
    def server_host(self) -> str:
        """The address at which a server listens for nginx."""
        if self.target is not None:
            return self.target.there
        return self.proxy.here if self.proxy is not None else HOST

    @property
    def of_parts(self) -> Mapping[str, Elsewhere]:
        """Those that there are, by the key of the experiment."""
        both = {"proxy": self.proxy, "target": self.target}
        return {key: one for key, one in both.items() if one is not None}

    @property
    def children(self) -> dict[str, Child]:
        """The processes with which they go, by part."""
        return {**{line_to(key): one.end for key, one in self.of_parts.items()}, **self.relays}

    @property
    def limits(self) -> dict[str, Limits]:
        """What is in force on each."""
        return {key: one.limits for key, one in self.of_parts.items()}

    def hosting(self, sites: Iterable[Site]) -> tuple[Site, ...]:
        """Return the sites as they are there."""
        network = self.target.network if self.target is not None else None
        return tuple(replace(one, host=self.server_host, network=network) for one in sites)

    def front(self, address: str) -> str:
        """Return the address at which nginx listens; that of this machine where nginx is here."""
        return self.proxy.there if self.proxy is not None else address


@contextmanager
def machines_of(places: Places, ports: Iterable[int], *, raw: Path, run: Path) -> Iterator[Machines]:
    """Make the machines of an experiment until the block ends, by when all that runs on them has to have ended.

    Args:
        places: As the experiment declares them.
        ports: Of what listens here, and is to be at the same address on the servers' own machine.
        raw: The trial's folder.
        run: The home of the kit's programs.

    Raises:
        LineError: One could not be made.
    """
    with (
        machine(places.proxy, raw) as proxy,
        machine(places.target, raw, beside=proxy) as target,
        _brought_along(target, ports, raw, run) as relays,
    ):
        yield Machines(proxy=proxy, target=target, relays=relays)


def machine(
    place: Place | None, raw: Path, *, beside: Elsewhere | None = None
) -> AbstractContextManager[Elsewhere | None]:
    """Make one of them until the block ends; None where the part is where the kit is.

    Args:
        place: As the experiment declares it.
        raw: The trial's folder.
        beside: The machine before it in the row; None: that of the kit.
    """
    return nullcontext() if place is None else elsewhere(place, raw, raw / raw_files.RELAY_LOG, beside=beside)


@contextmanager
def _brought_along(site: Elsewhere | None, ports: Iterable[int], raw: Path, run: Path) -> Iterator[dict[str, Child]]:
    if site is None:
        yield {}
        return
    with ExitStack() as stack:
        ways = {port: handed_on((HOST, port), (HOST, port), network=site.network, raw=raw, run=run) for port in ports}
        yield {relay_to(str(port)): stack.enter_context(way) for port, way in ways.items()}
