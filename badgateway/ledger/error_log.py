"""Reads nginx's error log line by line, and finds the line that tells of a failed request."""

import calendar
import functools
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np

from badgateway.errors import RawDataError
from badgateway.model import error_log

TABLE = "error_lines"

_HEAD = re.compile(error_log.HEAD)
_CONTEXT = re.compile(error_log.CONTEXT, re.DOTALL)
_REQUEST = re.compile(error_log.REQUEST)
_CUT_REQUEST = re.compile(error_log.CUT_REQUEST)
_UPSTREAM = re.compile(error_log.UPSTREAM)


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorLine:
    """One line of the log."""

    number: int
    line: str
    time_s: float
    """Whole seconds, rounded down."""
    level: str
    connection: int | None
    message: str
    """Without what nginx appends about the request."""
    request: str
    """As the client wrote it, such as 'GET /members/ HTTP/1.1'; empty when the line is not about one.

    nginx cuts its lines at 2,048 bytes: of a long one, this is its beginning.
    """
    upstream: str


def read_lines(path: Path) -> Iterator[ErrorLine]:
    """Read the log; nginx wrote it with TZ=UTC.

    Raises:
        RawDataError: The file is missing or has a line that nginx does not write.
    """
    if not path.is_file():
        raise RawDataError(f"{path} is missing: nginx did not start or its folder is gone; run the trial again")
    # A client may put any byte into the request line that nginx quotes here.
    with path.open(encoding="utf-8", errors="backslashreplace", newline="\n") as file:
        for number, line in enumerate(file, start=1):
            head = _HEAD.match(line)
            if head is None:
                raise RawDataError(f"{path}: line {number} is not a line of nginx's error log: {line.rstrip()[:120]}")
            yield _parsed(number, line.rstrip(), head)


def _parsed(number: int, line: str, head: re.Match[str]) -> ErrorLine:
    time_text, level, connection = head.groups()
    request, upstream = _REQUEST.search(line) or _CUT_REQUEST.search(line), _UPSTREAM.search(line)
    return ErrorLine(
        number=number,
        line=line,
        time_s=_epoch_s(time_text),
        level=level,
        connection=int(connection) if connection else None,
        message=_CONTEXT.sub("", line[head.end() :]).rstrip(),
        request=request[1] if request else "",
        upstream=upstream[1] if upstream else "",
    )


@functools.lru_cache(maxsize=1024)
def _epoch_s(text: str) -> float:
    return float(calendar.timegm(time.strptime(text, error_log.TIME_FORMAT)))


def load_errors(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Load the lines into the connection's table `error_lines`, but for what level info tells of idle connections.

    Raises:
        RawDataError: The file is missing or has a line that nginx does not write.
    """
    lines = [line for line in read_lines(path) if line.request or line.level not in {"debug", "info"}]
    columns = {
        "line_number": np.array([line.number for line in lines], dtype=np.int64),
        "time_s": np.array([line.time_s for line in lines], dtype=np.float64),
        "connection": np.array([line.connection or 0 for line in lines], dtype=np.int64),
        **{
            name: np.array([getattr(line, name) for line in lines], dtype=object)
            for name in ("line", "level", "message", "request", "upstream")
        },
    }
    connection.register("error_columns", columns)
    # nginx counts connections from 1.
    replaced = "SELECT * REPLACE (nullif(connection, 0) AS connection) FROM error_columns"
    connection.execute(f"CREATE TABLE {TABLE} AS {replaced}")
    connection.unregister("error_columns")
