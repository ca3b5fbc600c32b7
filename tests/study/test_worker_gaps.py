"""Time without a worker, from what the diagnosis leaves of the workers' comings and goings."""

import duckdb
import pytest

from badgateway.model.samples import WorkerGaps
from badgateway.model.trial import Window
from badgateway.study.worker_gaps import worker_gaps

WINDOW = Window(start_s=1000.0, end_s=1010.0, drained_s=1011.0)


def gaps(*rows):
    """Return the gaps of rows (time, how many accept from then on)."""
    connection = duckdb.connect()
    connection.execute("CREATE TEMP TABLE counts (time_s DOUBLE, mark_id BIGINT, accepting INTEGER)")
    for number, (time_s, accepting) in enumerate(rows):
        connection.execute("INSERT INTO counts VALUES (?, ?, ?)", [time_s, number, accepting])
    return worker_gaps(connection, WINDOW)


def test_a_trial_that_was_not_diagnosed_tells_nothing():
    assert worker_gaps(duckdb.connect(), WINDOW) is None


def test_a_log_that_tells_of_no_worker_tells_nothing():
    assert gaps() is None


@pytest.mark.parametrize(
    ("rows", "count", "total_s"),
    [
        ([(990, 1), (1001, 0), (1003, 1)], 1, 2),
        ([(990, 2), (1001, 1), (1003, 2)], 0, 0),
        ([(1001, 0), (1002, 1), (1004, 0), (1004.5, 1)], 2, 1.5),
        ([(995, 0), (1002, 1)], 1, 2),
        ([(1008, 0)], 1, 2),
        ([(990, 0), (995, 1), (1010, 0), (1012, 1)], 0, 0),
    ],
)
def test_only_time_in_the_window_without_any_worker_counts(rows, count, total_s):
    assert gaps(*rows) == WorkerGaps(count=count, total_s=total_s)
