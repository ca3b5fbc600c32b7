"""What a database driver costs a site: connects, one row, many rows, near the database and 1 and 5 ms away from it.

python benchmarks/drivers.py      (in the project's folder; takes three minutes)

Prints a page of Markdown. A driver that is not installed is said to be missing; `pip install asyncmy` adds the one that
is for event loops. One that does not give the rows that the first one gives ends the benchmark: what is fast because it
leaves something out is not compared.
"""

import asyncio
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from math import comb
from pathlib import Path
from typing import Any

import click

from badgateway.plan.experiment_file import load_experiment
from badgateway.probe.quiet import look
from badgateway.stack.database import RunningDatabase
from badgateway.stack.distance import at_distance
from badgateway.study.local import LOCAL

ROOT = Path(__file__).parents[1]
DISTANCES_MS = (0.0, 1.0, 5.0)
ROUNDS = 15
CONNECTS = 20
LEAST_S = 0.2
"""What is asked for in a round, again and again: long beside the moments that somebody else takes of the processor."""
ONE_ROW = "SELECT * FROM school_member WHERE id = 17"
ALL_ROWS = "SELECT * FROM school_member"
"""As many as the school has members."""

Rows = Sequence[Sequence[object]]
Ask = Callable[[str], Rows]
"""Asks one query on an open connection, and returns the rows that came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One driver, and how it is used."""

    label: str
    distribution: str
    connected: Callable[[RunningDatabase], Any]
    """A context manager that gives an Ask."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """What one round took, in wall-clock time, and where it says so in CPU time of this process."""

    connect_ms: float
    connect_cpu_ms: float
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

    def ask(query: str) -> Rows:
        with connection.cursor() as cursor:
            cursor.execute(query)
            found: Rows = cursor.fetchall()
            return found

    try:
        yield ask
    finally:
        connection.close()


@contextmanager
def on_event_loop(module: str, database: RunningDatabase) -> Iterator[Ask]:
    """Connect with a driver for asyncio, each query of which is a task of an event loop that has nothing else to do."""
    with asyncio.Runner() as runner:
        connection = runner.run(import_module(module).connect(**access(database, database="db")))

        async def fetched(query: str) -> Rows:
            async with connection.cursor() as cursor:
                await cursor.execute(query)
                found: Rows = await cursor.fetchall()
                return found

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What doing something took, each time."""

    wall_s: float
    cpu_s: float


def each(act: Callable[[], object], *, least_s: float = LEAST_S, times: int = 1) -> Spent:
    """Do something so often, and for so long, at least; return what it took each time."""
    done, cpu_start_s, start_s = 0, time.process_time(), time.perf_counter()
    while done < times or time.perf_counter() - start_s < least_s:
        act()
        done += 1
    return Spent(wall_s=(time.perf_counter() - start_s) / done, cpu_s=(time.process_time() - cpu_start_s) / done)


def once(way: Way, database: RunningDatabase) -> Times:
    """Measure one round of a driver."""

    def connect() -> None:
        with way.connected(database):
            pass

    connects = each(connect, least_s=0, times=CONNECTS)
    with way.connected(database) as ask:
        query = each(lambda: ask(ONE_ROW))
        rows = len(ask(ALL_ROWS))
        whole = each(lambda: ask(ALL_ROWS))
    return Times(
        connect_ms=1000 * connects.wall_s,
        connect_cpu_ms=1000 * connects.cpu_s,
        query_ms=1000 * query.wall_s,
        query_cpu_ms=1000 * query.cpu_s,
        rows_per_s=rows / whole.wall_s,
    )


def require_same_rows(ways: Sequence[Way], database: RunningDatabase) -> int:
    """Return how many rows every driver gives of the whole table.

    Raises:
        ClickException: One gives others than the first driver does, or none.
    """
    first: list[tuple[object, ...]] = []
    for way in ways:
        with way.connected(database) as ask:
            found = sorted(map(tuple, ask(ALL_ROWS)))
        first = first or found
        if not found or found != first:
            raise click.ClickException(
                f"{way.label}: {len(found):,} rows that are not the {len(first):,} of {ways[0].label}; its times would "
                "be of other work"
            )
    return len(first)


