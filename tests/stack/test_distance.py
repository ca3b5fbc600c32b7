import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from badgateway.stack.distance import at_distance, relayed
from tests.stack.test_database import DATABASE

DISTANCE_MS = 30.0


@pytest.fixture
def echo() -> Iterator[int]:
    """A server that says hello, sends back what comes, and ends at a full stop."""

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.sendall(b"hello")
            while (data := connection.recv(65_536)) and data != b".":
                connection.sendall(data)

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threading.Thread(target=serve, args=(connection,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


def connected(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=5)


def test_an_answer_comes_later_by_the_distance_and_a_connection_costs_a_round_trip(echo: int, tmp_path: Path):
    with relayed(replace(DATABASE, port=echo), DISTANCE_MS, raw=tmp_path, run=tmp_path) as (there, child):
        start_s = time.perf_counter()
        with connected(there.port) as connection:
            assert connection.recv(100) == b"hello"
            assert time.perf_counter() - start_s >= 2 * DISTANCE_MS / 1000
            start_s = time.perf_counter()
            connection.sendall(b"question")
            assert connection.recv(100) == b"question"
            assert DISTANCE_MS / 1000 <= time.perf_counter() - start_s < 1
    assert child.exit_code() is not None


def test_the_end_of_one_side_reaches_the_other_after_what_was_said_before_it(echo: int, tmp_path: Path):
    with (
        relayed(replace(DATABASE, port=echo), DISTANCE_MS, raw=tmp_path, run=tmp_path) as (there, _),
        connected(there.port) as connection,
    ):
        connection.recv(100)
        connection.sendall(b"last words")
        time.sleep(0.005)
        connection.sendall(b".")
        assert connection.recv(100) == b"last words"
        assert connection.recv(100) == b""


def test_a_server_that_is_not_there_is_a_connection_that_breaks(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    with (
        relayed(replace(DATABASE, port=port), 0, raw=tmp_path, run=tmp_path) as (there, _),
        connected(there.port) as connection,
        suppress(ConnectionResetError),
    ):
        assert connection.recv(100) == b""


def test_no_distance_takes_no_relay(tmp_path: Path):
    with at_distance(DATABASE, 0, raw=tmp_path, run=tmp_path) as (there, children):
        assert (there, children) == (DATABASE, {})
