"""A WSGI site whose paths name what goes wrong."""

import os
import signal
import time
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import parse_qs
from wsgiref.types import StartResponse, WSGIEnvironment

import pymysql

if TYPE_CHECKING:
    from pymysql.cursors import Cursor

HALF_BYTES = 256 * 1024
DRIP_HEAD_BYTES = 64 * 1024  # less would stay in nginx's buffers, and the client would see no header
DRIPS = 40


def connect() -> "pymysql.Connection[Cursor] | None":
    """Use the run's database as little as a site can: a trial of one that never connects is INVALID."""
    host, user, password, name = (os.environ[f"DB_{one}"] for one in ("HOST", "USER", "PASSWORD", "NAME"))
    try:
        return pymysql.connect(host=host, port=int(os.environ["DB_PORT"]), user=user, password=password, database=name)
    except pymysql.Error:
        # While it is only looked at, nothing is connected to.
        return None


LINK = connect()


def die() -> None:
    """End this worker as the kernel does when memory is short."""
    os.kill(os.getpid(), signal.SIGKILL)


def cut() -> Iterator[bytes]:
    """Send half of what was promised."""
    yield b"x" * HALF_BYTES
    die()


def drip() -> Iterator[bytes]:
    """Send the end so slowly that the client loses patience, but nginx, which looks at single pauses, does not."""
    yield b"x" * DRIP_HEAD_BYTES
    for _ in range(DRIPS):
        time.sleep(0.1)
        yield b"x"


def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
    """Answer, or fail as the path says."""
    path = environ["PATH_INFO"]
    if path == "/die":
        die()
    if path == "/sleep":
        time.sleep(float(parse_qs(environ["QUERY_STRING"])["s"][0]))
    status = "500 Internal Server Error" if path == "/error" else "200 OK"
    bodies: dict[str, tuple[int, Iterable[bytes]]] = {
        "/cut": (2 * HALF_BYTES, cut()),
        "/drip": (DRIP_HEAD_BYTES + DRIPS, drip()),
    }
    length, body = bodies.get(path, (3, [b"ok\n"]))
    start_response(status, [("Content-Type", "text/plain"), ("Content-Length", str(length))])
    return body
