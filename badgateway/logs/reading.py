"""Reads log files of any known kind into the tables of evidence."""

import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import duckdb

from badgateway.errors import RawDataError
from badgateway.logs.archives import opened
from badgateway.logs.combined import STATUS_TYPE
from badgateway.logs.hosts import note_hosts
from badgateway.logs.log_evidence import LogEvidence, LogFile
from badgateway.logs.planning import Planner
from badgateway.logs.reader import Reader
from badgateway.logs.recognising import unknown
from badgateway.logs.scratch import FolderScratch, memory_scratch
from badgateway.logs.source import GZIP_MAGIC, LocalFile, Source, head, local_file
from badgateway.logs.streaming import stream_pieces
from badgateway.model.evidence import TABLES
from badgateway.model.in_memory import row_database

_SMALL_BYTES = 512 * 1024
"""Up to so much in all, to plan statements anew, and to share them among threads, takes longer than to run them."""
_PACKED = (GZIP_MAGIC, b"PK", b"BZ", b"\xfd7z")
_DATABASE = "evidence"


def read_logs(
    sources: Sequence[Source],
    *,
    utc_offset_s: float | None = None,
    mask: bool = True,
    leaves_lines: bool = False,
    database: duckdb.DuckDBPyConnection | None = None,
) -> LogEvidence:
    """Read the logs, whatever their kinds, into a database in memory.

    Args:
        sources: Plain or gzip files, archives of such, and streams, in any order.
        utc_offset_s: How far ahead of UTC the local times are that nginx's error log and uWSGI write without a zone;
            None: it is found out from the logs, and taken for 0 where they do not tell.
        mask: Whether to replace the values in query strings, and other secrets, by '...' in all that is kept.
        leaves_lines: Whether the lines of a large error log that is given alone may be left in it: the evidence has
            none of them then, and reads again those that are asked for.
        database: An empty one to take; a new one when not given.

    Returns:
        All tables of model.evidence.TABLES; `samples` is empty, no log has them. The caller closes the connection, and
        a database that was given after an error too.

    Raises:
        RawDataError: A file is missing, damaged or no log that is known here, or all are empty.
    """
    connection = evidence_database(are_small=_are_small(sources)) if database is None else _with_tables(database)
    try:
        with tempfile.TemporaryDirectory(prefix="badgateway-logs-") as folder, opened(sources) as logs:
            scratch = FolderScratch(Path(folder))
            reader = Reader(
                connection=connection,
                scratch=scratch,
                utc_offset_s=utc_offset_s,
                mask=mask,
                planner=Planner(formats=[source.log_format for source in logs]),
                # Beside another log, who asked is seen from all of them.
                leaves_lines=leaves_lines and len(logs) == 1,
            )
            local = [file for number, source in enumerate(logs) if (file := _taken(reader, number, source))]
            with memory_scratch(scratch) as memory:
                files = reader.finish(memory)
            note_hosts(connection, files)
            _require_lines(files, local)
    except BaseException:
        if database is None:
            connection.close()
        raise
    return LogEvidence(
        connection=connection,
        files=files,
        utc_offset_s=reader.errors_offset_s,
        notes=tuple(dict.fromkeys(reader.notes)),
        again=None if reader.left is None else reader.left.texts,
    )


def _taken(reader: Reader, number: int, source: Source) -> LocalFile | None:
    """Have a source read, a stream piece by piece; return what its kind can be seen from again."""
    if isinstance(source.content, Path):
        file = local_file(source.name, source.content, reader.scratch)
        reader.take_file(number, file)
        return file
    return _streamed(reader, number, source.name, source.content)


def _streamed(reader: Reader, number: int, name: str, stream: BinaryIO) -> LocalFile | None:
    folder, last = reader.scratch, None
    with memory_scratch(folder) as scratch:
        for last in stream_pieces(name, stream, scratch):
            # The parts of a piece go with it.
            with memory_scratch(folder) as reader.scratch:
                reader.take_piece(number, last)
            reader.compress()
    reader.scratch = folder
    if last is None:
        reader.take_nothing(number, name)
    return last


def _require_lines(files: Sequence[LogFile], local: Sequence[LocalFile]) -> None:
    if not any(file.lines for file in files):
        names = ", ".join(file.name for file in files)
        raise RawDataError(f"there is nothing to explain, no line in {names or 'no file'}: name logs with lines")
    if not any(file.kind for file in files):
        first = next(each for each in local if head(each))
        raise unknown(first.name, head(first))


def _are_small(sources: Sequence[Source]) -> bool:
    """Whether all are plain files, and few lines are in them."""
    left_bytes = _SMALL_BYTES
    for source in sources:
        if not isinstance(source.content, Path) or not source.content.is_file():
            return False
        with suppress(OSError), source.content.open("rb") as file:
            start = file.read(left_bytes + 1)
            left_bytes -= len(start)
            if left_bytes < 0 or start.startswith(_PACKED):
                return False
    return True


def evidence_database(*, are_small: bool = False) -> duckdb.DuckDBPyConnection:
    """Return a new database with the empty tables of evidence; the caller closes it.

    Args:
        are_small: Whether the logs are, so that statements may run as they are written.
    """
    connection = row_database({"threads": "1"} if are_small else None)
    if are_small:
        connection.execute("SET enable_optimizer = FALSE")
    # What is kept of a log are lines that are alike: a fifth of their size, as soon as there is a checkpoint.
    connection.execute(f"ATTACH ':memory:' AS {_DATABASE} (COMPRESS)")
    connection.execute(f"USE {_DATABASE}")
    return _with_tables(connection)


def _with_tables(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    connection.execute("SET TimeZone = 'UTC'")
    # What is behind one path in memory changes from piece to piece, and all is read once only.
    connection.execute("SET enable_external_file_cache = FALSE")
    connection.execute(STATUS_TYPE)
    for table in TABLES:
        connection.execute(table.ddl)
    return connection
