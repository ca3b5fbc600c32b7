"""Reads from a trial's samples what the database did in the window, beside what the application had to serve."""

from pathlib import Path

import duckdb

from badgateway.databases.database_system import PART, PART_OF_0_1, ROWS_READ, SELECTS
from badgateway.ledger.checks import load, require_header, require_whole_lines
from badgateway.model.evidence import SAMPLES
from badgateway.model.in_memory import connect
from badgateway.model.raw import PROCESSES
from badgateway.model.raw import SAMPLES as SAMPLES_FILE
from badgateway.model.samples import DatabaseWork
from badgateway.model.trial import Window

PART_S = 0.5
"""In which the rows read a SELECT are looked at; their noise is how much these parts differ."""
_COLUMNS = dict(SAMPLES.columns)
_PROCESS_COLUMNS = {"time_s": "DOUBLE", "part": "VARCHAR", "pids": "INTEGER", "cpu_s": "DOUBLE", "rss_bytes": "BIGINT"}

# Both counters are read in the same look; rows are counted when their statement ends.
_PARTS = f"""
WITH looks AS (
    SELECT time_s, max(value) FILTER (series = '{SELECTS}') AS selects,
        max(value) FILTER (series = '{ROWS_READ}') AS rows_read
    FROM samples GROUP BY time_s),
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


def read_database_work(raw: Path, ledger: duckdb.DuckDBPyConnection, window: Window | None) -> DatabaseWork | None:
    """Return what the database did in the window; None where it was not counted, or nothing was asked of it.

    Args:
        raw: The trial's folder; in a trial of an earlier kit the samples do not have these series.
        ledger: With the table `ledger` of the trial.
        window: The counted part; None when the trial never got to it.

    Raises:
        RawDataError: The samples are malformed.
    """
    path = raw / SAMPLES_FILE
    if window is None or not path.is_file():
        return None
    require_whole_lines(path)
    require_header(path, tuple(_COLUMNS))
    with connect() as connection:
        load(path, lambda: _load_samples(connection, path, window), where=str)
        found = connection.execute(_PARTS, {"start": window.start_s}).fetchall()
    ((from_s, to_s, selects, rows_read, deviation),) = found or [(None,) * 5]
    if not selects or not rows_read:
        return None
    ((requests,),) = ledger.execute(_REQUESTS, (from_s, to_s)).fetchall()
    cpu_s = _cpu_s(raw / PROCESSES, window)
    if not requests or cpu_s is None:
        return None
    return DatabaseWork(
        span_s=to_s - from_s,
        requests=requests,
        selects=int(selects),
        rows_read=int(rows_read),
        rows_noise=deviation / rows_read,
        # The samples of CPU are fewer, so their span is another.
        cpu_s=cpu_s * (to_s - from_s),
    )


def _load_samples(connection: duckdb.DuckDBPyConnection, path: Path, window: Window) -> None:
    rows = connection.read_csv(str(path), columns=_COLUMNS, header=True, auto_detect=False, delimiter=",")
    inside = f"time_s >= {window.start_s!r} AND time_s < {window.end_s!r} AND value IS NOT NULL"
    rows.filter(f"series IN ('{SELECTS}', '{ROWS_READ}') AND {inside}").create("samples")


def _cpu_s(path: Path, window: Window) -> float | None:
    """Return the CPU seconds that the database used a second."""
    require_whole_lines(path)
    require_header(path, tuple(_PROCESS_COLUMNS))
    with connect() as connection:
        rows = connection.read_csv(str(path), columns=_PROCESS_COLUMNS, header=True, auto_detect=False, delimiter=",")
        inside = rows.filter(
            f"part IN ('{PART}', '{PART_OF_0_1}') AND time_s BETWEEN {window.start_s!r} AND {window.end_s!r}"
        )
        ((used_s, length_s),) = inside.aggregate(
            "arg_max(cpu_s, time_s) - arg_min(cpu_s, time_s), max(time_s) - min(time_s)"
        ).fetchall()
    return used_s / length_s if length_s else None
