"""Reads log files of any known kind into the tables of evidence."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import duckdb

from badgateway.errors import RawDataError
from badgateway.logs.combined import STATUS_TYPE
from badgateway.logs.evidence import LogEvidence, LogFile
from badgateway.logs.reader import Reader
from badgateway.logs.recognising import unknown
from badgateway.logs.source import LocalFile, Source, head, local_file
from badgateway.model.evidence import TABLES
from badgateway.model.in_memory import connect

_MEMORY_LIMIT = "1200MB"


def read_logs(sources: Sequence[Source], *, utc_offset_s: float | None = None, mask: bool = True) -> LogEvidence:
    """Read the logs, whatever their kinds, into a new in-memory database.

    Args:
        sources: Plain or gzip files and streams, in any order.
        utc_offset_s: How far ahead of UTC the local times are that nginx's error log and uWSGI write without a zone;
            None: it is found out from the logs, and taken for 0 where they do not tell.
        mask: Whether to replace the values in query strings, and other secrets, by '...' in all that is kept.

    Returns:
        All tables of model.evidence.TABLES; `samples` is empty, no log has them. The caller closes the connection.

    Raises:
        RawDataError: A file is missing, damaged or no log that is known here, or all are empty.
    """
    connection = _database()
    try:
        with tempfile.TemporaryDirectory(prefix="badgateway-logs-") as scratch:
            local = [local_file(source, Path(scratch)) for source in sources]
            reader = Reader(connection=connection, scratch=Path(scratch), utc_offset_s=utc_offset_s, mask=mask)
            files = reader.read(local)
            _require_lines(files, local)
    except BaseException:
        connection.close()
        raise
    return LogEvidence(
        connection=connection,
        files=files,
        utc_offset_s=reader.errors_offset_s,
        notes=tuple(dict.fromkeys(reader.notes)),
    )


def _require_lines(files: Sequence[LogFile], local: Sequence[LocalFile]) -> None:
    if not any(file.lines for file in files):
        names = ", ".join(file.name for file in files)
        raise RawDataError(f"there is nothing to explain, no line in {names or 'no file'}: name logs with lines")
    if not any(file.kind for file in files):
        first = next(each for each in local if head(each))
        raise unknown(first.name, head(first))


def _database() -> duckdb.DuckDBPyConnection:
    connection = connect(
        {
            "memory_limit": _MEMORY_LIMIT,
            # DuckDB makes it only if it needs it, and removes it.
            "temp_directory": str(Path(tempfile.gettempdir()) / f"badgateway-{uuid4().hex}"),
        }
    )
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(STATUS_TYPE)
    for table in TABLES:
        connection.execute(table.ddl)
    return connection
