"""Measures what reading an answer costs the generator, with three parsers in turns: httptools, geventhttpclient's, h11.

    python benchmarks/parsers.py      (needs the kit's environment)

Prints the CPU time of a small JSON answer in microseconds, and that of a body of 50 MiB in pieces of 64 KiB in
milliseconds: the least of some rounds. What the kit uses, httptools in `Reply`, is the first column.
"""

import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
import h11
from geventhttpclient.response import HTTPResponse

sys.path.insert(0, str(Path(__file__).parents[1]))

from badgateway.load.reply import Reply  # the path above comes first

ROUNDS = 5
SMALL = 2_000
PIECES = [b"x" * 65_536] * 800
HEADER = (
    b"HTTP/1.1 200 OK\r\nServer: nginx\r\nDate: Sun, 29 Nov 2026 11:00:00 GMT\r\nContent-Type: application/json\r\n"
    b"X-Frame-Options: DENY\r\nX-Content-Type-Options: nosniff\r\nContent-Length: %d\r\n\r\n"
)
Read = Callable[[bytes, list[bytes]], int]


def by_httptools(header: bytes, pieces: list[bytes]) -> int:
    """Return the length of the body, as the kit reads it."""
    reply = Reply("GET", 200, None)
    for data in (header, *pieces):
        reply.take(data, 0.0)
    assert reply.is_complete
    return reply.body_bytes


class Counted(HTTPResponse):
    """The parser of Locust's client, whose hooks are private."""

    body_bytes = 0

    def _on_body(self, buf: bytearray) -> None:
        self.body_bytes += len(bytes(buf))


def by_geventhttpclient(header: bytes, pieces: list[bytes]) -> int:
    """Return it by that parser, as the kit did before."""
    response = Counted()
    for data in (header, *pieces):
        response.feed(data)
    assert response.message_complete
    return response.body_bytes


def by_h11(header: bytes, pieces: list[bytes]) -> int:
    """Return it by a parser in Python."""
    connection = h11.Connection(our_role=h11.CLIENT)
    connection.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
    connection.send(h11.EndOfMessage())
    length = 0
    for data in (header, *pieces):
        connection.receive_data(data)
        while not isinstance(event := connection.next_event(), h11.EndOfMessage) and event is not h11.NEED_DATA:
            length += len(event.data) if isinstance(event, h11.Data) else 0
    return length


def least_s(read: Read, header: bytes, pieces: list[bytes], times: int) -> float:
    """Return the CPU time of one answer, in the round that took least."""
    took_s = []
    for _ in range(ROUNDS):
        start_s = time.process_time()
        for _ in range(times):
            assert read(header, pieces) == sum(map(len, pieces))
        took_s.append((time.process_time() - start_s) / times)
    return min(took_s)


def main() -> None:
    """Print a line for each size."""
    parsers: tuple[Read, ...] = (by_httptools, by_geventhttpclient, by_h11)
    small, large = [b"x" * 300], PIECES
    small_us = [1e6 * least_s(read, HEADER % 300, small, SMALL) for read in parsers]
    large_ms = [1e3 * least_s(read, HEADER % sum(map(len, large)), large, 1) for read in parsers]
    click.echo("a small answer, us: httptools {:.1f}, geventhttpclient {:.1f}, h11 {:.1f}".format(*small_us))
    click.echo("a body of 50 MiB, ms: httptools {:.1f}, geventhttpclient {:.1f}, h11 {:.1f}".format(*large_ms))


if __name__ == "__main__":
    main()
