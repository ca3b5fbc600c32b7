"""Measures what `badgateway watch` itself takes beside servers of several sizes, and prints results/reference/watch.md.

In the project's root: `python -m benchmarks.watching > results/reference/watch.md` (`--seconds 5` in half a minute).
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import click
import psutil

BADGATEWAY = Path(sys.executable).with_name("badgateway")
STARTED_S = 6.0
"""It has imported everything by then."""
_HEAD = """# What a watch takes

Of `badgateway watch --openmetrics`, which looks once a second, for {seconds:g} s beside a server that waits; on
{cores} cores. `python -m benchmarks.watching` makes this page again.

| beside | of a core | resident memory |
| :-- | --: | --: |"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What it took."""

    core_share: float
    resident_bytes: int


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
        before, began_s = process.cpu_times(), time.monotonic()
        time.sleep(seconds)
        after, passed_s = process.cpu_times(), time.monotonic() - began_s
        resident = process.memory_info().rss
        watch.send_signal(signal.SIGINT)
    used_s = after.user + after.system - before.user - before.system
    return Cost(core_share=used_s / passed_s, resident_bytes=resident)


@click.command()
@click.option("--seconds", default=60.0, show_default=True, help="How long each is watched.")
def main(*, seconds: float) -> None:
    """Print the page."""
    # A shell that starts this in the background lets it ignore Ctrl-C, and so would the watch.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    click.echo(_HEAD.format(seconds=seconds, cores=os.cpu_count()))
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "access.log"
        log.touch()
        for workers, words in ((4, ()), (32, ()), (4, ("--log", str(log)))):
            with server(workers, Path(folder) / f"{workers}-{len(words)}.sock") as pid:
                cost = measured(pid, seconds, *words)
            beside = f"{workers} workers{', with --log' if words else ''}"
            click.echo(f"| {beside} | {cost.core_share:.2%} | {cost.resident_bytes / 1e6:.0f} MB |")


if __name__ == "__main__":
    main()
