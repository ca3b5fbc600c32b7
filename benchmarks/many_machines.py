"""Simulates a load from many machines: what their rows and clocks take of the run that they come to.

    python -m benchmarks.many_machines > results/reference/many-machines.md       (a minute, on an idle machine)

The run's side is the real one: it lets the workers in, asks what time it is, hands out the order, takes the rows as
they come, and builds the ledger. The workers are made up: threads of one other process, whose clocks are hours apart,
and who send the rows of requests that nobody has sent, each as fast as a real one would have them.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

import click

from badgateway.load.command import Meeting, Target, headless_command
from badgateway.load.progress import RowCounter
from badgateway.load.settings import CLOCK_AHEAD
from badgateway.load.worker import LOOK_S
from badgateway.load.worker_line import Line, introduce
from badgateway.load.workers import Workers
from badgateway.model.experiment import Load
from badgateway.model.raw import CLIENT_ROWS
from benchmarks import made_up
from benchmarks.rows import ROOT, program
from tests.load.meetings import free_meeting

RATES = (100, 1_000, 10_000)
EACH_PER_S = 500
"""What one worker sends at most."""
APART_S = 3600.0
"""The clock of each worker is so far ahead of the one before it."""
SECONDS = 13
"""Warm-up and window of a trial as they come."""
KEY = "simulated"
_BUILD = "import sys; from pathlib import Path; from badgateway import ledger; ledger.build(Path(sys.argv[1]), None)"
_HEAD = """# Rows from many machines, simulated

Workers that send the rows of requests which nobody sent, for {seconds} s, to the real side of a run, on {cores} cores,
one of which is the simulation's own; `python -m benchmarks.many_machines` makes this page again. Their clocks are an
hour apart, one from the next.
"""
_COLUMNS = (
    *("requests/s", "workers", "rows sent", "lost", "twice", "CPU of the run", "clocks told to", "last row after"),
    *("its ledger", "memory of that"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What came of one rate."""

    workers: int
    sent: int
    lost: int
    twice: int
    cpu_share: float
    """Of a core, in the run's own process."""
    clock_error_s: float
    """The most by which a worker was told another time than its own clock was off."""
    took_s: float
    """From the order to the end of the last worker."""


def taken(rate_per_s: int, seconds: int, folder: Path) -> Taken:
    """Have the rows of that rate come in for so long; the trial's raw files are in `raw` then."""
    made = made_up.trial(folder / "made", rate_per_s * seconds)
    shutil.copytree(made, raw := folder / "raw")
    header, *rows = (made / CLIENT_ROWS).read_text().splitlines(keepends=True)
    (raw / CLIENT_ROWS).write_text(header)
    number = max(1, rate_per_s // EACH_PER_S)
    meeting = free_meeting(number)
    with Workers(meeting, KEY) as workers, _others(meeting, made / CLIENT_ROWS, rate_per_s) as others:
        workers.wait(60)
        began_s, began_cpu_s = time.monotonic(), time.process_time()
        _take(workers, raw, seconds)
        took_s, cpu_s = time.monotonic() - began_s, time.process_time() - began_cpu_s
        clock_error_s = json.loads(others.read())
    came = Counter((raw / CLIENT_ROWS).read_text().splitlines(keepends=True)[1:])
    return Taken(
        workers=number,
        sent=len(rows),
        lost=len(set(rows) - set(came)),
        twice=sum(count - 1 for count in came.values()),
        cpu_share=cpu_s / took_s,
        clock_error_s=clock_error_s,
        took_s=took_s,
    )


def _take(workers: Workers, raw: Path, seconds: int) -> None:
    load = Load(locustfile=PurePosixPath("load.py"), users=(1,))
    target = Target(
        url="http://127.0.0.1:1", load=load, users=1, client_timeout_s=1, project_root=ROOT, meeting=workers.meeting
    )
    counter, end_s = RowCounter(raw / CLIENT_ROWS), time.monotonic() + seconds
    with workers.loading(target, headless_command(target, raw), raw, dict) as demand:
        while time.monotonic() < end_s:
            # As a run does it while Locust runs.
            time.sleep(0.5)
            demand()
            counter.look()


@contextmanager
def _others(meeting: Meeting, rows: Path, rate_per_s: int) -> Iterator[IO[str]]:
    """Have the workers, in a process of their own; gives what they say at their end."""
    argv = [sys.executable, "-m", "benchmarks.many_machines", "--work", str(meeting), str(rows), str(rate_per_s)]
    with subprocess.Popen([*argv, str(meeting.expected)], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout
        except BaseException:
            process.kill()
            raise


def work(meeting: str, rows: str, rate_per_s: str, number: str) -> None:
    """Be all the workers; print by how much the time that one was told was off, at most."""
    lines, workers = Path(rows).read_text().splitlines(keepends=True)[1:], int(number)
    pieces = [lines[index::workers] for index in range(workers)]
    each = int(int(rate_per_s) / workers * LOOK_S)
    with ThreadPoolExecutor(workers) as pool:
        errors = pool.map(lambda index: _work(meeting, pieces[index], each, index * APART_S), range(workers))
        click.echo(json.dumps(max(errors)))


def _work(meeting: str, rows: list[str], each: int, ahead_s: float) -> float:
    host, _, port = meeting.partition(":")
    line = Line.to(host, int(port))
    introduce(line, KEY, "simulated")
    while "load" not in (message := line.receive(60) or {}):
        line.send(clock=time.time() + ahead_s)
    began_s = time.monotonic()
    for turn, first in enumerate(range(0, len(rows), each)):
        time.sleep(max(0.0, began_s + turn * LOOK_S - time.monotonic()))
        line.send(rows={CLIENT_ROWS: "".join(rows[first : first + each])})
    line.send(ended=0, tail="")
    line.close()
    return abs(float(message["load"]["environment"][CLOCK_AHEAD]) - ahead_s)


def _row(rate_per_s: int, seconds: int) -> str:
    with tempfile.TemporaryDirectory(prefix="badgateway-benchmark-") as name:
        found = taken(rate_per_s, seconds, Path(name))
        built = program(sys.executable, "-c", _BUILD, str(Path(name, "raw")))
    cells = (
        f"{rate_per_s:,}",
        f"{found.workers}",
        f"{found.sent:,}",
        f"{found.lost}",
        f"{found.twice}",
        f"{found.cpu_share:.1%} of a core",
        f"{found.clock_error_s * 1000:.3f} ms",
        f"{found.took_s:.1f} s",
        f"{built['seconds']:.2f} s",
        f"{built['peak_mib']:.0f} MiB",
    )
    return _line(cells)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


@click.command()
@click.option("--seconds", default=SECONDS, show_default=True, help="How long each rate lasts.")
@click.option("--work", "worker", nargs=4, metavar="MEETING ROWS RATE NUMBER", help="Be the workers of a simulation.")
def main(*, seconds: int, worker: tuple[str, str, str, str] | None) -> None:
    """Print the page."""
    if worker:
        work(*worker)
        return
    click.echo(_HEAD.format(seconds=seconds, cores=os.cpu_count()))
    click.echo(_line(_COLUMNS))
    click.echo(_line(["--:"] * len(_COLUMNS)))
    for rate_per_s in RATES:
        click.echo(_row(rate_per_s, seconds))


if __name__ == "__main__":
    main()
