# From here on: a row for each request of an HttpUser, where there is no badgateway, which put these lines here.
# A hosted Locust that looks for names of results finds one here: filename=client.csv
"""Writes a row of each request that HttpUsers send, where there is no kit: this text stands behind a Locust file.

Each process writes client-TOKEN.csv into the folder BADGATEWAY_ROWS, or where it was started; with BADGATEWAY_ROWS=-
each row is a line of its output instead, behind the word badgateway-row. Its columns are those of client.csv.
"""

import csv
import io
import os
import re
import secrets
import sys
import time
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from requests import PreparedRequest, Response, exceptions
from requests.adapters import HTTPAdapter

_COLUMNS = (
    *("request_id", "name", "method", "intended_start_s", "start_s", "first_byte_s", "end_s", "status", "body_bytes"),
    *("expected_bytes", "error", "detail", "accepted"),
)
_MARK = "badgateway-row "
_IDS = re.compile(r"(?<![0-9A-Za-z])\d+(?![0-9A-Za-z])")
_EPOCH_S = time.time() - time.perf_counter()
_SEND = HTTPAdapter.send


class _Rows:
    """Those of one process."""

    def __init__(self) -> None:
        self._token = secrets.token_hex(4)
        self._number = 0
        where = os.environ.get("BADGATEWAY_ROWS", ".")
        self._path = None if where == "-" else Path(where) / f"client-{self._token}.csv"
        self._write(_COLUMNS)

    def next_id(self) -> str:
        self._number += 1
        return f"{self._token}-{self._number}"

    def append(self, *cells: Any) -> None:
        self._write(cells)

    def _write(self, cells: tuple[Any, ...]) -> None:
        line = io.StringIO()
        csv.writer(line, lineterminator="\n").writerow(cells)
        if self._path is None:
            sys.stdout.write(_MARK + line.getvalue())
            sys.stdout.flush()
            return
        with self._path.open("a", encoding="utf-8") as file:
            file.write(line.getvalue())


@cache
def _rows_of(_process: int) -> _Rows:
    return _Rows()


def _now_s() -> float:
    return _EPOCH_S + time.perf_counter()


def _error_of(error: BaseException) -> str:
    if not isinstance(error, Exception):
        # The load is over, and so is its user.
        return "aborted"
    # A connection that was not made is what this is, by the limit for it too.
    if isinstance(error, exceptions.ConnectTimeout):
        return "connect_error"
    if isinstance(error, exceptions.Timeout) or "timed out" in str(error):
        return "client_timeout"
    if isinstance(error, exceptions.ChunkedEncodingError):
        return "truncated"
    is_unmade = any(word in str(error) for word in ("NewConnectionError", "NameResolutionError", "SSLError"))
    return "connect_error" if is_unmade else "disconnected"


def _send(adapter: HTTPAdapter, request: PreparedRequest, *more: Any, **options: Any) -> Response:
    rows, begun_s = _rows_of(os.getpid()), _now_s()
    request_id = request.headers["X-Request-ID"] = rows.next_id()
    status, first_byte_s, size, expected, error, detail = 0, None, 0, None, "", ""
    try:
        response = _SEND(adapter, request, *more, **options)
        status, first_byte_s = response.status_code, _now_s()
        expected = response.headers.get("Content-Length")
        _ = response.content
        size = response.raw.tell()
    except BaseException as failure:
        error, detail = _error_of(failure), " ".join(str(failure).split())[:200]
        if status and error == "disconnected":
            error = "truncated"
        raise
    finally:
        path = urlsplit(request.url or "").path or "/"
        name = f"{request.method} {_IDS.sub('<id>', path)}"
        end_s, first = _now_s(), "" if first_byte_s is None else f"{first_byte_s:.6f}"
        times = (f"{begun_s:.6f}", f"{begun_s:.6f}", first, f"{end_s:.6f}")
        rows.append(request_id, name, request.method, *times, status, size, expected or "", error, detail, 0)
    return response


HTTPAdapter.send = _send  # type: ignore[assignment,method-assign] # of every session
