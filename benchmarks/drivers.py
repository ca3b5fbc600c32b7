"""What a database driver costs a site: connects, one row, many rows, near the database and 1 and 5 ms away from it.

python benchmarks/drivers.py      (in the project's folder; takes a minute)

Prints a page of Markdown. A driver that is not installed is said to be missing; `pip install asyncmy` adds the one that
is for event loops.
"""

import asyncio
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import click

from badgateway.plan.experiment_file import load_experiment
from badgateway.stack.database import RunningDatabase
from badgateway.stack.distance import at_distance
from badgateway.study.local import LOCAL

ROOT = Path(__file__).parents[1]
DISTANCES_MS = (0.0, 1.0, 5.0)
ROUNDS = 7
CONNECTS, QUERIES = 20, 100
ONE_ROW = "SELECT * FROM school_member WHERE id = 17"
ALL_ROWS = "SELECT * FROM school_member"
"""As many as the school has members."""

Ask = Callable[[str], int]
"""Asks one query on an open connection, and returns how many rows came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One driver, and how it is used."""

    label: str
    distribution: str
    connected: Callable[[RunningDatabase], Any]
    """A context manager that gives an Ask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """What one round took, in wall-clock and CPU time of this process."""

    connect_ms: float
    query_ms: float
    query_cpu_ms: float
    rows_per_s: float


def access(there: RunningDatabase, **names: str) -> dict[str, Any]:
    """Return the arguments of connect(), some under the names that a driver has for them."""
    usual = {
        "host": there.host,
        "port": there.port,
        "user": there.user,
        "password": there.password,
        "database": there.name,
    }
    return {names.get(name, name): value for name, value in usual.items()}


@contextmanager
def plain(module: str, database: RunningDatabase, **options: Any) -> Iterator[Ask]:
    """Connect with a driver whose calls return when the answer is there."""
    connection = import_module(module).connect(**access(database), **options)

    def ask(query: str) -> int:
        with connection.cursor() as cursor:
            cursor.execute(query)
            return len(cursor.fetchall())

    try:
        yield ask
    finally:
        connection.close()


@contextmanager
def on_event_loop(module: str, database: RunningDatabase) -> Iterator[Ask]:
    """Connect with a driver for asyncio, each query of which is a task of an event loop that has nothing else to do."""
    with asyncio.Runner() as runner:
        connection = runner.run(import_module(module).connect(**access(database, database="db")))

        async def fetched(query: str) -> int:
            async with connection.cursor() as cursor:
                await cursor.execute(query)
                return len(await cursor.fetchall())

        try:
            yield lambda query: runner.run(fetched(query))
        finally:
            connection.close()


WAYS = (
    Way(label="mysqlclient", distribution="mysqlclient", connected=lambda there: plain("MySQLdb", there)),
    Way(label="PyMySQL", distribution="pymysql", connected=lambda there: plain("pymysql", there, ssl_disabled=True)),
    Way(label="PyMySQL, as it comes", distribution="pymysql", connected=lambda there: plain("pymysql", there)),
    Way(label="asyncmy", distribution="asyncmy", connected=lambda there: on_event_loop("asyncmy", there)),
)


def installed(way: Way) -> str:
    """Return the version of a driver; empty where there is none."""
    try:
        return version(way.distribution)
    except PackageNotFoundError:
        return ""


def once(way: Way, database: RunningDatabase) -> Times:
    """Measure one round of a driver."""
    start_s = time.perf_counter()
    for _ in range(CONNECTS):
        with way.connected(database):
            pass
    connect_s = (time.perf_counter() - start_s) / CONNECTS
    with way.connected(database) as ask:
        cpu_start_s, start_s = time.process_time(), time.perf_counter()
        for _ in range(QUERIES):
            ask(ONE_ROW)
        query_s, cpu_s = time.perf_counter() - start_s, time.process_time() - cpu_start_s
        start_s = time.perf_counter()
        rows = ask(ALL_ROWS)
        rows_s = time.perf_counter() - start_s
    return Times(
        connect_ms=1000 * connect_s,
        query_ms=1000 * query_s / QUERIES,
        query_cpu_ms=1000 * cpu_s / QUERIES,
        rows_per_s=rows / rows_s,
    )


def line(label: str, rounds: list[Times], against: list[Times]) -> str:
    """Return a driver's row: medians, and its times a query as multiples of the first driver's, lowest to highest."""
    median = {
        name: statistics.median(getattr(one, name) for one in rounds)
        for name in ("connect_ms", "query_ms", "query_cpu_ms", "rows_per_s")
    }
    times = sorted(one.query_ms / other.query_ms for one, other in zip(rounds, against, strict=True))
    cells = (
        label,
        f"{1000 / median['connect_ms']:,.0f}",
        f"{median['query_ms']:.2f} ms",
        f"{statistics.median(times):.2f} ({times[0]:.2f}-{times[-1]:.2f})",
        f"{median['query_cpu_ms']:.2f} ms",
        f"{median['rows_per_s']:,.0f}",
    )
    return f"| {' | '.join(cells)} |"


def table(database: RunningDatabase, folder: Path, distance_ms: float, ways: list[Way]) -> None:
    """Print what each driver takes at one distance; the drivers take turns, so that all meet the same machine."""
    with at_distance(database, distance_ms, raw=folder, run=folder) as (there, _):
        rounds = [[once(way, there) for way in ways] for _ in range(ROUNDS + 1)]
    # The first round loads and fills what is filled once.
    by_way = [list(found) for found in zip(*rounds[1:], strict=True)]
    click.echo(f"\n## The database {distance_ms:g} ms away\n")
    click.echo("| driver | connects/s | one row | times the first driver | CPU a query | rows/s |")
    click.echo("| :-- | --: | --: | --: | --: | --: |")
    for way, found in zip(ways, by_way, strict=True):
        click.echo(line(way.label, found, by_way[0]))


def main() -> None:
    """Print the page."""
    ways = [way for way in WAYS if installed(way)]
    click.echo("# What a database driver costs\n")
    click.echo("Made by `python benchmarks/drivers.py`, on one machine with its database. Medians of rounds in turn;")
    click.echo("behind the median of a multiple stand the least and the most of the rounds.\n")
    versions = dict.fromkeys(f"{way.distribution} {installed(way) or 'not installed'}" for way in WAYS)
    click.echo(f"Versions: {', '.join(versions)}.")
    with LOCAL.set_up(load_experiment(ROOT / "experiments" / "concurrency.toml"), ROOT) as bench:
        folder = bench.raw_folder("drivers")
        for distance_ms in DISTANCES_MS:
            table(bench.database, folder, distance_ms, ways)


if __name__ == "__main__":
    main()