def interval(values: Sequence[float]) -> tuple[float, float]:
    """Return between which two of the values their median lies with at least 95 % confidence, all if they are few."""
    ordered, count = sorted(values), len(values)
    outside = 0
    while 2 * sum(comb(count, below) for below in range(outside + 1)) <= 0.05 * 2**count:
        outside += 1
    return ordered[max(outside - 1, 0)], ordered[count - max(outside, 1)]


def multiple(name: str, rounds: Sequence[Times], against: Sequence[Times]) -> str:
    """Return what a driver takes as a multiple of the first one in the same round: the median, and its interval."""
    found = [getattr(one, name) / getattr(other, name) for one, other in zip(rounds, against, strict=True)]
    low, high = interval(found)
    return f"{statistics.median(found):.2f} ({low:.2f}-{high:.2f})"


def line(label: str, rounds: Sequence[Times], against: Sequence[Times]) -> str:
    """Return a driver's row: medians, and multiples of the first driver's."""
    median = {name: statistics.median(getattr(one, name) for one in rounds) for name in Times.__dataclass_fields__}
    cells = (
        label,
        f"{median['connect_ms']:.2f} ms",
        f"{median['connect_cpu_ms']:.2f} ms",
        f"{median['query_ms']:.2f} ms",
        multiple("query_ms", rounds, against),
        f"{median['query_cpu_ms']:.3f} ms",
        multiple("query_cpu_ms", rounds, against),
        f"{median['rows_per_s']:,.0f}",
        multiple("rows_per_s", rounds, against),
    )
    return f"| {' | '.join(cells)} |"


def table(database: RunningDatabase, folder: Path, distance_ms: float, ways: list[Way]) -> None:
    """Print what each driver takes at one distance; the drivers take turns, so that all meet the same machine."""
    with at_distance(database, distance_ms, raw=folder, run=folder) as (there, _):
        rounds = [[once(way, there) for way in ways] for _ in range(ROUNDS + 1)]
    # The first round loads and fills what is filled once.
    by_way = [list(found) for found in zip(*rounds[1:], strict=True)]
    click.echo(f"\n## The database {distance_ms:g} ms away\n")
    head = ("driver", "connect", "its CPU", "one row", "times", "its CPU", "times", "rows/s of many", "times")
    click.echo(f"| {' | '.join(head)} |")
    click.echo(f"| :-- |{' --: |' * (len(head) - 1)}")
    for way, found in zip(ways, by_way, strict=True):
        click.echo(line(way.label, found, by_way[0]))


def others_share() -> str:
    """Return how much of the processor others use now, in words."""
    found = look()
    return "nobody could tell" if found is None else f"{found.outside_share:.0%}"


def main() -> None:
    """Print the page."""
    ways = [way for way in WAYS if installed(way)]
    click.echo("# What a database driver costs\n")
    click.echo("Made by `python benchmarks/drivers.py`, on one machine with its database. Medians of rounds in turn.")
    click.echo(
        "*times* is what a driver takes of the first one in the same round; behind it stands the interval of the"
    )
    click.echo("median with at least 95 % confidence.\n")
    versions = dict.fromkeys(f"{way.distribution} {installed(way) or 'not installed'}" for way in WAYS)
    click.echo(f"Versions: {', '.join(versions)}.")
    before = others_share()
    with LOCAL.set_up(load_experiment(ROOT / "experiments" / "concurrency.toml"), ROOT) as bench:
        click.echo(f"All drivers give the same {require_same_rows(ways, bench.database):,} rows of the whole table.")
        folder = bench.raw_folder("drivers")
        for distance_ms in DISTANCES_MS:
            table(bench.database, folder, distance_ms, ways)
    click.echo(f"\nOthers used so much of the processor before: {before}; and afterwards: {others_share()}.")


if __name__ == "__main__":
    main()
