"""Puts the database at a distance: the same server, reached through a relay."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from badgateway.errors import DeploymentError, GuardianError, LineError
from badgateway.model import raw as raw_files
from badgateway.model.axis import DATABASE_DISTANCE, At, value_on
from badgateway.model.places import Line
from badgateway.process.child import Child, Command
from badgateway.process.elsewhere import Elsewhere, elsewhere
from badgateway.process.ports import free_port
from badgateway.process.readiness import await_ready, log_line_probe
from badgateway.process.running import running
from badgateway.stack import relay
from badgateway.stack.database import RunningDatabase
from badgateway.stack.site import base_environment

PART = "relay"
LINE = "line"
START_DEADLINE_S = 10.0


@contextmanager
def reached(
    database: RunningDatabase, at: At, line: Line | None, *, raw: Path, run: Path, site: Elsewhere | None = None
) -> Iterator[tuple[RunningDatabase, dict[str, Child], Elsewhere | None]]:
    """Give how to reach the database where a trial is to be run: through a relay, a line, or straight on.

    With it come the processes that lead there, by part, and the place at the far end of the line, where there is one.

    A line adds what it takes to the distance that lies on the axis. `site` is the machine of the application server,
    where that has one of its own.
    """
    distance_ms = value_on(DATABASE_DISTANCE, at)
    if line is None:
        with at_distance(database, distance_ms, raw=raw, run=run, site=site) as found:
            yield (*found, None)
        return
    line = line.model_copy(update={"round_trip_ms": line.round_trip_ms + distance_ms})
    with (
        elsewhere(line, raw, raw / raw_files.RELAY_LOG, beside=site) as place,
        relayed(database, 0.0, raw=raw, run=run, place=place) as (database_there, child),
    ):
        yield database_there, {PART: child, LINE: place.end}, place


@contextmanager
def at_distance(
    database: RunningDatabase, distance_ms: float, *, raw: Path, run: Path, site: Elsewhere | None = None
) -> Iterator[tuple[RunningDatabase, dict[str, Child]]]:
    """Yield how to reach the database at that distance, and the relay process by its part if one was started.

    At 0 ms there is none, and the database is reached directly. So what is compared at one distance goes the same way;
    between 0 and the first other distance lies the relay's own cost as well, see benchmarks/relay.py. From a machine of
    the site's own there is always one, at the address that the database has here.

    Raises:
        LineError: the relay did not come up.
    """
    if site is not None and database.host:
        at = (database.host, database.port)
        with handed_on(at, at, distance_ms, network=site.network, raw=raw, run=run) as child:
            yield database, {PART: child}
    elif distance_ms:
        with relayed(database, distance_ms, raw=raw, run=run) as (database_there, child):
            yield database_there, {PART: child}
    else:
        yield database, {}


@contextmanager
def relayed(
    database: RunningDatabase, distance_ms: float, *, raw: Path, run: Path, place: Elsewhere | None = None
) -> Iterator[tuple[RunningDatabase, Child]]:
    """Yield how to reach the database through a relay, whatever the distance, and the relay process.

    With a place, the relay listens there: all that is between the site and it is a network.
    """
    at = (place.there if place else database.host, free_port())
    network, to = place.network if place else None, (database.host, database.port)
    with handed_on(at, to, distance_ms, network=network, raw=raw, run=run) as child:
        yield replace(database, host=at[0], port=at[1]), child


@contextmanager
def handed_on(
    at: tuple[str, int],
    to: tuple[str, int],
    distance_ms: float = 0.0,
    *,
    network: Path | None,
    raw: Path,
    run: Path,
) -> Iterator[Child]:
    """Hand on what comes to an address, in another network where one is named, to one of this network; give the relay.

    Raises:
        LineError: It did not come up.
    """
    host, port = at
    way = (host, str(network)) if network else ()
    words = (str(port), to[0], str(to[1]), f"{distance_ms:g}", *way)
    with running(_command(words, raw, run)) as child:
        ready = log_line_probe(child.command.log, relay.READY, child.log_start_bytes)
        try:
            await_ready(child, ready, what=f"a relay on {host}:{port}", deadline_s=START_DEADLINE_S)
        except GuardianError:
            raise
        except DeploymentError as error:
            raise LineError(str(error)) from error
        yield child


def _command(words: tuple[str, ...], raw: Path, run: Path) -> Command:
    return Command(
        name="relay to the database",
        # -P: the modules beside the program are not to be taken for the standard library's.
        argv=(sys.executable, "-P", relay.__file__, *words),
        environment=base_environment(run),
        directory=raw,
        log=raw / raw_files.RELAY_LOG,
        # The kit's own account: the servers' may not be able to read this program.
        account=None,
    )
