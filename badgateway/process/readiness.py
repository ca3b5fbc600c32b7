"""Waiting for a child until a probe says it is ready; every refusal says what was awaited and what was seen."""

import http.client
import socket
import time
from collections.abc import Callable, Container, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from badgateway.errors import DeploymentError
from badgateway.process.child import describe_exit
from badgateway.process.unix_socket import connected

Probe = Callable[[], str | None]
"""Returns None when ready, else one line that says why not yet."""
SHOWN_BYTES = 200


class Watched(Protocol):
    """What is needed of a child to wait for it."""

    @property
    def name(self) -> str:
        """What messages call it."""

    def exit_code(self) -> int | None:
        """Return None while it runs."""

    def tail(self, lines: int = 15) -> str:
        """Return the last lines of its log."""


def await_ready(
    child: Watched,
    probe: Probe,
    *,
    what: str,
    deadline_s: float,
    poll_s: float = 0.02,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Return as soon as the probe is content; `what` completes 'waited for'.

    Raises:
        DeploymentError: the child ended (found out at once), or was not ready in deadline_s. The message has the time
            waited, the last answer of the probe, the exit status and the last log lines.
    """
    start = clock()
    while True:
        answer = probe()
        waited_s = clock() - start
        exit_code = child.exit_code()
        # Asked in this order, a foreign server on the same address cannot pass for a child that failed to bind.
        if exit_code is not None or (answer is not None and waited_s >= deadline_s):
            raise DeploymentError(_refusal(child, what, waited_s, answer or "ready", exit_code))
        if answer is None:
            return
        sleep(poll_s)


def _refusal(child: Watched, what: str, waited_s: float, answer: str, exit_code: int | None) -> str:
    state = "still runs" if exit_code is None else describe_exit(exit_code)
    head = f"{child.name} {state}; waited {waited_s:.1f} s for {what}; last answer: {answer}"
    tail = child.tail()
    return f"{head}; last log lines:\n{tail}" if tail else f"{head}; its log is empty"


def http_probe(
    url: str,
    *,
    timeout_s: float = 1.0,
    ready: Container[int] = range(200, 300),
    headers: Callable[[], Mapping[str, str]] = dict,
) -> Probe:
    """Ready when a GET of the http URL is answered with such a status; else it tells the body's first line.

    No proxy of the environment is used.

    Args:
        url: What is asked for.
        timeout_s: For each step of one request.
        ready: The statuses that will do.
        headers: Gives the headers of the next request.
    """
    parts = urlsplit(url)
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"

    def ask() -> str | None:
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout_s)
        try:
            connection.request("GET", target, headers=dict(headers()))
            response = connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            return f"{url}: {type(error).__name__}: {error}"
        finally:
            connection.close()
        return None if response.status in ready else f"{url}: status {response.status}: {_first_line(body)}"

    return ask


def _first_line(body: bytes) -> str:
    text = body[:SHOWN_BYTES].decode(errors="replace").strip()
    return text.splitlines()[0] if text else "empty body"


def connect_probe(address: tuple[str, int] | Path, timeout_s: float = 1.0) -> Probe:
    """Ready when the TCP address (host, port) or the unix socket accepts a connection."""
    shown = str(address) if isinstance(address, Path) else f"{address[0]}:{address[1]}"

    def ask() -> str | None:
        try:
            with _connection(address, timeout_s):
                return None
        except OSError as error:
            return f"{shown}: {type(error).__name__}: {error}"

    return ask


def _connection(address: tuple[str, int] | Path, timeout_s: float) -> AbstractContextManager[socket.socket]:
    if isinstance(address, Path):
        return connected(address, timeout_s)
    return socket.create_connection(address, timeout=timeout_s)


def log_line_probe(path: Path, text: str, start_bytes: int = 0) -> Probe:
    """Ready when a log has the text after start_bytes.

    Give `child.log_start_bytes` for a log that is appended to, or the line of an earlier start is taken for this one's.
    """

    def ask() -> str | None:
        if not path.exists():
            return f"{path} does not exist"
        with path.open("rb") as file:
            file.seek(start_bytes)
            found = text.encode() in file.read()
        return None if found else f"no {text!r} in {path}"

    return ask
