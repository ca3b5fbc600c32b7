"""Measures what the journal costs a request: one application bare and wrapped, in turns, in one process.

    python benchmarks/journal.py      (needs nothing but Python)

Prints the microseconds that both lines of a request cost, written to a real file, and the ratio to the bare one.
The target is 25 microseconds; the exit status is 1 when the median round is above it.
"""

import importlib.util
import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment
from wsgiref.util import setup_testing_defaults

ROUNDS = 60
REQUESTS = 1_000
TARGET_US = 25.0
JOURNAL = Path(__file__).parents[1] / "servers" / "journal.py"


def bare(_environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer as a small page of a site would."""
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "3")])
    return [b"ok\n"]


def wrapped(file: Path) -> WSGIApplication:
    """Return the same application with the journal around it."""
    specification = importlib.util.spec_from_file_location("journal", JOURNAL)
    assert specification is not None
    assert specification.loader is not None
    journal: Any = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(journal)
    application: WSGIApplication = journal.Journal(bare, journal.Lines(str(file)))
    return application


def round_us(application: WSGIApplication, next_id: Callable[[], int]) -> float:
    """Return the microseconds a request takes, the server's part of the protocol included."""
    environ: WSGIEnvironment = {}
    setup_testing_defaults(environ)
    start = time.perf_counter()
    for _ in range(REQUESTS):
        answer(application, {**environ, "HTTP_X_REQUEST_ID": f"3f2b8c1d9e{next_id():08d}"})
    return (time.perf_counter() - start) / REQUESTS * 1e6


def answer(application: WSGIApplication, environ: WSGIEnvironment) -> None:
    """Do with an application what a server does."""
    body = application(environ, lambda *_: bytes)
    for _ in body:
        pass
    if hasattr(body, "close"):
        body.close()


def main() -> int:
    """Measure, print, and tell whether the target is met."""
    next_id = itertools.count().__next__
    with tempfile.TemporaryDirectory() as folder:
        with_journal = wrapped(Path(folder) / "journal.csv")
        pairs = [(round_us(bare, next_id), round_us(with_journal, next_id)) for _ in range(ROUNDS)]
        lines = (Path(folder) / "journal.csv").read_bytes().count(b"\n")
    assert lines == 2 * ROUNDS * REQUESTS, f"{lines} lines"
    costs = sorted(after - before for before, after in pairs)
    before_us, after_us = (statistics.median(side) for side in zip(*pairs, strict=True))
    cost_us = statistics.median(costs)
    print(  # noqa: T201 # what it is for
        f"journal: {cost_us:.1f} us a request (median of {ROUNDS} rounds; "
        f"10 % to 90 %: {costs[ROUNDS // 10]:.1f} to {costs[-ROUNDS // 10]:.1f}); target {TARGET_US:g} us\n"
        f"bare {before_us:.1f} us, with journal {after_us:.1f} us: ratio {after_us / before_us:.1f}"
    )
    return 0 if cost_us <= TARGET_US else 1


if __name__ == "__main__":
    sys.exit(main())
