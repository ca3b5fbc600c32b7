"""Reads the samples of database connections over a trial's window, made coarse enough to draw."""

from pathlib import Path

import duckdb

from badgateway.errors import RawDataError
from badgateway.ledger.checks import load, require_header, require_whole_lines
from badgateway.model.evidence import SAMPLES
from badgateway.model.raw import SAMPLES as SAMPLES_FILE
from badgateway.model.raw_words import SampleSeries
from badgateway.model.samples import DatabaseConnections
from badgateway.model.trial import Window

MOST_PARTS = 60
LEAST_PART_S = 0.4
"""Four looks: in a shorter part a busy machine may leave none, which would seem to be a time without a database."""
_COLUMNS = dict(SAMPLES.columns)
_ROWS = f"""
INSERT INTO {SAMPLES.name}
FROM read_csv($file, columns = {_COLUMNS}, header = true, auto_detect = false, delim = ',') WHERE value IS NOT NULL
"""  # constants of this module
_SERIES = f"""
FROM {SAMPLES.name} WHERE series = ? AND time_s >= ? AND time_s < ?
"""


def load_samples(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Load the values of the file into the connection's table `samples`; without a file, nobody looked.

    Raises:
        RawDataError: The file is malformed.
    """
    connection.execute(SAMPLES.ddl.replace("CREATE TABLE", "CREATE OR REPLACE TABLE", 1))
    if path.is_file():
        require_whole_lines(path)
        require_header(path, tuple(_COLUMNS))
        load(path, lambda: connection.execute(_ROWS, {"file": str(path)}), where=str)


def database_connections(connection: duckdb.DuckDBPyConnection, window: Window | None) -> DatabaseConnections | None:
    """Return the connections to the database over the window; None when nobody sampled them there.

    Args:
        connection: With the table `samples`.
        window: The counted part; None when the trial never got to it.

    Raises:
        RawDataError: A counter goes down.
    """
    if window is None:
        return None
    parts = min(MOST_PARTS, max(1, int(window.length_s / LEAST_PART_S)))
    part = f"CAST(floor((time_s - {window.start_s!r}) / {window.length_s!r} * {parts}) AS INTEGER)"
    columns = f"{part} AS part, CAST(max(value) AS INTEGER), CAST(min(limit_value) AS INTEGER)"
    found = connection.execute(
        f"SELECT {columns} {_SERIES} GROUP BY part", [SampleSeries.DB_CONNECTIONS, window.start_s, window.end_s]
    ).fetchall()
    if not found:
        return None
    most = {place: held for place, held, _ in found}
    return DatabaseConnections(
        window_s=window.length_s,
        held=tuple(most.get(place) for place in range(parts)),
        peak=max(most.values()),
        limit=min((limit for *_, limit in found if limit is not None), default=None),
        opened_per_s=_opened_per_s(connection, window),
    )


def _opened_per_s(connection: duckdb.DuckDBPyConnection, window: Window) -> float | None:
    aggregates = "arg_max(value, time_s) - arg_min(value, time_s), max(time_s) - min(time_s)"
    bounds = [SampleSeries.DB_CONNECTS, window.start_s, window.end_s]
    ((opened, length_s),) = connection.execute(f"SELECT {aggregates} {_SERIES}", bounds).fetchall()
    if not length_s:
        return None
    if opened < 0:
        raise RawDataError(
            f"{SAMPLES_FILE}: {SampleSeries.DB_CONNECTS} went down in the window; the database was restarted, run the "
            "trial again"
        )
    return float(opened / length_s)
