"""Judges from a trial's own rows where its warm-up ended: what was not yet steady is cut off the window's start."""

import dataclasses

import duckdb
import numpy as np
import numpy.typing as npt

from badgateway.model.trial import Window

BIN_S = 0.5
MOST_SHARE = 0.25
"""Of the window; what is unsteady for longer is how the server is, not its warm-up."""
LEAST_BINS = 8
LEAST_REQUESTS = 5
"""In each bin, or its median says nothing."""

_BINS = """
SELECT
    floor((intended_start_s - $start_s) / $bin_s)::INTEGER AS bin,
    count(*) AS requests,
    median(end_s - intended_start_s) AS latency_s,
    count(*) FILTER (error <> '' OR status >= 400) AS failures
FROM client WHERE intended_start_s >= $start_s AND intended_start_s < $start_s + $bins * $bin_s
GROUP BY bin ORDER BY bin
"""


def settled_window(connection: duckdb.DuckDBPyConnection, window: Window) -> Window:
    """Return the window from where the latency is steady, by the MSER rule; the declared warm-up is over before it.

    The start is moved, in steps of half a second, to where the standard error of the mean of what follows is least
    (White's MSER, on the bins' median latencies). Never more than a quarter is cut off, and nothing at all where a
    request failed in that quarter, or where there are too few requests to tell: a failure is no warm-up.

    Args:
        connection: With the table `client` of the trial.
        window: As it was declared.
    """
    bins = int(window.length_s / BIN_S + 1e-6)
    bounds = {"start_s": window.start_s, "bin_s": BIN_S, "bins": bins}
    rows = connection.execute(_BINS, bounds).fetchall()
    if bins < LEAST_BINS or len(rows) < bins or min(requests for _, requests, _, _ in rows) < LEAST_REQUESTS:
        return window
    most = int(bins * MOST_SHARE)
    if any(failures for _, _, _, failures in rows[:most]):
        return window
    cut = _mser(np.log([max(latency_s, 1e-6) for _, _, latency_s, _ in rows]), most)
    return dataclasses.replace(window, start_s=window.start_s + cut * BIN_S)


def _mser(values: npt.NDArray[np.float64], most: int) -> int:
    """Return how many of the first values to leave out, at most so many; the fewest where several are as good."""
    errors = [float(np.var(values[cut:])) / (len(values) - cut) for cut in range(most + 1)]
    return int(np.argmin(errors))
