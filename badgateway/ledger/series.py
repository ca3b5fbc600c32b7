"""Reads the samples of database connections over a trial's window, made coarse enough to draw."""

from pathlib import Path

import duckdb

from badgateway.errors import RawDataError
from badgateway.ledger.checks import load, require_header, require_whole_lines
from badgateway.model.evidence import SAMPLES
from badgateway.model.raw import SAMPLES as SAMPLES_FILE
from badgateway.model.samples import DatabaseConnections
from badgateway.model.trial import Window

MOST_PARTS = 60
LEAST_PART_S = 0.4
"""Four looks: in a shorter part a busy machine may leave none, which would seem to be a time without a database."""
HELD, MADE = "db_connections", "db_connects"
_TABLE = "samples"
_COLUMNS = dict(SAMPLES.columns)


def read_connections(raw: Path, window: Window | None) -> DatabaseConnections | None:
    """Return the connections to the database over the window; None when nobody sampled them there.

    Args:
        raw: The trial's folder; a trial of the time before there were probes has no samples.csv.
        window: The counted part; None when the trial never got to it.

    Raises:
        RawDataError: The samples are malformed.
    """
    path = raw / SAMPLES_FILE
    if window is None or not path.is_file():
        return None
    require_whole_lines(path)
    require_header(path, tuple(_COLUMNS))
    with duckdb.connect() as connection:
        load(path, lambda: _load_rows(connection, path, window), where=str)
        return _connections(path, connection, window)


def _load_rows(connection: duckdb.DuckDBPyConnection, path: Path, window: Window) -> None:
    rows = connection.read_csv(str(path), columns=_COLUMNS, header=True, auto_detect=False, delimiter=",")
    inside = f"time_s >= {window.start_s!r} AND time_s < {window.end_s!r} AND value IS NOT NULL"
    rows.filter(f"series IN ('{HELD}', '{MADE}') AND {inside}").create(_TABLE)


def _connections(path: Path, connection: duckdb.DuckDBPyConnection, window: Window) -> DatabaseConnections | None:
    parts = min(MOST_PARTS, max(1, int(window.length_s / LEAST_PART_S)))
    part = f"CAST(floor((time_s - {window.start_s!r}) / {window.length_s!r} * {parts}) AS INTEGER)"
    held = connection.table(_TABLE).filter(f"series = '{HELD}'")
    most = dict(held.aggregate(f"{part} AS part, CAST(max(value) AS INTEGER) AS held").fetchall())
    if not most:
        return None
    ((limit,),) = held.aggregate("CAST(min(limit_value) AS INTEGER)").fetchall()
    return DatabaseConnections(
        window_s=window.length_s,
        held=tuple(most.get(place) for place in range(parts)),
        peak=max(most.values()),
        limit=limit,
        opened_per_s=_opened_per_s(path, connection),
    )


def _opened_per_s(path: Path, connection: duckdb.DuckDBPyConnection) -> float | None:
    made = connection.table(_TABLE).filter(f"series = '{MADE}'")
    aggregates = "arg_max(value, time_s) - arg_min(value, time_s), max(time_s) - min(time_s)"
    ((opened, length_s),) = made.aggregate(aggregates).fetchall()
    if not length_s:
        return None
    if opened < 0:
        raise RawDataError(f"{path}: {MADE} went down in the window; the database was restarted, run the trial again")
    return float(opened / length_s)
