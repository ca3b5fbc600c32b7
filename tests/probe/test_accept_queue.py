import socket
import sys
from contextlib import ExitStack, closing, suppress

import pytest

from badgateway.probe import accept_queue as room
from badgateway.probe.accept_queue import AcceptQueue, inet_queue, messages, unix_queue
from badgateway.probe.watch import NotAvailableError

# What Linux 6.18 on x86-64 answered: a unix socket with backlog 4 and 5 waiting, then the end of the list.
UNIX_ANSWER = bytes.fromhex(
    "40000000140002000100000002020000"  # nlmsghdr: 64 bytes, SOCK_DIAG_BY_FAMILY
    "01010a0012dc16000100000000000000"  # unix_diag_msg: stream, listening
    "12000000" + b"/tmp/nlt.sock\0".hex() + "0000"  # UNIX_DIAG_NAME, padded
    "0c0004000500000004000000"  # UNIX_DIAG_RQLEN: 5 wait, 4 may
    "14000000030002000100000002020000" + "00000000"  # NLMSG_DONE
)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="sock_diag is Linux's")


def test_a_unix_sockets_answer_is_read():
    (kind, body), (last, _) = messages(UNIX_ANSWER)

    assert (kind, last) == (room.SOCK_DIAG_BY_FAMILY, room.NLMSG_DONE)
    assert unix_queue(body) == (b"/tmp/nlt.sock", (5, 4))


def test_a_tcp_sockets_answer_is_read():
    head = bytes.fromhex("020a0000") + (8123).to_bytes(2) + bytes(2 + 32 + 4 + 8)
    body = head + bytes(4) + (7).to_bytes(4, sys.byteorder) + (100).to_bytes(4, sys.byteorder) + bytes(8)

    assert inet_queue(body) == (8123, (7, 100))


def test_a_message_without_a_length_is_an_error_and_not_an_endless_loop():
    with pytest.raises(OSError, match="without a length"):
        list(messages(bytes(64)))
    with pytest.raises(OSError, match="without a length"):
        unix_queue(bytes(64))


def crowd(stack: ExitStack, family, address, count) -> None:
    for _ in range(count):
        client = stack.enter_context(closing(socket.socket(family, socket.SOCK_STREAM)))
        client.setblocking(False)  # noqa: FBT003 # the argument has no name
        with suppress(BlockingIOError):
            client.connect(address)


def test_those_who_wait_at_a_unix_socket_are_counted_up_to_one_more_than_may(tmp_path):
    path = tmp_path / "web.sock"
    with ExitStack() as stack:
        server = stack.enter_context(closing(socket.socket(socket.AF_UNIX)))
        server.bind(str(path))
        server.listen(4)
        queue = AcceptQueue("q", path)
        stack.callback(queue.close)

        assert [(reading.value, reading.limit) for reading in queue.read()] == [(0, 4)]
        crowd(stack, socket.AF_UNIX, str(path), 3)
        assert queue.read()[0].value == 3
        crowd(stack, socket.AF_UNIX, str(path), 9)
        assert queue.read()[0].value == 5


def test_those_who_wait_at_a_tcp_port_are_counted():
    with ExitStack() as stack:
        server = stack.enter_context(closing(socket.socket()))
        server.bind(("127.0.0.1", 0))
        server.listen(3)
        queue = AcceptQueue("q", server.getsockname()[1])
        stack.callback(queue.close)

        crowd(stack, socket.AF_INET, server.getsockname(), 2)
        assert [(reading.value, reading.limit) for reading in queue.read()] == [(2, 3)]


def test_of_several_sockets_the_fullest_counts(tmp_path):
    with ExitStack() as stack:
        paths = [tmp_path / "web.sock", tmp_path / "web-2.sock"]
        for path in paths:
            server = stack.enter_context(closing(socket.socket(socket.AF_UNIX)))
            server.bind(str(path))
            server.listen(4)
        queue = AcceptQueue("q", *paths)
        stack.callback(queue.close)

        crowd(stack, socket.AF_UNIX, str(paths[1]), 3)
        assert [(reading.value, reading.limit) for reading in queue.read()] == [(3, 4)]


def test_nobody_who_listens_is_no_empty_queue(tmp_path):
    with (
        closing(AcceptQueue("q", tmp_path / "none.sock")) as queue,
        pytest.raises(NotAvailableError, match="nobody listens on"),
    ):
        queue.read()


def test_a_kernel_that_does_not_answer_is_asked_anew(tmp_path):
    with closing(AcceptQueue("q", tmp_path / "none.sock")) as queue:
        queue._kernel.close()
        with pytest.raises(NotAvailableError, match="sock_diag"):
            queue.read()
        with pytest.raises(NotAvailableError, match="nobody listens on"):
            queue.read()


def test_a_refusal_of_the_kernel_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "unix_question", lambda: b"")

    with (
        closing(AcceptQueue("q", tmp_path / "none.sock")) as queue,
        pytest.raises(NotAvailableError, match="the kernel refuses the question"),
    ):
        queue.read()
