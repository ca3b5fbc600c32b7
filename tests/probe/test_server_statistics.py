import json
import socket
import threading
from contextlib import closing
from pathlib import Path

import pytest

from badgateway.model.samples import Reading
from badgateway.probe.server_statistics import ServerStatistics, together
from badgateway.probe.watch import NotAvailableError
from badgateway.servers import uwsgi
from tests.servers.test_uwsgi import STATS


def watching(path: Path) -> ServerStatistics:
    return ServerStatistics(uwsgi.SERVER, uwsgi.STATISTICS, path)


@pytest.fixture
def stats_socket(tmp_path):
    """Answer one connection with some bytes."""
    with closing(socket.socket(socket.AF_UNIX)) as server:
        server.bind(str(tmp_path / "stats.sock"))
        server.listen()

        def answer(content: bytes) -> ServerStatistics:
            def serve() -> None:
                connection, _ = server.accept()
                with connection:
                    connection.sendall(content)

            threading.Thread(target=serve, daemon=True).start()
            return watching(tmp_path / "stats.sock")

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
        watching(tmp_path / "none.sock").read()


def test_several_servers_are_read_as_one_whose_workers_add_up_and_whose_age_is_the_oldest():
    def told(busy: float | None, oldest: float) -> tuple[Reading, ...]:
        return Reading(series="busy", value=busy, limit=8), Reading(series="oldest", value=oldest)

    assert together([told(3, 0.5), told(8, 2.0)]) == (
        Reading(series="busy", value=11, limit=16),
        Reading(series="oldest", value=2.0),
    )
    assert together([told(None, 0), told(None, 0)])[0].value is None
