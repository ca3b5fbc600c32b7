"""A part of a run on a machine of its own, as far as the network goes: in a namespace that a line leads to."""

import itertools
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from pathlib import Path

from badgateway.errors import DeploymentError
from badgateway.model.places import Line, Places
from badgateway.process import far_end
from badgateway.process.child import Child, Command, describe_exit
from badgateway.process.readiness import await_ready, log_line_probe
from badgateway.process.running import run_to_end, running

_FIRST = IPv4Address("198.18.0.0")
"""Of the addresses that are set aside for tests of networks (RFC 2544); no network that is in use has them."""
_NETWORKS = 32_768
_ADDRESSES = 4
_NUMBERS = itertools.count()
DEADLINE_S = 10.0
TUN = Path("/dev/net/tun")


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """Such a place, as long as its far end runs."""

    here: str
    """The address of this machine, as that place sees it."""
    there: str
    """Its own address."""
    end: Child
    """The process with which it goes."""

    @property
    def network(self) -> Path:
        """Its namespace, as programs are led into it."""
        return Path(f"/proc/{self.end.pid}/ns/net")

    def check(self) -> None:
        """Return when it is still there.

        Raises:
            DeploymentError: Somebody has ended its far end.
        """
        exit_code = self.end.exit_code()
        if exit_code is not None:
            raise DeploymentError(
                f"{self.end.name} {describe_exit(exit_code)}, and no packet passes any more; run again"
            )

    def within(self, command: Command) -> Command:
        """Return the command that starts a program there."""
        return replace(command, argv=(_program("nsenter"), f"--net={self.network}", "--", *command.argv))


def faults(line: Line) -> Iterator[str]:
    """Yield what this machine lacks for such a place; the rest of a sentence that names the key."""
    if sys.platform != "linux":
        yield "a network of its own takes Linux; leave it out"
        return
    if os.geteuid():
        yield "a network of its own takes root: run as root, or leave it out"
    needed = ("nsenter",) if line.is_far else ("nsenter", "ip")
    missing = [program for program in needed if shutil.which(program) is None]
    if missing:
        yield f"{' and '.join(missing)} not found: install util-linux and iproute2, or leave it out"
    if line.is_far and not TUN.exists():
        yield f"{TUN} does not exist, of which a delay or a loss is made: load the kernel's module tun, or leave it out"


@contextmanager
def elsewhere(line: Line, folder: Path, log: Path) -> Iterator[Elsewhere]:
    """Make a place until the block ends; what runs there has to have ended by then.

    Args:
        line: What leads to it.
        folder: Of the far end's process.
        log: Where it says what went wrong.

    Raises:
        DeploymentError: It could not be made.
    """
    number = (os.getpid() * 16 + next(_NUMBERS)) % _NETWORKS
    here, there = (str(_FIRST + number * _ADDRESSES + host) for host in (1, 2))
    device = f"bg{number}"
    numbers = (f"{line.round_trip_ms / 2:g}", f"{line.loss:g}")
    command = Command(
        name="the far end of a network",
        argv=(sys.executable, "-I", "-S", far_end.__file__, device, here, there, *numbers),
        environment={"PATH": os.environ.get("PATH", "")},
        directory=folder,
        log=log,
    )
    with running(command) as child:
        ready = log_line_probe(child.command.log, far_end.READY, child.log_start_bytes)
        await_ready(child, ready, what=f"a network {here} to {there}", deadline_s=DEADLINE_S)
        place = Elsewhere(here=here, there=there, end=child)
        if not line.is_far:
            _join(place, device)
        yield place


def _join(place: Elsewhere, device: str) -> None:
    """Join both networks by a pair of devices, which goes with either."""
    ip = _program("ip")
    _run(place.end, (ip, "link", "add", device, "type", "veth", "peer", "name", device, "netns", str(place.end.pid)))
    _run(place.end, (ip, "addr", "add", f"{place.here}/30", "dev", device))
    _run(place.end, (ip, "link", "set", device, "up"))
    inside = (_program("nsenter"), f"--net={place.network}", "--", ip)
    _run(place.end, (*inside, "addr", "add", f"{place.there}/30", "dev", device))
    _run(place.end, (*inside, "link", "set", device, "up"))


def _run(child: Child, argv: tuple[str, ...]) -> None:
    run_to_end(replace(child.command, name="ip", argv=argv), deadline_s=DEADLINE_S)


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise DeploymentError(f"{name} not found; install util-linux and iproute2")
    return found


def place_faults(places: Places) -> Iterator[str]:
    """Yield why the places of an experiment cannot be had on this machine, a line each with its key."""
    for key, line in places.lines.items():
        yield from (f"places.{key}: {fault}" for fault in faults(line))
