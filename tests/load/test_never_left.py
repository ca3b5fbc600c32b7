"""Requests that never left the load generator are nobody's failures: its own machine let it make no connection."""

import errno
import os

import gevent.socket
import pytest

from badgateway.load.never_left import never_left
from badgateway.load.reply import Reply
from badgateway.load.wire import Connection, WireError
from badgateway.model.raw_words import ClientError
from badgateway.model.trial import OutsidePart
from tests.ledger.raw_folder import T0_S, client_row, unanswered, write_client

NO_PORT = os.strerror(errno.EADDRNOTAVAIL)
OWN = [errno.EADDRNOTAVAIL, errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.ENETUNREACH]
OF_OTHERS = [errno.ECONNREFUSED, errno.ECONNRESET, errno.EHOSTUNREACH, errno.ETIMEDOUT]


def failing(detail: str, number: int, *, start_s: float = T0_S + 1, error: str = ClientError.CONNECT_ERROR):
    return [unanswered(f"{detail}{count}", error, detail=detail, start_s=start_s + count) for count in range(number)]


@pytest.mark.parametrize(
    ("ports", "whose"),
    [
        ((50_000, 50_002), "for places.load has 3 local ports, 50000 to 50002"),
        (None, "for the local ports of its machine were taken"),
    ],
)
def test_one_request_without_a_port_is_enough_and_whose_ports_they_are_is_said(ports, whose, tmp_path):
    write_client(tmp_path, client_row("a"), *failing(NO_PORT, 1))
    (found,) = never_left(tmp_path, ports)

    assert found.part is OutsidePart.GENERATOR
    assert found.what == f"1 request never left the load generator: {NO_PORT}, {whose}"
    assert found.at_s == T0_S + 1


def test_each_reason_is_told_once_with_how_often(tmp_path):
    write_client(tmp_path, *failing("Too many open files", 1), *failing("Cannot allocate memory", 1200))

    assert [one.what for one in never_left(tmp_path, (1, 2))] == [
        "1,200 requests never left the load generator: Cannot allocate memory",
        "1 request never left the load generator: Too many open files",
    ]


@pytest.mark.parametrize("number", OF_OTHERS)
def test_what_another_machine_answered_is_none_of_them(number, tmp_path):
    write_client(tmp_path, *failing(os.strerror(number), 9), *failing(NO_PORT, 9, error=ClientError.DISCONNECTED))

    assert never_left(tmp_path, None) == ()


def test_rows_that_are_not_there_tell_nothing(tmp_path):
    assert never_left(tmp_path, None) == ()


@pytest.mark.parametrize("number", OWN)
def test_a_row_says_what_the_kernel_said(number, tmp_path, monkeypatch):
    def refuse(*_args):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(gevent.socket.socket, "connect", refuse)
    with pytest.raises(WireError) as failed:
        Connection.to("http://127.0.0.1:9").exchange(b"", Reply("GET", 200, None))
    write_client(tmp_path, unanswered("a", failed.value.error, detail=str(failed.value)))

    assert len(never_left(tmp_path, None)) == 1
