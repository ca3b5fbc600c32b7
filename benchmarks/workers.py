"""Measures a load that several processes share: how punctual it is, and whether rows of ended requests are lost.

    python benchmarks/workers.py [--processes 4] [--rate 50] [--window-s 30] [--joined]       (on an idle machine)
    python benchmarks/workers.py --rows 100000 [--kill] [--joined]
    python benchmarks/workers.py --page > results/reference/workers.md       (all of it, in six minutes)

nginx answers a page of its own. The rate is that of each process; with --joined the processes are workers that join as
those of other machines do. The first form prints the send lag, whose p99 is to be at most 10 ms with no arrival missed.
The second one sends so many requests as fast as they are answered, holds the rows against nginx's own log, and is to
find all of them; with --kill one of the processes is killed in the middle, and what it had in flight is all that may be
missing. The third one does both with its default numbers and prints them as a page. The exit status is 1 when a target
is not met.
"""

import argparse
import csv
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from threading import Thread

import psutil

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from badgateway.errors import LoadError  # noqa: E402 # the path above comes first
from badgateway.load.locust import Drive, drive  # noqa: E402
from badgateway.load.worker_line import KEY  # noqa: E402
from badgateway.load.workers import Workers  # noqa: E402
from badgateway.model.experiment import Load  # noqa: E402
from badgateway.model.raw import CLIENT_ROWS  # noqa: E402
from badgateway.model.trial import Trial  # noqa: E402
from badgateway.process.child import Command  # noqa: E402
from badgateway.process.ports import free_port  # noqa: E402
from badgateway.process.readiness import await_ready, http_probe  # noqa: E402
from badgateway.process.running import running  # noqa: E402
from tests.load.meetings import free_meeting  # noqa: E402

TARGET_MS = 10.0
WARM_UP_S = 3.0
MODULE = ["-m", "badgateway.load.plain"]
ROWS = 100_000
PAGE = """# A load that several processes share

nginx answers a page of its own, on the {cores} cores that the processes have too. `python benchmarks/workers.py --page`
makes this page again. Rows are held against nginx's own log, by the id of each request.

| what sends | what came of it | |
| :-- | :-- | :-- |
{lines}"""
MOST_IN_FLIGHT = 50
"""Of one process, at these rates and of a server that answers at once."""
NGINX = """
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
    log_format ids $http_x_request_id;
    access_log {folder}/ids.log ids;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi; keepalive_requests 10000000;
    server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ return 200 '{{"page": 1}}'; }} }}
}}
"""


@contextmanager
def static_site(folder: Path) -> Iterator[str]:
    """Run an nginx that answers everything at once, and logs the id of each request."""
    port = free_port()
    (folder / "nginx.conf").write_text(NGINX.format(folder=folder, port=port))
    command = Command(
        name="nginx",
        argv=("nginx", "-c", str(folder / "nginx.conf"), "-e", "stderr"),
        environment={"PATH": f"{os.environ['PATH']}:/usr/sbin"},
        directory=folder,
        log=folder / "nginx.log",
    )
    url = f"http://127.0.0.1:{port}"
    with running(command) as child:
        await_ready(child, http_probe(f"{url}/"), what="nginx", deadline_s=10)
        yield url


@contextmanager
def joined(number: int) -> Iterator[Workers]:
    """Have so many workers of this machine join, as those of others do."""
    meeting, workers = free_meeting(number), []
    command = (sys.executable, "-m", "badgateway", "worker", "--master", str(meeting))
    with Workers(meeting, "benchmark") as them:
        try:
            workers += [
                subprocess.Popen(command, env={**os.environ, KEY: "benchmark"}, cwd=ROOT) for _ in range(number)
            ]
            them.wait(60)
            yield them
        finally:
            for one in workers:
                one.terminate()
                one.wait()


def kill_one_of(parent: int, after_s: float) -> None:
    """Kill one of the Locusts that came from a process, some time after it has them."""

    def kill() -> None:
        while not (found := _locusts(parent)):
            time.sleep(0.1)
        time.sleep(after_s)
        found[-1].kill()

    Thread(target=kill, daemon=True).start()


def _locusts(parent: int) -> list[psutil.Process]:
    below = psutil.Process(parent).children(recursive=True)
    # Those that joined are commands of their own; the others are forks of the load's process.
    joined_ones = [one for one in below if one.cmdline()[1:3] == MODULE and "--worker" in one.cmdline()]
    return joined_ones if parent == os.getpid() else [one for one in below if one.ppid() == parent]


