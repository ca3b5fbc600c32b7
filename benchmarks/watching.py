"""Measures what `badgateway watch` itself takes beside servers of several sizes, and prints results/reference/watch.md.

In the project's root: `python -m benchmarks.watching > results/reference/watch.md` (`--seconds 5` in half a minute).
"""

import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import click
import psutil

BADGATEWAY = Path(sys.executable).with_name("badgateway")
STARTED_S = 6.0
"""It has imported everything by then."""
LOOK_S = 0.1
BESIDE = (
    (4, None, "4 workers"),
    (32, None, "32 workers"),
    (4, 0, "4 workers, with --log, 100 requests a second that went well"),
    (4, 50, "4 workers, with --log, 2 failures a second among those"),
)
"""Workers, one in how many requests of a log failed if there is one, and what that is."""
_HEAD = """# What a watch takes

Of `badgateway watch --openmetrics`, which looks once a second, for {seconds:g} s beside a server that waits; on
{cores} cores. `python -m benchmarks.watching` makes this page again.

| beside | of a core | resident memory | at most |
| :-- | --: | --: | --: |"""
_FEET = """
"At most" counts what a look at the logs takes, in a process of its own that is gone after it. It looks when a line may
be one of a failure, and the next time when that has cost a hundredth of a core in the mean."""
_LINE = '203.0.113.7 - - [{time}] "GET /members/?page={page} HTTP/1.1" {status} 150 "-" "curl"\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What it took."""

    core_share: float
    resident_bytes: int
    """The median."""
    most_bytes: int
    """With its children."""


@contextmanager
def server(workers: int, path: Path) -> Iterator[int]:
    """Have a process that listens at a unix socket, and so many children of it that wait; give its pid."""
    ready, tells = os.pipe()
    pid = os.fork()
    if not pid:
        _serve(workers, path, tells)
    os.read(ready, 1)
    try:
        yield pid
    finally:
        for one in (*psutil.Process(pid).children(), psutil.Process(pid)):
            one.kill()
        os.waitpid(pid, 0)


def _serve(workers: int, path: Path, tells: int) -> None:
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(path))
    listening.listen(1024)
    for _ in range(workers):
        if not os.fork():
            break
    else:
        os.write(tells, b"1")
    while True:
        signal.pause()


def measured(pid: int, seconds: float, *words: str) -> Cost:
    """Return what a watch of a process takes in so many seconds."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    command = [str(BADGATEWAY), "watch", "--pid", str(pid), "--openmetrics", port, *words]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as watch:
        time.sleep(STARTED_S)
        process = psutil.Process(watch.pid)
        before_s, began_s = _used_s(process), time.monotonic()
        own, most = [], 0
        while (passed_s := time.monotonic() - began_s) < seconds:
            own.append(process.memory_info().rss)
            most = max(most, own[-1] + sum(_resident(child) for child in process.children()))
            time.sleep(LOOK_S)
        used_s = _used_s(process) - before_s
        watch.send_signal(signal.SIGINT)
    return Cost(core_share=used_s / passed_s, resident_bytes=round(statistics.median(own)), most_bytes=most)


def _used_s(process: psutil.Process) -> float:
    return sum(process.cpu_times()[:4])


def _resident(process: psutil.Process) -> int:
    try:
        return process.memory_info().rss
    except psutil.Error:
        return 0


@contextmanager
def requests(log: Path, failing_one_in: int) -> Iterator[None]:
    """Append a hundred requests a second to a log, of which one in so many failed; with 0, none."""
    over = threading.Event()

    def write() -> None:
        first = 1
        while not over.wait(0.1):
            now, first = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime()), first + 10
            with log.open("a") as file:
                for number in range(first - 10, first):
                    status = 502 if failing_one_in and number % failing_one_in == 0 else 200
                    file.write(_LINE.format(time=now, page=number, status=status))

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@click.command()
@click.option("--seconds", default=60.0, show_default=True, help="How long each is watched.")
def main(*, seconds: float) -> None:
    """Print the page."""
    # A shell that starts this in the background lets it ignore Ctrl-C, and so would the watch.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    click.echo(_HEAD.format(seconds=seconds, cores=os.cpu_count()))
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "access.log"
        for workers, failing, beside in BESIDE:
            log.write_text("")
            words = () if failing is None else ("--log", str(log))
            busy = nullcontext() if failing is None else requests(log, failing)
            with server(workers, Path(folder) / "web.sock") as pid, busy:
                cost = measured(pid, seconds, *words)
            (Path(folder) / "web.sock").unlink()
            sizes = (f"{size / 1e6:.0f} MB" for size in (cost.resident_bytes, cost.most_bytes))
            click.echo(f"| {beside} | {cost.core_share:.2%} | {' | '.join(sizes)} |")
    click.echo(_FEET)


if __name__ == "__main__":
    main()
