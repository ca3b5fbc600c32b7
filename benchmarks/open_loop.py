"""Measures how punctual the open loop is: 500 requests a second of one process, against a server that does nothing.

    python benchmarks/open_loop.py [--rate 500] [--processes 1] [--window-s 20]      (on an idle machine)

The rate is that of each process. Prints the send lag (sent minus due), the CPU time a request costs the generator, and
the latency. The target is a send lag p99 of 10 ms with no arrival missed; the exit status is 1 when it is not met.
"""

import argparse
import csv
import sys
import tempfile
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from badgateway.load.locust import Drive  # noqa: E402 # the path above comes first
from badgateway.model.raw import CLIENT_ROWS  # noqa: E402
from benchmarks.workers import TARGET_MS, driven  # noqa: E402
from tests.load.plain_server import plain_server  # noqa: E402


def measured(rate_per_s: float, processes: int, window_s: float, raw: Path) -> Drive:
    """Run one load to its end."""
    with plain_server() as server:
        return driven(rate_per_s, processes, window_s, server.url, raw)


def quantiles_ms(raw: Path, start: str, end: str) -> str:
    """Return p50, p99 and maximum of the time between two columns, in words."""
    with (raw / CLIENT_ROWS).open(newline="") as file:
        times_ms = [(float(row[end]) - float(row[start])) * 1000 for row in csv.DictReader(file)]
    p50, p99, most = np.quantile(times_ms, [0.5, 0.99, 1])
    return f"p50 {p50:.2f}, p99 {p99:.2f}, at most {most:.2f} ms"


def main() -> int:
    """Measure, print, and tell whether the target is met."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rate", type=float, default=500)
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--window-s", type=float, default=20)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        raw = Path(folder) / "raw"
        result = measured(given.rate * given.processes, given.processes, given.window_s, raw)
        check = result.open_loop
        assert check is not None
        cpu_us = result.generator_cpu_share / given.rate * 1e6
        print(  # noqa: T201 # what it is for
            f"open loop: {check.arrivals} arrivals in {given.window_s:g} s by {given.processes} process(es), "
            f"{check.missed_arrivals} missed; send lag p99 in the window {check.send_lag_p99_ms:.2f} ms, "
            f"target {TARGET_MS:g} ms\n"
            f"send lag {quantiles_ms(raw, 'intended_start_s', 'start_s')}\n"
            f"latency from the intended start {quantiles_ms(raw, 'intended_start_s', 'end_s')}\n"
            f"generator: {result.generator_cpu_share:.0%} of a core, {cpu_us:.0f} us a request"
        )
    return 0 if check.send_lag_p99_ms <= TARGET_MS and not check.missed_arrivals else 1


if __name__ == "__main__":
    sys.exit(main())
