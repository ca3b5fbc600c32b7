"""A part of a run on a machine of its own, as far as the network goes: in a namespace that a line leads to."""

import ctypes
import itertools
import os
import re
import shutil
import socket
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from ipaddress import IPv4Address
from pathlib import Path
from typing import TypeVar

from badgateway.errors import DeploymentError, GuardianError, LineError
from badgateway.model.file_text import text_of
from badgateway.model.places import KERNEL_FILES, Limits, Line, Places
from badgateway.process import far_end
from badgateway.process.child import Child, Command, describe_exit
from badgateway.process.line_watch import LineEnd, LineWatch, Told
from badgateway.process.readiness import await_ready, log_line_probe
from badgateway.process.running import run_to_end, running

_FIRST = IPv4Address("198.18.0.0")
"""Of the addresses that are set aside for tests of networks (RFC 2544); no network that is in use has them."""
_NETWORKS = 32_768
_ADDRESSES = 4
_NUMBERS = itertools.count()
_OF_A_KIT = 16
"""So many numbers lie between those of two kits with neighbouring pids."""
MOST_TRIES = 64
"""Of numbers, until one is found whose device nobody has: another kit's, or what is left of one that was killed."""
DEADLINE_S = 10.0
TUN = Path("/dev/net/tun")
_Made = TypeVar("_Made")
_CAPABILITIES = re.compile(r"^CapEff:\s*([0-9a-f]+)$", re.MULTILINE)
_NEEDED = {"CAP_SYS_ADMIN": 21, "CAP_NET_ADMIN": 12}
"""To make a network, and what is in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Elsewhere:
    """Such a place, as long as its far end runs."""

    here: str
    """The address of this machine, as that place sees it."""
    there: str
    """Its own address."""
    end: Child
    """The process with which it goes."""
    limits: Limits
    """What is in force there."""
    watch: LineWatch | None = None
    """Who looks on at the line that leads there."""

    @property
    def network(self) -> Path:
        """Its namespace, as programs are led into it."""
        return Path(f"/proc/{self.end.pid}/ns/net")

    @property
    def netstat(self) -> Path:
        """Where the kernel counts what befalls it."""
        return Path(f"/proc/{self.end.pid}/net/netstat")

    def check(self) -> None:
        """Return when it is still there.

        Raises:
            LineError: Somebody has ended its far end.
        """
        exit_code = self.end.exit_code()
        if exit_code is not None:
            raise LineError(f"{self.end.name} {describe_exit(exit_code)}, and no packet passes any more")

    def within(self, command: Command) -> Command:
        """Return the command that starts a program there."""
        return replace(command, network=self.network)


def faults(line: Line) -> Iterator[str]:
    """Yield what this machine lacks for such a place; the rest of a sentence that names the key."""
    if sys.platform != "linux":
        yield "a network of its own takes Linux; leave it out"
        return
    if os.geteuid():
        yield "a network of its own takes root: run as root, or leave it out"
        return
    lacking = _lacking()
    if lacking:
        yield (
            f"root may make no network here, as in a container: it lacks {' and '.join(lacking)}; docker run "
            "--privileged gives both, or leave it out"
        )
    needed = ("nsenter",) if line.is_far else ("nsenter", "ip")
    missing = [program for program in needed if shutil.which(program) is None]
    if missing:
        yield f"{' and '.join(missing)} not found: install util-linux and iproute2, or leave it out"
    if line.is_far and not TUN.exists():
        yield f"{TUN} does not exist, of which a delay or a loss is made: load the kernel's module tun, or leave it out"
    for file in line.kernel_settings:
        if not os.access(far_end.KERNEL / file, os.W_OK):
            key = file.rpartition("/")[2]
            yield f"{far_end.KERNEL / file} cannot be written: docker run --privileged lets it, or leave {key} out"


def _lacking(status: Path = Path("/proc/self/status")) -> list[str]:
    """Return the rights that this process would need and has not; where the kernel does not tell, it is tried."""
    told = _CAPABILITIES.search(text_of(status))
    return [name for name, bit in _NEEDED.items() if told is not None and not int(told[1], 16) >> bit & 1]


@contextmanager
def elsewhere(line: Line, folder: Path, log: Path, *, beside: Elsewhere | None = None) -> Iterator[Elsewhere]:
    """Make a place until the block ends; what runs there has to have ended by then.

    Args:
        line: What leads to it, and what its kernel is told.
        folder: Of the far end's process.
        log: Where it says what went wrong.
        beside: The place from which the line leads there; None: from here.

    Raises:
        LineError: It could not be made.
    """
    with ExitStack() as stack:
        yield _made(stack, lambda number: _at(number, line, folder, log, beside), beside.network if beside else None)


def _made(stack: ExitStack, at: Callable[[int], AbstractContextManager[Elsewhere]], network: Path | None) -> Elsewhere:
    """Return the place of the first number whose device nobody has in the network that the line begins in.

    The kernel gives a name to one alone, so two kits that try the same one at the same moment do not share it.
    """
    refused: DeploymentError | None = None
    for number in (_number() for _ in range(MOST_TRIES)):
        if not _is_taken(number, network):
            try:
                return stack.enter_context(at(number))
            except GuardianError:
                raise
            except DeploymentError as error:
                refused = error
                if not _is_taken(number, network):
                    break
    raise LineError(str(refused or f"{MOST_TRIES} devices were tried, and somebody has each")) from refused


def _number() -> int:
    return (os.getpid() * _OF_A_KIT + next(_NUMBERS)) % _NETWORKS


def _device(number: int) -> str:
    return f"bg{number}"


def _is_taken(number: int, network: Path | None) -> bool:
    try:
        return _device(number) in {name for _, name in in_network(network, socket.if_nameindex)}
    except OSError as error:
        raise LineError(f"the network that a line was to begin in is gone: {error}") from error


@contextmanager
def _at(number: int, line: Line, folder: Path, log: Path, beside: Elsewhere | None) -> Iterator[Elsewhere]:
    here, there = (str(_FIRST + number * _ADDRESSES + host) for host in (1, 2))
    device = _device(number)
    numbers = (f"{line.round_trip_ms / 2:g}", f"{line.loss:g}")
    settings = (f"{file}={line.kernel_settings.get(file, '')}" for file in KERNEL_FILES.values())
    command = Command(
        name="the far end of a network",
        argv=(sys.executable, "-I", "-S", far_end.__file__, device, here, there, *numbers, *settings),
        environment={"PATH": os.environ.get("PATH", "")},
        directory=folder,
        log=log,
        network=beside.network if beside else None,
    )
    with running(command) as child:
        ready = log_line_probe(child.command.log, far_end.READY, child.log_start_bytes)
        try:
            await_ready(child, ready, what=f"a network {here} to {there}", deadline_s=DEADLINE_S)
        except GuardianError:
            raise
        except DeploymentError as error:
            # What it says of itself comes first: the lines of a log are cut off where one line is shown.
            *_, why = child.tail().splitlines() or [str(error)]
            raise LineError(f"a network {here} to {there} could not be made: {why}") from error
        told = _told(child.output())
        place = Elsewhere(here=here, there=there, end=child, limits=_limits(told))
        if not line.is_far:
            _join(place, device)
        with _watching(place, device, beside, told.get(far_end.LOST)) as watch:
            yield replace(place, watch=watch)


@contextmanager
def _watching(place: Elsewhere, device: str, beside: Elsewhere | None, lost: str | None) -> Iterator[LineWatch]:
    here = ("self", None) if beside is None else (str(beside.end.pid), beside.network)
    with ExitStack() as stack:
        try:
            ends = tuple(_end(stack, device, *one) for one in (here, (str(place.end.pid), place.network)))
        except OSError as error:
            raise LineError(f"{place.end.name}: its device {device} cannot be watched: {error}") from error
        yield LineWatch(ends=ends, lost=Path(f"/proc/{place.end.pid}/fd/{lost}") if lost else None)


def _end(stack: ExitStack, device: str, pid: str, network: Path | None) -> LineEnd:
    told, index = in_network(network, lambda: (Told(), socket.if_nametoindex(device)))
    stack.callback(told.close)
    return LineEnd(device=device, index=index, told=told, counters=Path(f"/proc/{pid}/net/dev"))


def _join(place: Elsewhere, device: str) -> None:
    """Join both networks by a pair of devices, which goes with either."""
    ip = _program("ip")
    _run(place.end, (ip, "link", "add", device, "type", "veth", "peer", "name", device, "netns", str(place.end.pid)))
    _run(place.end, (ip, "addr", "add", f"{place.here}/30", "dev", device))
    _run(place.end, (ip, "link", "set", device, "up"))
    _run(place.end, (ip, "addr", "add", f"{place.there}/30", "dev", device), within=place)
    _run(place.end, (ip, "link", "set", device, "up"), within=place)


def _run(child: Child, argv: tuple[str, ...], within: Elsewhere | None = None) -> None:
    command = replace(child.command, name="ip", argv=argv)
    run_to_end(within.within(command) if within else command, deadline_s=DEADLINE_S)


def _told(output: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in output.splitlines() if "=" in line)


def _limits(found: Mapping[str, str]) -> Limits:
    first, last = map(int, found[KERNEL_FILES["ip_local_port_range"]].split())
    return Limits(somaxconn=int(found[KERNEL_FILES["somaxconn"]]), ip_local_port_range=(first, last))


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise DeploymentError(f"{name} not found; install util-linux and iproute2")
    return found


def in_network(network: Path | None, act: Callable[[], _Made]) -> _Made:
    """Return what is done in a network, by a thread that goes there for it: a socket stays where it was made.

    Args:
        network: The file that stands for it; None: that of the kit, and nobody goes anywhere.
        act: Is called there.

    Raises:
        OSError: It is gone, or this account may not go there.
    """
    if network is None:
        return act()

    def go_and_act() -> _Made:
        with network.open("rb") as file:
            if ctypes.CDLL(None, use_errno=True).setns(file.fileno(), far_end.CLONE_NEWNET):
                number = ctypes.get_errno()
                raise OSError(number, f"setns: {os.strerror(number)}")
        return act()

    with ThreadPoolExecutor(1) as threads:
        return threads.submit(go_and_act).result()


def somaxconn_of_new_network() -> int | None:
    """Return the ceiling of accept queues that the kernel gives a network that it makes; None where it makes none."""

    def go_and_read() -> int:
        far_end.leave_network()
        return int((far_end.KERNEL / KERNEL_FILES["somaxconn"]).read_text())

    try:
        with ThreadPoolExecutor(1) as threads:
            return threads.submit(go_and_read).result()
    except (OSError, AttributeError, ValueError):
        return None


def place_faults(places: Places) -> Iterator[str]:
    """Yield why the places of an experiment cannot be had on this machine, a line each with its key."""
    for key, line in places.lines.items():
        yield from (f"places.{key}: {fault}" for fault in faults(line))
