"""What uWSGI tells of its workers through its stats socket."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from badgateway.probe.reading import NotAvailableError, Reading
from badgateway.process.unix_socket import connected

BUSY_WORKERS = "uwsgi_busy_workers"
CORES_IN_REQUEST = "uwsgi_cores_in_request"
OLDEST_REQUEST = "uwsgi_oldest_request_s"
DEADLINE_S = 0.5
RECEIVE_BYTES = 65_536


class UwsgiStats:
    """Workers and cores (requests at a time) that are busy, and how long the oldest request has been running.

    uWSGI keeps the whole second a request started in, so the age is up to 1 s too long. Its listen_queue is not among
    the series: for a unix socket uWSGI always says 0.
    """

    series = (BUSY_WORKERS, CORES_IN_REQUEST, OLDEST_REQUEST)

    def __init__(self, path: Path) -> None:
        """Watch the server whose stats socket is, or will be, at path."""
        self._path = path

    def read(self) -> tuple[Reading, ...]:
        """Ask once; uWSGI closes the connection after each answer.

        Raises:
            NotAvailableError: no answer, or one that is no statistics.
        """
        try:
            answer = _everything(self._path)
            return readings(json.loads(answer), time.time())
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise NotAvailableError(f"uWSGI's stats at {self._path}: {type(error).__name__}: {error}") from error

    def close(self) -> None:
        """Do nothing: nothing is held open."""


def _everything(path: Path) -> bytes:
    deadline_s = time.monotonic() + DEADLINE_S
    parts = bytearray()
    with connected(path, DEADLINE_S) as connection:
        while part := connection.recv(RECEIVE_BYTES):
            parts += part
            if time.monotonic() > deadline_s:
                raise TimeoutError(f"not through after {DEADLINE_S:g} s")
    return bytes(parts)


def readings(stats: Mapping[str, Any], now_s: float) -> tuple[Reading, ...]:
    """Return the readings of parsed statistics; workers that are not running (cheap) do not count as capacity."""
    workers = [worker for worker in stats["workers"] if worker["status"] != "cheap"]
    cores = [core for worker in workers for core in worker["cores"]]
    running = [core for core in cores if core["in_request"]]
    starts_s = [core["req_info"]["request_start"] for core in running]
    # No request is an age of 0, not a missing one: the server did answer.
    oldest_s = max((now_s - start_s for start_s in starts_s if start_s), default=0.0)
    return (
        Reading(series=BUSY_WORKERS, value=sum(worker["status"] == "busy" for worker in workers), limit=len(workers)),
        Reading(series=CORES_IN_REQUEST, value=len(running), limit=len(cores)),
        Reading(series=OLDEST_REQUEST, value=max(0.0, oldest_s)),
    )
