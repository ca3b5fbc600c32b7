"""Writes the raw files of a made-up trial, so that a test names only what it is about."""

import csv
import json
from pathlib import Path
from typing import Any

from badgateway.model.raw import ACCESS_LOG, CLIENT_COLUMNS, CLIENT_ROWS, ERROR_LOG

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
    }
    row.update(given)
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


def write_both(folder: Path, *rows: dict[str, Any]) -> None:
    """Write the client's rows and, for each that was answered, the proxy's line of the same status."""
    write_client(folder, *rows)
    answered = [row for row in rows if row["status"]]
    write_proxy(folder, *(proxy_line(row["request_id"], status=row["status"]) for row in answered))
