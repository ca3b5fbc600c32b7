"""Reads from a trial's samples what the database did in the window, beside what the application had to serve."""

import duckdb

from badgateway.databases.database_system import PART, PART_OF_0_1
from badgateway.ledger.processes import cores_used
from badgateway.model.evidence import SAMPLES
from badgateway.model.raw_words import SampleSeries
from badgateway.model.samples import DatabaseWork
from badgateway.model.trial import Window

PART_S = 0.5
"""In which the rows read a SELECT are looked at; their noise is how much these parts differ."""

# Both counters are read in the same look; rows are counted when their statement ends.
_PARTS = f"""
WITH looks AS (
    SELECT time_s, max(value) FILTER (series = '{SampleSeries.DB_SELECTS}') AS selects,
        max(value) FILTER (series = '{SampleSeries.DB_ROWS_READ}') AS rows_read
    FROM {SAMPLES.name} WHERE series IN ('{SampleSeries.DB_SELECTS}', '{SampleSeries.DB_ROWS_READ}')
        AND time_s >= $start AND time_s < $end
    GROUP BY time_s),
parts AS (
    SELECT floor((time_s - $start) / {PART_S}) AS part, max(time_s) AS time_s, max(selects) AS selects,
        max(rows_read) AS rows_read
    FROM looks WHERE selects IS NOT NULL AND rows_read IS NOT NULL GROUP BY part),
steps AS (
    SELECT lag(time_s) OVER in_order AS from_s, time_s AS to_s, selects - lag(selects) OVER in_order AS selects,
        rows_read - lag(rows_read) OVER in_order AS rows_read
    FROM parts WINDOW in_order AS (ORDER BY time_s)),
sums AS (
    SELECT min(from_s) AS from_s, max(to_s) AS to_s, sum(selects) AS selects, sum(rows_read) AS rows_read
    FROM steps WHERE from_s IS NOT NULL)
SELECT any_value(sums.from_s), any_value(sums.to_s), any_value(sums.selects), any_value(sums.rows_read),
    sqrt(sum(power(steps.rows_read - steps.selects * sums.rows_read / sums.selects, 2)))
FROM steps, sums WHERE steps.from_s IS NOT NULL AND sums.selects > 0
"""  # noqa: S608 # constants of this module

_REQUESTS = "SELECT count(*) FROM ledger WHERE app_started_s BETWEEN ? AND ?"


def database_work(connection: duckdb.DuckDBPyConnection, window: Window | None) -> DatabaseWork | None:
    """Return what the database did in the window; None where it was not counted, or nothing was asked of it.

    Args:
        connection: With the tables `ledger`, `samples` and `processes`; in a trial of an earlier kit the samples do
            not have these series.
        window: The counted part; None when the trial never got to it.
    """
    if window is None:
        return None
    found = connection.execute(_PARTS, {"start": window.start_s, "end": window.end_s}).fetchall()
    ((from_s, to_s, selects, rows_read, deviation),) = found or [(None,) * 5]
    if not selects or not rows_read:
        return None
    ((requests,),) = connection.execute(_REQUESTS, (from_s, to_s)).fetchall()
    cores = cores_used(connection, (PART, PART_OF_0_1), window)
    if not requests or cores is None:
        return None
    return DatabaseWork(
        span_s=to_s - from_s,
        requests=requests,
        selects=int(selects),
        rows_read=int(rows_read),
        rows_noise=deviation / rows_read,
        # The samples of CPU are fewer, so their span is another.
        cpu_s=cores * (to_s - from_s),
    )
