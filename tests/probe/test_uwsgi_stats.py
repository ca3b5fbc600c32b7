import json
import socket
import threading
from contextlib import closing

import pytest

from badgateway.probe.reading import NotAvailableError
from badgateway.probe.uwsgi_stats import UwsgiStats, readings


def core(started_s=0, *, in_request=0) -> dict[str, object]:
    return {"id": 0, "in_request": in_request, "vars": [], "req_info": {"request_start": started_s}}


# As uWSGI 2.0.31 writes it, without what is not read.
STATS = {
    "version": "2.0.31",
    "listen_queue": 0,
    "workers": [
        {"id": 1, "status": "busy", "cores": [core(990, in_request=1), core(997, in_request=1)]},
        {"id": 2, "status": "idle", "cores": [core(400), core()]},
        {"id": 3, "status": "cheap", "cores": [core(), core()]},
    ],
}


def told(stats, now_s=1000.0) -> dict[str, tuple[float | None, float | None]]:
    return {reading.series: (reading.value, reading.limit) for reading in readings(stats, now_s)}


def test_busy_workers_cores_in_request_and_the_oldest_request_are_told():
    assert told(STATS) == {
        "uwsgi_busy_workers": (1, 2),
        "uwsgi_cores_in_request": (2, 4),
        "uwsgi_oldest_request_s": (10.0, None),
    }


def test_an_idle_server_has_no_old_request():
    idle = {"workers": [{"id": 1, "status": "idle", "cores": [core(400)]}]}

    assert told(idle)["uwsgi_oldest_request_s"] == (0.0, None)


@pytest.fixture
def stats_socket(tmp_path):
    """Answer one connection with some bytes."""
    with closing(socket.socket(socket.AF_UNIX)) as server:
        server.bind(str(tmp_path / "stats.sock"))
        server.listen()

        def answer(content: bytes) -> UwsgiStats:
            def serve() -> None:
                connection, _ = server.accept()
                with connection:
                    connection.sendall(content)

            threading.Thread(target=serve, daemon=True).start()
            return UwsgiStats(tmp_path / "stats.sock")

        yield answer


def test_an_answer_in_many_parts_is_read_whole(stats_socket):
    content = json.dumps(STATS | {"padding": "x" * 300_000}).encode()

    assert len(stats_socket(content).read()) == 3


@pytest.mark.parametrize("content", [b"", b"<html>", b"{}", b'{"workers": [{}]}', b'{"workers": 3}', b"[]"])
def test_an_answer_that_is_no_statistics_is_not_available(content, stats_socket):
    with pytest.raises(NotAvailableError, match="uWSGI's stats at"):
        stats_socket(content).read()


def test_a_server_that_is_not_there_is_not_available(tmp_path):
    with pytest.raises(NotAvailableError, match="FileNotFoundError"):
        UwsgiStats(tmp_path / "none.sock").read()
