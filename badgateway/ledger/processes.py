"""Reads the samples of CPU and memory: what each part of the stack used during a trial."""

from pathlib import Path

import duckdb

from badgateway.databases.database_system import PART, PART_OF_0_1
from badgateway.errors import RawDataError
from badgateway.ledger.checks import load, require_header, require_whole_lines
from badgateway.model.raw import PROCESSES
from badgateway.model.summary import ProcessUse
from badgateway.model.trial import Window

TABLE = "processes"
_TYPES = {"time_s": "DOUBLE", "part": "VARCHAR", "pids": "INTEGER", "cpu_s": "DOUBLE", "rss_bytes": "BIGINT"}


_ROWS = f"""
CREATE TABLE {TABLE} AS FROM read_csv($file, columns = {_TYPES}, header = true, auto_detect = false, delim = ',')
"""  # constants of this module


def load_processes(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Load the file into the connection's table `processes`.

    Raises:
        RawDataError: The file is missing or malformed.
    """
    require_whole_lines(path)
    require_header(path, tuple(_TYPES))
    load(path, lambda: connection.execute(_ROWS, {"file": str(path)}), where=str)


def uses(connection: duckdb.DuckDBPyConnection, window: Window | None) -> tuple[ProcessUse, ...]:
    """Add up a trial's samples, one entry per part, in the order of their names.

    CPU time and the peak are of the whole trial, the growth of memory is of the window.

    Args:
        connection: With the table `processes`.
        window: The counted part; None takes the whole trial for it.

    Raises:
        RawDataError: There is no sample, or a part has none in the window.
    """
    found = connection.execute(_query(window)).fetchall()
    if not found:
        raise RawDataError(f"{PROCESSES}: no samples; what the servers used is unknown, run the trial again")
    return tuple(_use(*row) for row in found)


def _query(window: Window | None) -> str:
    inside = f"time_s BETWEEN {window.start_s!r} AND {window.end_s!r}" if window else "true"
    growth = f"arg_max(rss_bytes, time_s) FILTER ({inside}) - arg_min(rss_bytes, time_s) FILTER ({inside})"
    columns = f"part, max(cpu_s) - min(cpu_s), max(rss_bytes), {growth}"
    return f"SELECT {columns} FROM {TABLE} GROUP BY part ORDER BY part"  # noqa: S608 # constants and numbers


def cores_used(connection: duckdb.DuckDBPyConnection, names: tuple[str, ...], window: Window) -> float | None:
    """Return how many CPU seconds a second a part of one of these names used; None where it was not seen twice."""
    used = "arg_max(cpu_s, time_s) - arg_min(cpu_s, time_s), max(time_s) - min(time_s)"
    query = f"SELECT {used} FROM {TABLE} WHERE list_contains(?, part) AND time_s BETWEEN ? AND ?"  # noqa: S608 # constants
    ((used_s, length_s),) = connection.execute(query, [list(names), window.start_s, window.end_s]).fetchall()
    return used_s / length_s if length_s else None


def _use(part: str, cpu_s: float, peak_rss_bytes: int, growth: int | None) -> ProcessUse:
    if growth is None:
        raise RawDataError(
            f"{PROCESSES}: no sample of {part} in the window; it had ended, or nobody looked: see its log"
        )
    part = PART if part == PART_OF_0_1 else part
    return ProcessUse(part=part, cpu_s=round(cpu_s, 2), peak_rss_bytes=peak_rss_bytes, rss_growth_bytes=growth)
