"""Reads every request of an access log, and not only those that failed: what users asked for, and how often."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from badgateway.errors import RawDataError
from badgateway.logs.combined import STATUS_TYPE
from badgateway.logs.event_grammar import machine_logs
from badgateway.logs.formats import format_of
from badgateway.logs.other_errors import OTHER_ERRORS
from badgateway.logs.planning import Job, Planner
from badgateway.logs.scanning import KEPT_OF_LINE, scanned
from badgateway.logs.scratch import FolderScratch, Scratch
from badgateway.logs.source import Source, local_file
from badgateway.model.evidence import FAILURES
from badgateway.model.in_memory import connect, spill_folder
from badgateway.model.log_kind import PROXY_OF, LogKind
from badgateway.servers.line_format import LineFormat, text_literal

REQUESTS = "requests"
SITE_REQUESTS = "site_requests"
_MEMORY_LIMIT = "1200MB"
_COLUMNS = {
    **dict.fromkeys(("method", "uri", "client"), "VARCHAR"),
    "body_bytes": "BIGINT",
    "duration_s": "DOUBLE",
}
_WITHOUT_REQUESTS = (None, LogKind.NGINX_ERROR, *OTHER_ERRORS)


def add_site_requests(connection: duckdb.DuckDBPyConnection, sources: Sequence[Source], mark: str) -> None:
    """Make the table `site_requests` of all requests in logs: the columns of failures, and `mark`.

    Args:
        connection: One that logs were read into.
        sources: Files whose kinds are known.
        mark: SQL over `line` for what tells a request apart; NULL where nothing does.
    """
    columns = ", ".join(f"{name} {sql_type}" for name, sql_type in FAILURES.columns)
    connection.execute(f"CREATE TABLE {SITE_REQUESTS} (mark VARCHAR, {columns})")
    with tempfile.TemporaryDirectory(prefix="badgateway-logs-") as folder:
        scratch = FolderScratch(Path(folder))
        for source in sources:
            for job in _jobs(source, scratch):
                if job.part.kind not in _WITHOUT_REQUESTS:
                    _add_all(connection, job, mark)


def why_unknown(source: Source) -> str:
    """Return why a file can be read as no log; empty when it can, or when nothing is in it."""
    with tempfile.TemporaryDirectory(prefix="badgateway-logs-") as folder:
        try:
            _jobs(source, FolderScratch(Path(folder)))
        except RawDataError as error:
            return str(error)
    return ""


def _jobs(source: Source, scratch: Scratch) -> tuple[Job, ...]:
    assert isinstance(source.content, Path)
    return Planner().planned(0, local_file(source.name, source.content, scratch), scratch)


def _add_all(connection: duckdb.DuckDBPyConnection, job: Job, mark: str) -> None:
    line_format = format_of(job.part)
    proxy = line_format.proxy or PROXY_OF.get(line_format.kind)
    known = {
        "source": text_literal(line_format.kind),
        "proxy": "NULL" if proxy is None else text_literal(proxy),
        "time_s": "time_s",
        "status": "status",
        "has_upstream_times": "FALSE",
        **line_format.columns,
        "file": text_literal(job.part.file.name),
        "line_number": "line_number",
        "line": KEPT_OF_LINE,
    }
    with scanned(connection, job.part.file, _projections(line_format), job.scratch) as (rows, _):
        columns = (f"CAST({known.get(name, 'NULL')} AS {sql_type})" for name, sql_type in FAILURES.columns)
        connection.execute(f"""
            INSERT INTO {SITE_REQUESTS} SELECT {mark}, {", ".join(columns)} FROM {rows}
            WHERE status IS NOT NULL AND time_s IS NOT NULL AND line IS NOT NULL
        """)  # noqa: S608 # constants


@contextmanager
def requests_of(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a database with the table `requests`: time_s, status, method, uri with its query, and what _COLUMNS has.

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
    with scanned(connection, job.part.file, _projections(line_format), job.scratch) as (rows, _):
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
