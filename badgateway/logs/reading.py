"""Reads log files of any known kind into the tables of evidence."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from uuid import uuid4

import duckdb

from badgateway.errors import RawDataError
from badgateway.logs.combined import COMBINED, GUNICORN, STATUS_TYPE
from badgateway.logs.evidence import LogEvidence, LogFile
from badgateway.logs.json_lines import json_format, keys_of
from badgateway.logs.line_format import LineFormat
from badgateway.logs.load_balancer import ALB, CLASSIC_ELB
from badgateway.logs.proxy_errors import MALFORMED, add_proxy_errors, error_projection
from badgateway.logs.recognising import recognised
from badgateway.logs.request_rows import add_failures, add_volume
from badgateway.logs.scanning import malformed, request_projections, row_count, scanned
from badgateway.logs.server_events import add_server_events
from badgateway.logs.source import LocalFile, Source, head, local_file
from badgateway.logs.uwsgi_requests import uwsgi_format
from badgateway.model.evidence import TABLES, LogKind
from badgateway.model.in_memory import connect

_MEMORY_LIMIT = "1200MB"
_SERVERS = {LogKind.UWSGI: "uwsgi", LogKind.GUNICORN: "gunicorn"}
_KEYS_FROM_LINES = 100


def read_logs(sources: Sequence[Source], *, utc_offset_s: float = 0.0, mask: bool = True) -> LogEvidence:
    """Read the logs, whatever their kinds, into a new in-memory database.

    Args:
        sources: Plain or gzip files and streams, in any order.
        utc_offset_s: How far ahead of UTC the local times are that nginx's error log and uWSGI write without a zone.
        mask: Whether to replace the values in query strings, and other secrets, by '...' in all that is kept.

    Returns:
        All tables of model.evidence.TABLES; `samples` is empty, no log has them. The caller closes the connection.

    Raises:
        RawDataError: A file is missing, damaged or no log that is known here, or all are empty.
    """
    connection = _database()
    try:
        with tempfile.TemporaryDirectory(prefix="badgateway-logs-") as scratch:
            reader = _Reader(connection=connection, scratch=Path(scratch), utc_offset_s=utc_offset_s, mask=mask)
            files = tuple(reader.read(local_file(source, Path(scratch))) for source in sources)
        _require_lines(files)
    except BaseException:
        connection.close()
        raise
    return LogEvidence(connection=connection, files=files)


def _require_lines(files: Sequence[LogFile]) -> None:
    if not any(file.lines for file in files):
        names = ", ".join(file.name for file in files)
        raise RawDataError(f"there is nothing to explain, no line in {names or 'no file'}: name logs with lines")


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


class _Reader:
    def __init__(
        self, *, connection: duckdb.DuckDBPyConnection, scratch: Path, utc_offset_s: float, mask: bool
    ) -> None:
        self._connection = connection
        self._scratch = scratch
        self._utc_offset_s = utc_offset_s
        self._mask = mask

    def read(self, file: LocalFile) -> LogFile:
        lines = head(file)
        if not lines:
            return LogFile(name=file.name, kind=None, lines=0)
        kind = recognised(file.name, lines)
        if kind is LogKind.NGINX_ERROR:
            return self._read_errors(file)
        return self._read_requests(file, self._format(kind, lines))

    def _format(self, kind: LogKind, lines: Sequence[str]) -> LineFormat:
        if kind is LogKind.NGINX_JSON:
            return json_format(keys_of(lines[:_KEYS_FROM_LINES]))
        if kind is LogKind.UWSGI:
            return uwsgi_format(self._utc_offset_s)
        return {known.kind: known for known in (COMBINED, GUNICORN, ALB, CLASSIC_ELB)}[kind]

    def _read_errors(self, file: LocalFile) -> LogFile:
        projections = (error_projection(self._utc_offset_s),)
        with scanned(self._connection, file, projections, self._scratch) as table:
            found = self._found(file, LogKind.NGINX_ERROR, table, MALFORMED)
            add_proxy_errors(table, file_name=file.name, mask=self._mask)
        return found

    def _read_requests(self, file: LocalFile, line_format: LineFormat) -> LogFile:
        bad = "status IS NULL OR time_s IS NULL"
        if line_format.claims_to_be_a_request is not None:
            bad = f"({bad}) AND {line_format.claims_to_be_a_request}"
        with scanned(self._connection, file, request_projections(line_format), self._scratch) as table:
            found = self._found(file, line_format.kind, table, bad)
            add_volume(table, line_format)
            add_failures(self._connection, table, line_format, file_name=file.name, mask=self._mask)
            if line_format.kind in _SERVERS:
                self._add_events(file, line_format.kind)
        return found

    def _add_events(self, file: LocalFile, kind: LogKind) -> None:
        add_server_events(
            self._connection,
            server=_SERVERS[kind],
            file_name=file.name,
            utc_offset_s=self._utc_offset_s,
            mask=self._mask,
        )

    def _found(self, file: LocalFile, kind: LogKind, table: duckdb.DuckDBPyRelation, bad: str) -> LogFile:
        lines = row_count(table)
        count, first = malformed(table, bad, mask=self._mask)
        if 2 * count > lines:
            raise RawDataError(
                f"{file.name} began like a log of the kind {kind}, but {count} of its {lines} lines are not: "
                f"line {first[0].line_number} is {first[0].text!r}"
            )
        return LogFile(name=file.name, kind=kind, lines=lines, malformed_lines=count, first_malformed=first)
