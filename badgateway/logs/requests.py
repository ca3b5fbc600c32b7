"""Reads every request of an access log, and not only those that failed: what users asked for, and how often."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from badgateway.errors import RawDataError
from badgateway.logs.combined import STATUS_TYPE
from badgateway.logs.event_grammar import machine_logs
from badgateway.logs.formats import format_of
from badgateway.logs.other_errors import OTHER_ERRORS
from badgateway.logs.planning import Job, Planner
from badgateway.logs.scanning import scanned
from badgateway.logs.scratch import FolderScratch
from badgateway.logs.source import local_file
from badgateway.model.in_memory import connect, spill_folder
from badgateway.model.log_kind import LogKind
from badgateway.servers.line_format import LineFormat

REQUESTS = "requests"
_MEMORY_LIMIT = "1200MB"
_COLUMNS = {"method": "VARCHAR", "uri": "VARCHAR", "body_bytes": "BIGINT", "duration_s": "DOUBLE"}
_WITHOUT_REQUESTS = (None, LogKind.NGINX_ERROR, *OTHER_ERRORS)


@contextmanager
def requests_of(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a database with the table `requests`: time_s, status, method, uri with its query, body_bytes, duration_s.

    Raises:
        RawDataError: The file cannot be read, or has no request in it that could be.
    """
    with (
        tempfile.TemporaryDirectory(prefix="badgateway-logs-") as folder,
        connect({"memory_limit": _MEMORY_LIMIT, "temp_directory": spill_folder()}) as connection,
    ):
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(STATUS_TYPE)
        columns = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
        connection.execute(f"CREATE TABLE {REQUESTS} (time_s DOUBLE, status INTEGER, {columns})")
        scratch = FolderScratch(Path(folder))
        for job in Planner().planned(0, local_file(str(path), path, scratch), scratch):
            if job.part.kind not in (*_WITHOUT_REQUESTS, *machine_logs()):
                _read(connection, job)
        if not connection.table(REQUESTS).limit(1).fetchall():
            raise RawDataError(
                f"{path}: has no request that could be read; name an access log: badgateway explain --list-formats "
                "shows which"
            )
        yield connection


def _read(connection: duckdb.DuckDBPyConnection, job: Job) -> None:
    line_format = format_of(job.part)
    with scanned(connection, job.part.file, _projections(line_format), job.scratch) as rows:
        known = (
            f"CAST({line_format.columns.get(name, 'NULL')} AS {kind}) AS {name}" for name, kind in _COLUMNS.items()
        )
        connection.execute(f"""
            INSERT INTO {REQUESTS} SELECT time_s, status, {", ".join(known)} FROM {rows}
            WHERE status IS NOT NULL AND time_s IS NOT NULL AND line IS NOT NULL
        """)  # noqa: S608 # constants


def _projections(line_format: LineFormat) -> tuple[str, ...]:
    """Columns for `scanned`, with every line kept."""
    status = f"TRY_CAST({line_format.status} AS SMALLINT) AS status"
    return (
        *(f"*, {columns}" for columns in line_format.pieces),
        f"{status}, CAST({line_format.time_s} AS DOUBLE) AS time_s, line",
    )
