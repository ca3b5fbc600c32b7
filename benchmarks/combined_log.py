"""Writes a large nginx access log in the combined format, and measures how fast the kit reads one.

In the project's root: `python benchmarks/combined_log.py measure --lines 2000000`.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray

from badgateway.logs import Source, read_logs

_LINES_AT_ONCE = 500_000
_REQUESTS_PER_SECOND = 317  # the 19,000 a minute of the site that the kit began with
_START = datetime(2026, 11, 21, 6, tzinfo=UTC)

_STATUSES = {200: 0.93, 201: 0.02, 304: 0.03, 404: 0.012, 499: 0.001, 500: 0.001, 502: 0.005, 504: 0.001}
_AGENTS = (
    "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 26_1 like Mac OS X) AppleWebKit/605.1.15 Version/26.1 Mobile Safari/604.1",
    "kube-probe/1.34",
)
_MEMBERS = 5_000


def chunks(lines: int, seed: int) -> Iterator[str]:
    """The log in pieces; the same for the same seed.

    Whole requests are drawn from a few thousand ready-made ones: what varies per line is the address, second and mix.
    """
    rng = np.random.default_rng(seed)
    requests = _requests(rng)
    for first in range(0, lines, _LINES_AT_ONCE):
        yield _chunk(first, min(_LINES_AT_ONCE, lines - first), requests, rng)


def _requests(rng: np.random.Generator) -> NDArray[np.object_]:
    statuses = rng.choice(list(_STATUSES), _MEMBERS * 4, p=list(_STATUSES.values()))
    sizes = rng.integers(150, 60_000, _MEMBERS * 4)
    paths = ("/members/{0}/", "/members/?page={0}&token=s3cr3t{0}", "/members/export/?format=xlsx&team={0}", "/healthz")
    return np.array(
        [
            f'"GET {paths[index % 4].format(index % _MEMBERS)} HTTP/1.1" {status} {size} '
            f'"https://example.org/members/" "{_AGENTS[index * 7 % 4]}"\n'
            for index, (status, size) in enumerate(zip(statuses.tolist(), sizes.tolist(), strict=True))
        ],
        dtype=object,
    )


def _chunk(first: int, count: int, requests: NDArray[np.object_], rng: np.random.Generator) -> str:
    hosts = np.array([f"10.{index >> 8}.{index & 255}.7 - - [" for index in range(4096)], dtype=object)
    begin, end = first // _REQUESTS_PER_SECOND, (first + count - 1) // _REQUESTS_PER_SECOND
    seconds = [_START + timedelta(seconds=second) for second in range(begin, end + 1)]
    stamps = np.array([f"{second:%d/%b/%Y:%H:%M:%S} +0000] " for second in seconds], dtype=object)
    drawn_hosts = hosts[rng.integers(0, len(hosts), count)]
    drawn_stamps = stamps[np.arange(first, first + count) // _REQUESTS_PER_SECOND - begin]
    drawn_requests = requests[rng.integers(0, len(requests), count)]
    return "".join((drawn_hosts + drawn_stamps + drawn_requests).tolist())


def write_log(path: Path, lines: int, seed: int) -> None:
    """Write that many lines to the path."""
    with path.open("w", encoding="ascii", newline="\n") as file:
        file.writelines(chunks(lines, seed))


@click.group()
def main() -> None:
    """Write combined logs, and measure how fast they are read."""


@main.command()
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--lines", default=2_000_000, show_default=True)
@click.option("--seed", default=1, show_default=True)
def write(path: Path, lines: int, seed: int) -> None:
    """Write a log to PATH."""
    write_log(path, lines, seed)


@main.command()
@click.argument("path", type=click.Path(path_type=Path, dir_okay=False, exists=True))
def read(path: Path) -> None:
    """Read the log PATH; print seconds and this process's peak of memory."""
    started_s = time.perf_counter()
    evidence = read_logs([Source(name=path.name, content=path)])
    read_s = time.perf_counter() - started_s
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    click.echo(f"read {evidence.requests:,} requests, {evidence.failures:,} failures, in {read_s:.2f} s")
    click.echo(f"peak memory {peak_mib:,.0f} MiB")
    evidence.connection.close()


@main.command()
@click.option("--lines", default=2_000_000, show_default=True)
@click.option("--seed", default=1, show_default=True)
def measure(lines: int, seed: int) -> None:
    """Write a log to a temporary folder, and read it in a process of its own."""
    with tempfile.TemporaryDirectory(prefix="badgateway-benchmark-") as folder:
        path = Path(folder) / "access.log"
        started_s = time.perf_counter()
        write_log(path, lines, seed)
        took_s = time.perf_counter() - started_s
        click.echo(f"wrote {lines:,} lines, {path.stat().st_size / 1e9:.2f} GB, in {took_s:.1f} s")
        subprocess.run([sys.executable, __file__, "read", str(path)], check=True)


if __name__ == "__main__":
    main()
