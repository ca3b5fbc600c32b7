"""What the exports cost: libraries that write workbooks in turns, then the site's strategies on a real stack.

    python benchmarks/exports.py [--most-rows N] [--packages FOLDER]

With a million rows it takes some ten minutes. FOLDER has the libraries that the kit does not install:
pip install --target FOLDER openexcel-c pyexcelerate stream-zip xlsx-streaming
"""

import http.client
import json
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

import click
import psutil

from badgateway.plan.experiment_file import load_experiment
from badgateway.stack.deployment import Deployment, deploy
from badgateway.study.local import LOCAL

ROOT = Path(__file__).parents[1]
# The file beside this one; nothing makes a package of this folder.
WRITERS: tuple[str, ...] = tuple(import_module("export_writers").WRITERS)
ROUNDS = {4300: 5, 100_000: 2, 1_000_000: 1}
FIRST_BYTES = 20
STORY_ROWS = 4300
STORY_ROUNDS = 5
MIB = 2**20
SITE, RIVAL = "the site (zipstream-ng)", "xlsxwriter constant_memory"
AIM_FIRST_BYTE_MS, AIM_GROWTH_MIB, AIM_RATIO = 100, 32, 20
CHUNK_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """One export over HTTP."""

    first_byte_s: float
    last_byte_s: float
    body_bytes: int


def write(name: str, rows: int, packages: tuple[str, ...]) -> dict[str, float] | str:
    """Return what one writer took in a process of its own, or why it could not run."""
    command = [sys.executable, str(ROOT / "benchmarks" / "export_writers.py"), name, str(rows), *packages]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    if process.returncode:
        return process.stderr.strip().splitlines()[-1]
    measured: dict[str, float] = json.loads(process.stdout)
    return measured


def compare_writers(rows: int, packages: tuple[str, ...]) -> None:
    """Print rows a second and memory of all writers; they take turns, so that a slow moment meets all."""
    taken: dict[str, list[dict[str, float]]] = {name: [] for name in WRITERS}
    missing: dict[str, str] = {}
    for _ in range(ROUNDS[rows]):
        for name in WRITERS:
            measured = write(name, rows, packages)
            if isinstance(measured, str):
                missing[name] = measured
            else:
                taken[name].append(measured)
    speed = {name: rows / statistics.median(one["duration_s"] for one in each) for name, each in taken.items() if each}
    click.echo(f"\n{rows:,} rows of 16 cells{'':<12}rows/s   of the site   memory    rows before the first byte")
    for name, per_s in speed.items():
        growth = max(one["growth_bytes"] for one in taken[name]) / MIB
        before = int(taken[name][-1]["rows_before_first_byte"])
        click.echo(f"{name:<28}{per_s:10,.0f}{per_s / speed[SITE]:12.2f}x{growth:8.0f} MiB{before:14,}")
    for name, reason in missing.items():
        click.echo(f"{name:<28}   not measured: {reason}")
    if RIVAL in speed:
        click.echo(f"the site against {RIVAL}: {speed[SITE] / speed[RIVAL]:.1f}x (aim: at least 1x)")


@contextmanager
def site() -> Iterator[Deployment]:
    """Deploy one worker of the export experiment, with time enough for all that is asked of it."""
    experiment = load_experiment(ROOT / "experiments" / "export.toml")
    limits = experiment.timeouts.model_copy(update={"app_s": 600, "proxy_read_s": 600, "client_s": 700})
    experiment = experiment.model_copy(update={"timeouts": limits})
    configuration = experiment.configuration("annotated").model_copy(update={"workers": 1})
    with (
        LOCAL.set_up(experiment, ROOT) as bench,
        deploy(
            experiment,
            configuration,
            database=bench.database,
            snapshot=bench.snapshot,
            raw=bench.raw_folder("benchmark"),
            account=bench.account,
        ) as deployment,
    ):
        yield deployment


