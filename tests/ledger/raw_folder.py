"""Writes the raw files of a made-up trial, so that a test names only what it is about."""

import csv
import itertools
import json
from pathlib import Path
from typing import Any

from badgateway.load.heartbeat import COLUMNS as GAP_COLUMNS
from badgateway.model.raw import (
    ACCESS_LOG,
    CLIENT_COLUMNS,
    CLIENT_EVENTS,
    CLIENT_ROWS,
    ERROR_LOG,
    GENERATOR_GAPS,
    JOURNAL,
    SAMPLES,
)
from badgateway.probe.sampler import COLUMNS as SAMPLE_COLUMNS

T0_S = 1_795_293_000.0


def client_row(request_id: str, /, **given: Any) -> dict[str, Any]:
    row = {
        "request_id": request_id,
        "name": "GET /members/",
        "method": "GET",
        "intended_start_s": T0_S,
        "start_s": T0_S,
        "first_byte_s": T0_S + 0.25,
        "end_s": T0_S + 0.5,
        "status": 200,
        "body_bytes": 10,
        "expected_bytes": "",
        "error": "",
        "detail": "",
        "accepted": 0,
    }
    row.update(given)
    # As in a closed loop, unless the test says when it was due.
    row["intended_start_s"] = given.get("intended_start_s", row["start_s"] or T0_S)
    return row


def unanswered(request_id: str, error: str, **given: Any) -> dict[str, Any]:
    return client_row(request_id, **{"first_byte_s": "", "status": 0, "body_bytes": 0, "error": error, **given})


def proxy_line(request_id: str, /, **given: Any) -> dict[str, Any]:
    line = {
        "time_s": T0_S + 0.5,
        "request_id": request_id,
        "connection": 1,
        "connection_requests": 1,
        "method": "GET",
        "uri": "/members/",
        "status": 200,
        "body_bytes": 10,
        "request_time_s": 0.5,
        "upstream_addr": "unix:/run/app.sock",
        "upstream_status": "200",
        "upstream_connect_time_s": "0.001",
        "upstream_header_time_s": "0.240",
        "upstream_response_time_s": "0.490",
        "upstream_bytes_received": "120",
        "upstream_content_length": "10",
    }
    line.update(given)
    return line


def write_client(folder: Path, *rows: dict[str, Any]) -> Path:
    path = folder / CLIENT_ROWS
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, CLIENT_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def write_proxy(folder: Path, *lines: dict[str, Any]) -> Path:
    path = folder / ACCESS_LOG
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    (folder / ERROR_LOG).touch()
    return path


def journal_line(kind: str, request_id: str = "", /, **given: Any) -> str:
    fields: dict[str, Any] = {
        "kind": kind,
        "time_s": T0_S + (0.45 if kind == "end" else 0.05),
        "pid": 100,
        "thread": 7,
        "number": 1,
        "request_id": request_id,
        "status": 200 if kind == "end" else "",
        "body_bytes": 10 if kind == "end" else "",
        "duration_s": 0.4 if kind == "end" else "",
        "detail": "",
    }
    fields.update(given)
    return ",".join(map(str, fields.values())) + "\n"


def write_journal(folder: Path, *lines: str) -> Path:
    path = folder / JOURNAL
    path.write_text("".join(lines))
    return path


def error_line(text: str, target: str = "GET /members/", /, **given: Any) -> str:
    """Return a line of nginx's error log about a request, at the time of proxy_line's."""
    values = {"time": "2026/11/21 20:30:00", "level": "error", "connection": 1, **given}
    context = f'client: 127.0.0.1, server: _, request: "{target} HTTP/1.1", upstream: "http://unix:/run/app.sock:/"'
    return f'{values["time"]} [{values["level"]}] 9#9: *{values["connection"]} {text}, {context}, host: "x"\n'


def write_errors(folder: Path, *lines: str) -> Path:
    path = folder / ERROR_LOG
    path.write_text("".join(lines))
    return path


def write_both(folder: Path, *rows: dict[str, Any]) -> None:
    """Write the client's rows and, for each that was answered, the proxy's line of the same status."""
    write_client(folder, *rows)
    answered = [row for row in rows if row["status"]]
    write_proxy(folder, *(proxy_line(row["request_id"], status=row["status"]) for row in answered))


def complete(folder: Path) -> None:
    """Add what every trial has besides the books of client and proxy, where it is not there: nothing befell it."""
    answered = itertools.count(1)
    lines = []
    for line in map(json.loads, (folder / ACCESS_LOG).read_text().splitlines()):
        if line["upstream_status"][-3:-2] in {"2", "3"} and not line["request_id"].startswith("health-"):
            given = {"number": next(answered), "time_s": line["time_s"]}
            lines += [journal_line(kind, line["request_id"], **given) for kind in ("start", "end")]
    made = {
        JOURNAL: "".join(lines),
        CLIENT_EVENTS: "{}",
        GENERATOR_GAPS: ",".join(GAP_COLUMNS) + "\n",
        SAMPLES: ",".join(SAMPLE_COLUMNS) + "\n",
    }
    for name, text in made.items():
        if not (folder / name).exists():
            (folder / name).write_text(text)
