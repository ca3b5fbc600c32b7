"""What the relay costs that puts the database at a distance: round trips through it at 0 ms, against the direct way.

python benchmarks/relay.py      (in the project's folder; takes half a minute)
"""

import statistics
import time
from contextlib import ExitStack
from pathlib import Path

import click
import psutil
import pymysql

from badgateway.plan.experiment_file import load_experiment
from badgateway.stack.database import RunningDatabase
from badgateway.stack.distance import relayed
from badgateway.study.local import LOCAL

ROOT = Path(__file__).parents[1]
ROUNDS = 40
QUERIES = 250
DISTANCES_MS = (1.0, 5.0)


def query_us(connection: pymysql.Connection) -> float:
    """Return the time of one query, over a row of them."""
    with connection.cursor() as cursor:
        start_s = time.perf_counter()
        for _ in range(QUERIES):
            cursor.execute("SELECT 1")
        return (time.perf_counter() - start_s) / QUERIES * 1e6


def connect(database: RunningDatabase) -> pymysql.Connection:
    """Connect as the application does."""
    return pymysql.connect(
        host=database.host, port=database.port, user=database.user, password=database.password, ssl_disabled=True
    )


def own_cost(database: RunningDatabase, folder: Path) -> None:
    """Print what a round trip takes directly and through a relay that waits for nothing, turn by turn."""
    with relayed(database, 0, raw=folder, run=folder) as (there, child), ExitStack() as stack:
        near, far = (stack.enter_context(connect(one)) for one in (database, there))
        relay = psutil.Process(child.pid)
        cpu_start_s = sum(relay.cpu_times()[:2])
        turns = [(query_us(near), query_us(far)) for _ in range(ROUNDS)]
        cpu_us = (sum(relay.cpu_times()[:2]) - cpu_start_s) / (ROUNDS * QUERIES) * 1e6
    ratio = statistics.median(through / direct for direct, through in turns)
    direct_us, relayed_us = (statistics.median(times) for times in zip(*turns, strict=True))
    click.echo(f"direct                  {direct_us:8.0f} us a round trip")
    click.echo(f"through the relay       {relayed_us:8.0f} us, {ratio:.1f} times as long; {cpu_us:.0f} us of its CPU")


def exactness(database: RunningDatabase, folder: Path, distance_ms: float) -> None:
    """Print how much longer a round trip gets at a distance."""
    with relayed(database, distance_ms, raw=folder, run=folder) as (there, _), ExitStack() as stack:
        near, far = (stack.enter_context(connect(one)) for one in (database, there))
        extra_ms = statistics.median((query_us(far) - query_us(near)) / 1000 for _ in range(5))
    click.echo(f"at {distance_ms:g} ms                 {extra_ms:8.2f} ms longer than direct")


def main() -> None:
    """Print the costs."""
    with LOCAL.set_up(load_experiment(ROOT / "experiments" / "concurrency.toml"), ROOT) as bench:
        folder = bench.raw_folder("relay")
        own_cost(bench.database, folder)
        for distance_ms in DISTANCES_MS:
            exactness(bench.database, folder, distance_ms)


if __name__ == "__main__":
    main()
