"""Reads the samples of CPU and memory: what each part of the stack used during a trial."""

from pathlib import Path

import duckdb

from badgateway.databases.database_system import PART, PART_OF_0_1
from badgateway.errors import RawDataError
from badgateway.ledger.checks import load, require_header, require_whole_lines
from badgateway.model.in_memory import connect
from badgateway.model.raw import PROCESSES
from badgateway.model.summary import ProcessUse
from badgateway.model.trial import Window

_TABLE = "samples"
_TYPES = {"time_s": "DOUBLE", "part": "VARCHAR", "pids": "INTEGER", "cpu_s": "DOUBLE", "rss_bytes": "BIGINT"}


def read_uses(raw: Path, window: Window | None) -> tuple[ProcessUse, ...]:
    """Add up a trial's samples, one entry per part, in the order of their names.

    CPU time and the peak are of the whole trial, the growth of memory is of the window.

    Args:
        raw: The trial's folder with processes.csv.
        window: The counted part; None takes the whole trial for it.

    Raises:
        RawDataError: The file is missing or malformed, or a part has no sample in the window.
    """
    path = raw / PROCESSES
    require_whole_lines(path)
    require_header(path, tuple(_TYPES))
    connection = connect()
    load(path, lambda: _load_rows(connection, path), where=str)
    found = connection.table(_TABLE).aggregate(_aggregates(window)).order("part").fetchall()
    if not found:
        raise RawDataError(f"{path}: no samples; what the servers used is unknown, run the trial again")
    return tuple(_use(path, *row) for row in found)


def _load_rows(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    rows = connection.read_csv(str(path), columns=_TYPES, header=True, auto_detect=False, delimiter=",")
    rows.create(_TABLE)


def _aggregates(window: Window | None) -> str:
    inside = f"time_s BETWEEN {window.start_s!r} AND {window.end_s!r}" if window else "true"
    return (
        "part, max(cpu_s) - min(cpu_s) AS cpu_s, max(rss_bytes) AS peak_rss_bytes, "
        f"arg_max(rss_bytes, time_s) FILTER ({inside}) - arg_min(rss_bytes, time_s) FILTER ({inside}) AS growth"
    )


def _use(path: Path, part: str, cpu_s: float, peak_rss_bytes: int, growth: int | None) -> ProcessUse:
    if growth is None:
        raise RawDataError(f"{path}: no sample of {part} in the window; it had ended, or nobody looked: see its log")
    part = PART if part == PART_OF_0_1 else part
    return ProcessUse(part=part, cpu_s=round(cpu_s, 2), peak_rss_bytes=peak_rss_bytes, rss_growth_bytes=growth)
