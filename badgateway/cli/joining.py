"""Runs whose load comes from elsewhere: where workers come to, and the command that makes a machine be one."""

import ipaddress
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import click

from badgateway.cli.entry import cli
from badgateway.cli.planned import Planned
from badgateway.cli.terminal import echo
from badgateway.errors import ConfigurationError
from badgateway.load.command import Meeting
from badgateway.load.worker import work
from badgateway.load.worker_line import KEY, PORT
from badgateway.study.shared_load import SharedLoad, shared_load

LOOPBACK = "127.0.0.1"


def with_workers(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of a run whose load comes from elsewhere."""
    bind = click.option(
        "--bind",
        metavar="ADDRESS[:PORT]",
        help="With --workers-expected: the address of this machine where they come and where the site is loaded; the "
        f"port after it is Locust's.  [default: {LOOPBACK}:{PORT}, for workers of this machine]",
    )
    return click.option(
        "--workers-expected",
        type=click.IntRange(1, 64),
        metavar="N",
        help="Have N workers send the load, which are started with: badgateway worker --master ADDRESS",
    )(bind(command))


def meeting_of(expected: int | None, bind: str | None) -> Meeting | None:
    """Return where workers come; None when none are expected.

    Raises:
        ConfigurationError: That is no one address, or nobody is expected there.
    """
    if expected is None:
        if bind is not None:
            raise ConfigurationError("--bind: nobody is expected there; say how many: --workers-expected N")
        return None
    address, port = split(bind or LOOPBACK)
    try:
        is_everywhere = ipaddress.IPv4Address(address).is_unspecified
    except ValueError:
        raise ConfigurationError(
            f"--bind {bind}: {address} is no IPv4 address; write one of this machine's, as `ip addr` shows them"
        ) from None
    if is_everywhere:
        raise ConfigurationError(f"--bind {bind}: name the one address by which the workers reach this machine")
    return Meeting(address=address, port=port, expected=expected)


def split(text: str) -> tuple[str, int]:
    """Return the host and the port of 'host', 'host:port' or '[::1]:port'; the port may be left out.

    Raises:
        ConfigurationError: It is none of these.
    """
    inside, bracket, behind = text.removeprefix("[").partition("]")
    host, _, port = (inside, "", behind.removeprefix(":")) if bracket else text.partition(":")
    if not host or (port and not (port.isdecimal() and 0 < int(port) < 65_535)):
        raise ConfigurationError(
            f"{text}: write an address, or an address and a port below 65535, such as 10.0.0.5:{PORT}"
        )
    return host, int(port or PORT)


def demand_places(meeting: Meeting | None, planned: Iterable[Planned]) -> None:
    """Return when what the experiments say of where their load comes from is what the command says.

    Raises:
        ConfigurationError: It is not.
    """
    for one in planned:
        places = one.experiment.places
        if one.experiment.target is not None and (meeting is not None or places.lines):
            raise ConfigurationError(
                f"{one.path}: target: a site that already runs is loaded from this machine alone; leave out [places] "
                "and --workers-expected"
            )
        key = next((key for key in ("load", "proxy") if key in places.lines), "")
        if meeting is not None and key:
            raise ConfigurationError(
                f"{one.path}: places.{key}: workers send the load from where they are; take it out, or leave out "
                "--workers-expected"
            )


@contextmanager
def joined(meeting: Meeting | None) -> Iterator[SharedLoad | None]:
    """Give the effects of a run, once its workers are there; None where none are waited for."""
    if meeting is None:
        yield None
        return
    key = os.environ.get(KEY) or secrets.token_hex(16)

    def tell() -> None:
        number = meeting.expected
        who = "a worker is" if number == 1 else f"{number} workers are"
        echo(f"{who} waited for at {meeting}; start each with:", err=True)
        echo(f"  {KEY}={key} badgateway worker --master {meeting}", err=True)

    with shared_load(meeting, key, tell) as effects:
        echo("all workers have joined", err=True)
        yield effects


@cli.command()
@click.option(
    "--master", "master", required=True, metavar="ADDRESS[:PORT]", help=f"Where the run expects it.  [port: {PORT}]"
)
def worker(master: str) -> None:
    """Send a part of the load of a run that another machine, or this one, has started.

    The run is started with --workers-expected N and, for other machines, --bind ADDRESS, and prints the command of its
    workers. Each is one process, which uses one core: start as many as there are cores to spare. A worker has the same
    version of badgateway installed; the Locust file, and what it imports of its project, come from the run.

    It goes on until the run is over, and needs the run's key in the variable BADGATEWAY_WORKER_KEY. It executes what
    that run sends, so name none that you do not trust; what goes over the network is not encrypted.

    \b
    Examples:
      badgateway run experiments/concurrency.toml --workers-expected 2 --bind 10.0.0.5     on 10.0.0.5
      BADGATEWAY_WORKER_KEY=... badgateway worker --master 10.0.0.5                        on two others
    """  # noqa: D301 # click's mark for a paragraph that keeps its lines
    key = os.environ.get(KEY, "")
    if not key:
        raise ConfigurationError(f"{KEY} is not set: take it from the command that the run printed")
    host, port = split(master)
    work(host, port, key, lambda words: echo(words, err=True))
