"""What the load generator tells of itself: whether it sent what was ordered, when it was due."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from badgateway.errors import LoadError
from badgateway.load.arrivals import Arrivals, due_between
from badgateway.load.command import Target
from badgateway.load.events import ClientEvents
from badgateway.model.trial import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLoopCheck:
    """Of the window of an open loop; a judge decides what is too much."""

    arrivals: int
    """How many the schedule had, missed ones included."""
    missed_arrivals: int
    """Never sent: too many were in flight, or the generator was too busy until the stop. They have no row."""
    send_lag_p99_ms: float
    """99 % of the rows were sent at most so long after they were due."""


def check_open_loop(events: ClientEvents, target: Target, window: Window, rows: Path) -> OpenLoopCheck | None:
    """Return what an open loop tells of itself; None for a closed one.

    Raises:
        LoadError: the processes did not send the whole schedule of the window, or nothing was sent in it.
    """
    if target.rate_per_s is None:
        return None
    arrivals = Arrivals(rate_per_s=target.rate_per_s, kind=target.load.arrivals, seed=target.seed)
    due = due_between(arrivals, target.load.warm_up_s, target.load_s)
    if events.arrivals != due or events.missed_arrivals is None:
        raise LoadError(
            f"Locust met {events.arrivals} arrivals in the window where {due} were due: run the trial again"
        )
    lags_ms = _send_lags_ms(rows, window)
    if not lags_ms:
        raise LoadError(f"{rows} has no request of the window, {due} were due: raise load.window_s or max_in_flight")
    return OpenLoopCheck(
        arrivals=due,
        missed_arrivals=events.missed_arrivals,
        # The smallest lag that 99 % of the rows do not exceed, never a value between two.
        send_lag_p99_ms=float(np.quantile(lags_ms, 0.99, method="inverted_cdf")),
    )


def _send_lags_ms(rows: Path, window: Window) -> list[float]:
    """Return the lags of the requests that were due in the window."""
    with rows.open(encoding="utf-8", newline="") as file:
        times = [(float(row["intended_start_s"]), float(row["start_s"])) for row in csv.DictReader(file)]
    # What follows the first request of a task is due when it is sent; it would only dilute the lags.
    return [
        (start_s - due_s) * 1000
        for due_s, start_s in times
        if window.start_s <= due_s < window.end_s and due_s < start_s
    ]