def driven(rate_per_s: float, processes: int, window_s: float, url: str, raw: Path, **given: object) -> Drive:
    """Run one load to its end."""
    load = Load(
        locustfile=PurePosixPath("tests/load/locustfiles/plain.py"),
        rates_per_s=(rate_per_s,),
        processes=processes,
        warm_up_s=WARM_UP_S,
        window_s=window_s,
    )
    trial = Trial(block=1, position=1, configuration="static", rate_per_s=rate_per_s, seed=1)
    raw.mkdir()
    return drive(
        load,
        trial,
        url=url,
        project_root=ROOT,
        client_timeout_s=8,
        raw=raw,
        on_progress=lambda _: None,
        check=lambda: None,
        **{"on_start": lambda _: None, **given},  # type: ignore[arg-type]
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What was measured, in words, and whether it is what it is to be."""

    what: str
    told: str
    is_met: bool


def punctual(given: argparse.Namespace, url: str, raw: Path, workers: Workers | None) -> Found:
    """Measure the send lag."""
    rate_per_s = given.rate * given.processes
    result = driven(rate_per_s, given.processes, given.window_s, url, raw, workers=workers)
    check = result.open_loop
    assert check is not None
    return Found(
        what=f"{_senders(given, workers)}, {given.rate:g} requests/s each",
        told=(
            f"{check.arrivals:,} arrivals, {check.missed_arrivals} missed; send lag p99 {check.send_lag_p99_ms:.2f} ms "
            f"(at most {TARGET_MS:g}); {result.generator_cpu_share:.0%} of a core for the busiest"
        ),
        is_met=check.send_lag_p99_ms <= TARGET_MS and not check.missed_arrivals,
    )


def complete(given: argparse.Namespace, url: str, raw: Path, workers: Workers | None) -> Found:
    """Send many requests, and hold the rows against nginx's log: whether any is lost that had ended."""
    rate_per_s = given.rows_rate
    sent_s = given.rows / rate_per_s
    kill: dict[str, object] = {}
    if given.kill:
        # Those that joined are no children of the load's own process.
        kill["on_start"] = lambda pid: kill_one_of(os.getpid() if workers else pid, sent_s + WARM_UP_S)
    try:
        window_s = sent_s * (1.5 if given.kill else 1.0)
        driven(rate_per_s, given.processes, window_s, url, raw, workers=workers, **kill)
        ended = "to its end"
    except LoadError as error:
        # Without what is known, and where the log is that goes with this benchmark.
        ended = f"cut: {str(error).partition(' (')[0].partition(';')[0]}"
    with (raw / CLIENT_ROWS).open(newline="") as file:
        rows = [row["request_id"] for row in csv.DictReader(file)]
    answered = [line for line in (raw.parent / "ids.log").read_text().split() if line != "-"]
    lost = Counter(one.partition("-")[0] for one in set(answered) - set(rows))
    may_miss = 1 if given.kill else 0
    is_cut = ended.startswith("cut") == bool(given.kill)
    return Found(
        what=f"{_senders(given, workers)}{', one of them killed' if given.kill else ''}, {rate_per_s:,.0f} requests/s",
        told=(
            f"{ended}; {len(rows):,} rows, {len(rows) - len(set(rows))} of them twice; nginx answered "
            f"{len(answered):,}; without a row: {sum(lost.values())}, of {len(lost)} of {given.processes} processes"
        ),
        is_met=is_cut and len(lost) <= may_miss and sum(lost.values()) <= may_miss * MOST_IN_FLIGHT,
    )


def _senders(given: argparse.Namespace, workers: Workers | None) -> str:
    return f"{given.processes} {'workers that joined' if workers else 'processes'}"


def measured(given: argparse.Namespace) -> Found:
    """Measure on an nginx of its own."""
    with (
        tempfile.TemporaryDirectory() as name,
        static_site(Path(name)) as url,
        joined(given.processes) if given.joined else nullcontext() as workers,
    ):
        return (complete if given.rows else punctual)(given, url, Path(name) / "raw", workers)


def page(parser: argparse.ArgumentParser) -> bool:
    """Measure all, print it as a page, and tell whether all is what it is to be."""
    asked = ("", "--joined", f"--rows {ROWS}", f"--rows {ROWS} --kill")
    found = [measured(parser.parse_args(one.split())) for one in asked]
    lines = (f"| {one.what} | {one.told} | {'as wanted' if one.is_met else '**not as wanted**'} |" for one in found)
    print(PAGE.format(cores=os.cpu_count(), lines="\n".join(lines)))  # noqa: T201 # what it is for
    return all(one.is_met for one in found)


def main() -> int:
    """Measure, print, and tell whether what was wanted came of it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--window-s", type=float, default=30)
    parser.add_argument("--joined", action="store_true")
    parser.add_argument("--rows", type=int, default=0)
    parser.add_argument("--rows-rate", type=float, default=1000)
    parser.add_argument("--kill", action="store_true")
    parser.add_argument("--page", action="store_true")
    given = parser.parse_args()
    if given.page:
        return 0 if page(parser) else 1
    found = measured(given)
    print(f"{found.what}: {found.told}")  # noqa: T201 # what it is for
    return 0 if found.is_met else 1


if __name__ == "__main__":
    sys.exit(main())
