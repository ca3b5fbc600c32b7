"""What the probes cost: CPU of the kit while they sample a stack of some 25 processes under a light load.

python benchmarks/probes.py      (in the project's folder; takes half a minute)
"""

import os
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import click
import psutil

from badgateway.databases.database_system import PART
from badgateway.model.raw_words import SampleSeries
from badgateway.plan.experiment_file import load_experiment
from badgateway.probe.accept_queue import AcceptQueue
from badgateway.probe.database import DatabaseProbe
from badgateway.probe.listen_drops import ListenDrops
from badgateway.probe.process_cpu import ProcessCpu
from badgateway.probe.processes import ProcessSampler
from badgateway.probe.sampler import StackSampler
from badgateway.probe.server_statistics import ServerStatistics
from badgateway.probe.statement import StatementLog
from badgateway.probe.watch import DatabaseAccess, Probe, Watch
from badgateway.servers import uwsgi
from badgateway.stack.deployment import Deployment, deploy
from badgateway.stack.written import FOLDER, RUN_FOLDER
from badgateway.study.bench import Bench
from badgateway.study.local import LOCAL

ROOT = Path(__file__).parents[1]
READINGS = 300
PAUSE_S = 0.01
SAMPLED_S = 10.0
WORKERS = 16
AIM_SHARE = 0.03
HERTZ = 10


@contextmanager
def stack(folder: str) -> Iterator[tuple[Bench, Deployment, Path, Path]]:
    """Deploy uWSGI with a stats socket; give the bench, the deployment, its raw folder and that socket."""
    experiment = load_experiment(ROOT / "experiments" / "concurrency.toml")
    configuration = experiment.configuration("uwsgi-16").model_copy(update={"workers": WORKERS})
    with LOCAL.set_up(experiment, ROOT) as bench:
        raw, stats = bench.raw_folder("benchmark"), Path(folder, "stats.sock")
        file = bench.snapshot.path(configuration.server)
        file.write_text(f"{file.read_text('utf-8')}\nstats = {stats}\n", "utf-8")
        with deploy(
            experiment,
            configuration,
            database=bench.database,
            snapshot=bench.snapshot,
            raw=raw,
            account=bench.account,
        ) as deployment:
            yield bench, deployment, raw, stats


def cpu_ms(probe: Probe) -> float:
    """Return the CPU time of one reading, with pauses between readings as a sampler has them."""
    cpu_s = 0.0
    for _ in range(READINGS):
        start_s = time.thread_time()
        tuple(probe.read())
        cpu_s += time.thread_time() - start_s
        time.sleep(PAUSE_S)
    return cpu_s / READINGS * 1000


def print_each(probes: dict[str, Probe]) -> None:
    """Print what one reading of each probe costs."""
    for name, probe in probes.items():
        click.echo(f"{name:<24}{cpu_ms(probe):8.3f} ms of CPU a reading")
        probe.close()


def share_of_core(block: Callable[[], object]) -> float:
    """Return CPU seconds of this process per second, while a sampler runs in it and nothing else."""
    start_s, cpu_start_s = time.monotonic(), time.process_time()
    block()
    return (time.process_time() - cpu_start_s) / (time.monotonic() - start_s)


def keep_busy(url: str, stop: threading.Event) -> None:
    """Ask the site for something slow, again and again, at next to no cost for this process."""
    while not stop.is_set():
        with urllib.request.urlopen(f"{url}/wait/?db_ms=1000", timeout=20) as answer:  # noqa: S310 # http, our own
            answer.read()


def main() -> None:
    """Print the costs, one by one and together."""
    # Not where TMPDIR says: the path of a unix socket may have 107 bytes.
    with tempfile.TemporaryDirectory(prefix="badgateway-", dir="/tmp") as folder:
        Path(folder).chmod(0o777)
        with stack(folder) as (bench, deployment, raw, stats):
            measure(bench, deployment, raw, stats)


def measure(bench: Bench, deployment: Deployment, raw: Path, stats: Path) -> None:
    """Print the costs on one stack."""
    database, port = bench.database, urlsplit(deployment.url).port or 0
    pid = database.pid
    assert pid is not None
    access = DatabaseAccess(
        system=database.server,
        name=database.name,
        host=database.host,
        port=database.port,
        user=database.user,
        password=database.password,
        pid=pid,
    )
    socket = raw / FOLDER / RUN_FOLDER / "web.sock"
    watch = Watch(
        server_sockets=(socket,), proxy_port=port, server=uwsgi.SERVER, statistics_sockets=(stats,), database=access
    )
    parts = {**deployment.roots, PART: (pid,)}
    count = sum(1 + len(psutil.Process(one).children(recursive=True)) for pids in parts.values() for one in pids)
    click.echo(f"{count} processes")
    print_each(
        {
            "accept queue, unix": AcceptQueue("a", socket),
            "accept queue, TCP": AcceptQueue("b", port),
            "dropped connections": ListenDrops(),
            f"uWSGI, {WORKERS} workers": ServerStatistics(uwsgi.SERVER, uwsgi.STATISTICS, stats),
            "database": DatabaseProbe(
                access, StatementLog(raw / "statements-of-one-probe.csv", access.system.text_values)
            ),
            "CPU of the database": ProcessCpu(SampleSeries.DB_CPU_CORES, pid, is_server=True),
            "CPU of the generator": ProcessCpu(SampleSeries.GENERATOR_CPU_SHARE, os.getpid(), cores=1),
        }
    )
    stop = threading.Event()
    clients = [threading.Thread(target=keep_busy, args=(deployment.url, stop)) for _ in range(8)]
    for client in clients:
        client.start()
    print_together(raw, watch, parts)
    stop.set()
    for client in clients:
        client.join()


def print_together(raw: Path, watch: Watch, parts: dict[str, tuple[int, ...]]) -> None:
    """Print what the samplers cost as a trial runs them, and what this process costs without them."""

    def sampled() -> None:
        with StackSampler(raw, watch) as sampler:
            sampler.add_generator(os.getpid())
            time.sleep(SAMPLED_S)

    def traced() -> None:
        with ProcessSampler(raw / "processes.csv", parts):
            time.sleep(SAMPLED_S)

    idle = share_of_core(lambda: time.sleep(SAMPLED_S))
    stack_share, process_share = share_of_core(sampled) - idle, share_of_core(traced) - idle
    click.echo(f"StackSampler, 10 Hz     {stack_share:8.2%} of a core (aim: below {AIM_SHARE:.0%})")
    click.echo(f"                        {stack_share / HERTZ * 1000:8.3f} ms of CPU a sample")
    click.echo(f"ProcessSampler, 2 Hz    {process_share:8.2%} of a core")


if __name__ == "__main__":
    main()
