"""Fills the table `server_events` from a scanned log of an application server, or of the kernel."""

from collections.abc import Callable, Iterator, Mapping, Sequence

import duckdb

from badgateway.logs.event_reader import Event, EventReader
from badgateway.logs.scanning import LINE_CHARS
from badgateway.logs.splitting import Part
from badgateway.model.evidence import DATED_LINES, SERVER_EVENTS, ServerEvent, Table
from badgateway.model.log_kind import LogKind
from badgateway.model.masking import masked_values
from badgateway.servers.log import ServerLog
from badgateway.servers.registry import server_names

_BATCH_LINES = 50_000

_ENDED_TWICE = f"""
DELETE FROM server_events WHERE server = '{LogKind.KERNEL}' AND event = '{ServerEvent.WORKER_CRASHED}'
    AND EXISTS (FROM server_events WHERE server IN (SELECT unnest(?)))
"""  # noqa: S608 # constants


def add_server_events(
    connection: duckdb.DuckDBPyConnection,
    rows: str,
    *,
    log: ServerLog,
    part: Part,
    written_s: Callable[[int], float | None] | None,
    utc_offset_s: float,
    mask: bool,
) -> None:
    """Read what was kept of the scanned lines of the log.

    Args:
        connection: With the table.
        rows: SQL for the scanned lines.
        log: How its lines are read.
        part: What was scanned.
        written_s: When the line of a number was written, as its prefix says; None when lines have no prefix.
        utc_offset_s: How far ahead of UTC local times without a zone are.
        mask: Whether to mask secrets.
    """
    reader = EventReader(log, utc_offset_s)
    tables = _Tables(connection, log, part, mask=mask)
    for batch in _batches(connection, rows):
        for line_number, line in batch:
            reader.feed(line_number, line, None if written_s is None else written_s(line_number))
        tables.add(*reader.settled())
    reader.close()
    tables.add(reader.events, list(dict.fromkeys(reader.dated)))


def _batches(connection: duckdb.DuckDBPyConnection, rows: str) -> Iterator[list[tuple[int, str]]]:
    """Yield what was kept of the lines, in their order, some at a time: what is between may put events into a table."""
    some = f"SELECT line_number, line FROM {rows} WHERE line IS NOT NULL AND line_number > ? LIMIT {_BATCH_LINES}"  # noqa: S608 # the caller's
    last, is_more = 0, True
    while is_more:
        batch = connection.execute(f"FROM ({some}) ORDER BY line_number", [last]).fetchall()
        yield batch
        is_more = len(batch) == _BATCH_LINES
        last = batch[-1][0] if batch else last


class _Tables:
    """Puts the events of one log into the tables of evidence."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, log: ServerLog, part: Part, *, mask: bool) -> None:
        self._connection = connection
        self._kind = log.kind
        self._server = server_names().get(log.kind, log.kind)
        self._name = part.file.name
        self._hide: Callable[[str], str] = masked_values if mask else str
        stream = f"{self._name} ({part.stream})" if part.stream else None
        self._of_part = {"instance": stream, "host": part.host or None}

    def add(self, events: list[Event], dated: list[tuple[int, float]]) -> None:
        """Add events, and lines with a time beside those that have none."""
        each = [_row(event, self._server, self._name, self._hide) | self._of_part for event in _in_order(events)]
        _insert(self._connection, SERVER_EVENTS, each)
        times = [
            {"source": self._kind, "file": self._name, "line_number": line_number, "time_s": float(int(time_s))}
            for line_number, time_s in dated
        ]
        _insert(self._connection, DATED_LINES, times)


def _in_order(events: list[Event]) -> list[Event]:
    # A traceback is known when it is over, and other lines may have come in between.
    return sorted(events, key=lambda event: event.line_number)


def _row(event: Event, server: str, file_name: str, hide: Callable[[str], str]) -> dict[str, object]:
    return {
        "time_s": event.time_s,
        "server": server,
        "event": str(event.event),
        "pid": event.pid,
        "worker": event.worker,
        "uri": None if event.uri is None else hide(event.uri),
        "request_started_s": event.request_started_s,
        "signal": event.signal,
        "value": event.value,
        "limit_value": event.limit_value,
        "file": file_name,
        "line_number": event.line_number,
        "line": hide(event.line)[:LINE_CHARS],
    }


def _insert(connection: duckdb.DuckDBPyConnection, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
    if not rows:
        return
    columns = ", ".join(f"unnest(CAST(? AS {sql_type}[])) AS {name}" for name, sql_type in table.columns)
    values = [[row[name] for row in rows] for name, _ in table.columns]
    # One list per column is a thousand times as fast here as one statement per row.
    connection.sql(f"SELECT {columns}", params=values).insert_into(table.name)


def forget_ended_twice(connection: duckdb.DuckDBPyConnection) -> None:
    """Take out what the kernel tells of ends that a server tells of too: it has other numbers for a container's."""
    connection.execute(_ENDED_TWICE, [list(server_names().values())])
