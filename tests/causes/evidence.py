"""Makes evidence by hand: rows of the tables that rules read, with what a test does not name left to sane defaults."""

from collections.abc import Mapping, Sequence
from typing import Any

import duckdb

from badgateway.causes import Way, diagnose
from badgateway.model.diagnosis import Diagnosis
from badgateway.model.evidence import TABLES, Phase, ServerEvent, Table
from badgateway.model.log_kind import PROXY_OF, LogKind, Proxy
from tests.in_memory import empty_database

NOON = 1_795_262_400.0
"""Where the tests' clock stands; seconds since the epoch."""

HOURS_APART_S = 10_800.0
"""From one piece of evidence to the next in a pile."""

Row = dict[str, Any]

CLOSED = "upstream prematurely closed connection while reading response header from upstream"
TIMED_OUT = "upstream timed out (110: Connection timed out) while reading response header from upstream"
CONNECT_TIMED_OUT = "upstream timed out (110: Connection timed out) while connecting to upstream"


class Evidence:
    """Rows for each table; `diagnosis` reads them as they are, or in another order."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = {table.name: [] for table in TABLES}
        self.lossy: tuple[Way, ...] = ()

    def losing(self, *ways: Way) -> "Evidence":
        """Have packets lost on these ways."""
        self.lossy = ways
        return self

    def failure(self, status: int | None = 502, *, at: float | None = 0.0, **given: Any) -> "Evidence":
        """Add a line of nginx's access log (JSON) of a request that nginx took in and that ended `at` after noon."""
        number = len(self.rows["failures"]) + 1
        row: Row = {
            "failure_id": number,
            "source": str(LogKind.NGINX_JSON),
            "proxy": str(Proxy.NGINX),
            "time_s": None if at is None else NOON + at,
            "method": "GET",
            "uri": "/members/",
            "status": status,
            "upstream_addr": "unix:/run/web.sock",
            "upstream_status": str(status),
            "upstream_tries": 1,
            "upstream_connect_s": 0.0,
            "has_upstream_times": True,
            "connection": 1000 + number,
            "file": "access.log",
            "line_number": number,
            "line": f"access line {number}",
        }
        self.rows["failures"].append(row | given)
        return self

    def combined(self, status: int = 502, *, at: float = 0.0, **given: Any) -> "Evidence":
        """Add a line of nginx's stock access log: whole seconds, and nothing about the upstream."""
        nothing: Row = dict.fromkeys(
            ("upstream_addr", "upstream_status", "upstream_tries", "upstream_connect_s", "connection")
        )
        kind = {"source": str(LogKind.NGINX_COMBINED), "proxy": None, "has_upstream_times": False}
        return self.failure(status, at=float(int(at)), **(nothing | kind | given))

    def balanced(self, status: int, *, kind: LogKind = LogKind.ALB, **given: Any) -> "Evidence":
        """Add a line of a cloud load balancer whose target gave no status."""
        return self.combined(status, **({"source": str(kind), "proxy": PROXY_OF[kind], "upstream_status": "-"} | given))

    def proxy_line(
        self,
        message: str,
        *,
        at: float = 0.0,
        phase: Phase = Phase.READING_HEADER,
        errno: int | None = None,
        of: int | None = -1,
        **given: Any,
    ) -> "Evidence":
        """Add a line of nginx's error log about the failure at index `of`; None: about nobody's."""
        number = len(self.rows["proxy_errors"]) + 1
        failures = self.rows["failures"]
        failure = failures[of] if of is not None and failures else None
        row: Row = {
            "time_s": float(int(NOON + at)),
            "proxy": str(Proxy.NGINX),
            "level": "error",
            "connection": failure["connection"] if failure else 900_000 + number,
            "message": message,
            "errno": errno,
            "phase": str(phase),
            "request": f"{failure['method']} {failure['uri']} HTTP/1.1" if failure else "GET /members/ HTTP/1.1",
            "upstream": "http://unix:/run/web.sock:/members/",
            "file": "error.log",
            "line_number": number,
            "line": f"error line {number}: {message}",
            "host": failure["host"] if failure and "host" in failure else None,
        }
        self.rows["proxy_errors"].append(row | given)
        return self

    def failed(self, message: str, *, status: int = 502, at: float = 0.0, **given: Any) -> "Evidence":
        """Add a failure with nginx's line about it; phase and errno go to the line, the rest to the failure."""
        line = {key: given.pop(key) for key in ("phase", "errno", "upstream") if key in given}
        return self.failure(status, at=at, **given).proxy_line(message, at=at, **line)

    def closed(self, *, at: float = 0.0, **given: Any) -> "Evidence":
        """Add a 502 of a request whose connection the server closed before the header."""
        return self.failed(CLOSED, at=at, **given)

    def queued(self, *, at: float = 0.0, **given: Any) -> "Evidence":
        """Add a 504 of a request that waited three seconds in an accept queue, of a TCP port unless told otherwise."""
        return self.slow(at=at, **({"upstream_addr": "127.0.0.1:8000"} | given))

    def slow(self, *, at: float = 0.0, **given: Any) -> "Evidence":
        """Add a 504 after three seconds of waiting for the header."""
        return self.failed(TIMED_OUT, status=504, at=at, errno=110, **({"duration_s": 3.0} | given))

    def cut(self, *, at: float = 0.0, **given: Any) -> "Evidence":
        """Add a 200 whose body nginx saw being cut."""
        message = "upstream prematurely closed connection while reading upstream"
        given = {"outcome": "TRUNCATED", "upstream_header_s": 0.01, "phase": Phase.READING_BODY} | given
        return self.failed(message, status=200, at=at, **given)

    def event(
        self, event: ServerEvent, *, at: float | None = 0.0, server: str = "gunicorn", **given: Any
    ) -> "Evidence":
        """Add a line of a server's log."""
        number = len(self.rows["server_events"]) + 1
        row: Row = {
            "time_s": None if at is None else float(int(NOON + at)),
            "server": server,
            "event": str(event),
            "file": "server.log",
            "line_number": number,
            "line": f"server line {number}: {event}",
        }
        self.rows["server_events"].append(row | given)
        return self

    def blocked(self, seconds: float, *, at: float = 0.0, **given: Any) -> "Evidence":
        """Add a line of the request journal: the loop stood still for so many seconds until `at`."""
        journal = {"file": "journal.csv", "instance": "server.log"}
        given = {"server": None, "time_s": NOON + at, "value": seconds} | journal | given
        return self.event(ServerEvent.LOOP_BLOCKED, **given)

    def sample(self, series: str, value: float, *, at: float = 0.0, limit: float | None = None) -> "Evidence":
        row = {"time_s": NOON + at, "series": series, "value": value, "limit_value": limit}
        self.rows["samples"].append(row)
        return self

    def volume(self, source: str, status: int, requests: int) -> "Evidence":
        row = {"source": source, "minute_s": int(NOON), "status": status, "requests": requests}
        self.rows["volume"].append(row)
        return self

    def dated(self, line_number: int, *, at: float = 0.0, file: str = "server.log") -> "Evidence":
        """Add a line of another program that has a time, in a file of lines without one."""
        row = {"source": str(LogKind.NGINX_COMBINED), "file": file, "line_number": line_number, "time_s": NOON + at}
        self.rows["dated_lines"].append(row)
        return self

    def put_behind(self, piece: "Evidence", number: int) -> None:
        """Add another piece, hours later and with files of its own; `number` is its place, from 0."""
        for table, rows in piece.rows.items():
            for row in rows:
                moved = dict(row)
                for column in ("time_s", "request_started_s", "app_started_s", "app_ended_s"):
                    if row.get(column) is not None:
                        moved[column] = row[column] + HOURS_APART_S * number
                for column in ("connection", "failure_id"):
                    if row.get(column) is not None:
                        moved[column] = row[column] + 5000 * number
                for column in ("file", "instance"):
                    if row.get(column):
                        moved[column] = f"{number}-{row[column]}"
                self.rows[table].append(moved)

    def database(self, order: Mapping[str, Sequence[int]] | None = None) -> duckdb.DuckDBPyConnection:
        """Return a connection with the tables; `order` gives the indices of a table's rows."""
        connection = empty_database()
        for table in TABLES:
            rows = self.rows[table.name]
            if order and table.name in order:
                rows = [rows[index] for index in order[table.name]]
            _fill(connection, table, rows)
        return connection

    def diagnosis(self, *, journal: bool | None = None) -> Diagnosis:
        return diagnose(self.database(), requests=100, journal=journal, lossy=self.lossy)

    def found(self, *, journal: bool | None = None) -> dict[str, int]:
        """Return how many failures each cause has."""
        return counts(self.diagnosis(journal=journal))


def counts(diagnosis: Diagnosis) -> dict[str, int]:
    return {found.cause.id: found.count for found in diagnosis.causes}


def _fill(connection: duckdb.DuckDBPyConnection, table: Table, rows: Sequence[Row]) -> None:
    connection.execute(table.ddl)
    names = [name for name, _ in table.columns]
    unknown = {name for row in rows for name in row} - set(names)
    assert not unknown, f"{table.name} has no columns {unknown}"
    if rows:
        marks = ", ".join("?" for _ in names)
        connection.executemany(
            f"INSERT INTO {table.name} VALUES ({marks})", [[row.get(name) for name in names] for row in rows]
        )