def download(deployment: Deployment, query: str, *, whole: bool = True) -> Download:
    """Ask for an export and read it, or only its first bytes."""
    port = urlsplit(deployment.url).port
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=700)) as connection:
        start_s = time.perf_counter()
        connection.request("GET", f"/members/export.xlsx?{query}")
        answer = connection.getresponse()
        body_bytes = len(answer.read(1))
        first_byte_s = time.perf_counter() - start_s
        if answer.status != http.client.OK:
            raise click.ClickException(f"{query}: status {answer.status}, {answer.read(500)!r}")
        while whole and (chunk := answer.read(CHUNK_BYTES)):
            body_bytes += len(chunk)
        return Download(first_byte_s=first_byte_s, last_byte_s=time.perf_counter() - start_s, body_bytes=body_bytes)


def compare_first_bytes(deployment: Deployment, sizes: list[int]) -> None:
    """Print when the first byte of a streamed workbook comes."""
    click.echo(f"\nstreamed, first byte, median of {FIRST_BYTES} (aim: below {AIM_FIRST_BYTE_MS} ms)")
    first_ms: dict[int, list[float]] = {rows: [] for rows in sizes}
    for _ in range(FIRST_BYTES):
        for rows in sizes:
            query = f"strategy=streamed&rows={rows}"
            first_ms[rows].append(download(deployment, query, whole=rows == STORY_ROWS).first_byte_s * 1000)
            # What was given up is wound up first.
            time.sleep(0.2)
    for rows, each in first_ms.items():
        click.echo(f"{rows:>10,} rows {statistics.median(each):8.0f} ms, highest {max(each):.0f} ms")


def watch_memory(deployment: Deployment, sizes: list[int]) -> None:
    """Print how much the application server grows while it streams the most rows."""
    server = psutil.Process(deployment.parts["server"])
    # What the first request imports is not the export's.
    download(deployment, f"strategy=streamed&rows={STORY_ROWS}")
    done, highest = threading.Event(), [resident_bytes(server)]
    before = highest[0]

    def sample() -> None:
        while not done.wait(0.05):
            highest.append(resident_bytes(server))

    sampler = threading.Thread(target=sample)
    sampler.start()
    taken = download(deployment, f"strategy=streamed&rows={sizes[-1]}")
    done.set()
    sampler.join()
    growth = (max(highest) - before) / MIB
    click.echo(
        f"\nstreamed, {sizes[-1]:,} rows: {sizes[-1] / taken.last_byte_s:,.0f} rows/s, "
        f"{taken.body_bytes / MIB:.0f} MiB, the server grew by {growth:.1f} MiB (aim: below {AIM_GROWTH_MIB})"
    )


def resident_bytes(server: psutil.Process) -> int:
    """Return the resident memory of a server with its workers."""
    return sum(process.memory_info().rss for process in (server, *server.children(recursive=True)))


def compare_queries(deployment: Deployment) -> None:
    """Print how long the story's export takes by each strategy."""
    names = ("naive_xls", "annotated", "streamed", "csv")
    taken: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(STORY_ROUNDS):
        for name in names:
            taken[name].append(download(deployment, f"strategy={name}&rows={STORY_ROWS}").last_byte_s)
    median_s = {name: statistics.median(each) for name, each in taken.items()}
    click.echo(f"\n{STORY_ROWS:,} rows through nginx, Gunicorn and mysqlclient, median of {STORY_ROUNDS}")
    for name, duration_s in median_s.items():
        click.echo(f"{name:<12}{duration_s * 1000:8.0f} ms, {median_s['naive_xls'] / duration_s:5.1f}x naive_xls")
    click.echo(f"aim: annotated at least {AIM_RATIO}x")


@click.command()
@click.option("--most-rows", default=max(ROUNDS), help="Leave out larger exports.")
@click.option("--packages", multiple=True, help="A folder with further libraries.")
def main(most_rows: int, packages: tuple[str, ...]) -> None:
    """Print the figures."""
    sizes = [rows for rows in ROUNDS if rows <= most_rows]
    with site() as deployment:
        watch_memory(deployment, sizes)
        compare_queries(deployment)
        compare_first_bytes(deployment, sizes)
    for rows in sizes:
        compare_writers(rows, packages)


if __name__ == "__main__":
    main()
