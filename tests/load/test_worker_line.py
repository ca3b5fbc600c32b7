"""The line between a run and a worker: who is let in, and what is said of who is not."""

import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from badgateway.load import worker_line
from badgateway.load.worker_line import Line, LineEndedError, introduce, let_in

Both = tuple[Line, Line]


@pytest.fixture
def both() -> Iterator[Both]:
    """Give the run's side and the worker's."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        worker = Line(socket.create_connection(listener.getsockname()))
        run = Line(listener.accept()[0])
    yield run, worker
    run.close()
    worker.close()


def at_once(first: Callable[[], object], second: Callable[[], object]) -> tuple[object, object]:
    """Return what each gave, or what it raised."""

    def tried(what: Callable[[], object]) -> object:
        try:
            return what()
        except LineEndedError as error:
            return error

    with ThreadPoolExecutor() as pool:
        futures = [pool.submit(tried, what) for what in (first, second)]
        one, other = (future.result() for future in futures)
        return one, other


def test_who_knows_the_key_is_let_in_and_the_key_is_not_on_the_line(both, monkeypatch):
    run, worker = both
    sent: list[str] = []
    send = Line.send

    def heard(line: Line, **message: object) -> None:
        sent.append(str(message))
        send(line, **message)

    monkeypatch.setattr(Line, "send", heard)
    name, nothing = at_once(lambda: let_in(run, "the key"), lambda: introduce(worker, "the key", "web-2"))

    assert (name, nothing) == ("web-2", None)
    assert "the key" not in "".join(sent)


def test_a_worker_with_another_key_is_told_so(both):
    run, worker = both
    refused, told = at_once(lambda: let_in(run, "the key"), lambda: introduce(worker, "another", "web-2"))

    assert "it has another key" in str(refused)
    assert "the run does not take this worker: it has another key" in str(told)


def test_a_worker_of_another_version_is_told_both(both, monkeypatch):
    run, worker = both
    ours = iter([{"badgateway": "0.9"}, {"badgateway": "1.0"}, {"badgateway": "1.0"}])
    monkeypatch.setattr(worker_line, "versions", lambda: next(ours))
    refused, told = at_once(lambda: let_in(run, "k"), lambda: introduce(worker, "k", "web-2"))

    assert "{'badgateway': '0.9'}, and the run {'badgateway': '1.0'}" in str(refused)
    assert "install the same on both" in str(told)


def test_a_run_that_does_not_know_the_key_is_no_run_to_work_for(both):
    run, worker = both

    def pretend() -> None:
        run.send(nonce="x")
        run.receive(5)
        run.send(proof="0" * 64)

    _, told = at_once(pretend, lambda: introduce(worker, "k", "web-2"))

    assert "does not know the key" in str(told)


def test_messages_come_whole_and_one_by_one_and_an_end_is_told(both):
    run, worker = both
    worker.send(rows="x" * 200_000)
    worker.send(ended=0)
    worker.close()

    assert run.receive(5) == {"rows": "x" * 200_000}
    assert run.receive(5) == {"ended": 0}
    with pytest.raises(LineEndedError, match="the line ended"):
        run.receive(5)


@pytest.mark.parametrize("said", [b"GET / HTTP/1.1\r\n\r\n", b"[1]\n", b"\xff\n"])
def test_what_is_no_message_ends_the_line(both, said):
    run, worker = both
    worker._socket.sendall(said)

    with pytest.raises(LineEndedError, match="no message"):
        run.receive(5)


def test_nothing_within_the_time_is_no_end(both):
    run, _ = both

    assert run.receive(0) is None


@pytest.mark.parametrize(
    "said", [b'{"proof": "\xc3\xa4", "nonce": "x"}', b'{"proof": "x", "nonce": "\\ud800"}', b"[" * 200_000]
)
def test_who_says_what_no_worker_says_is_not_let_in_and_breaks_nothing(both, said):
    run, worker = both
    refused, _ = at_once(lambda: let_in(run, "the key"), lambda: worker._socket.sendall(said + b"\n"))

    assert isinstance(refused, LineEndedError)


def test_who_hangs_up_before_the_refusal_has_no_address_any_more(both):
    run, worker = both
    worker.close()
    run._socket.close()

    assert run.peer == "somebody"


@pytest.mark.timeout(10)
def test_who_takes_nothing_is_not_waited_for_and_is_heard_no_more(both, monkeypatch):
    monkeypatch.setattr(worker_line, "SEND_S", 0.05)
    run, _frozen = both
    with pytest.raises(LineEndedError, match="timed out"):
        run.send(files="x" * (16 << 20))
    with pytest.raises(LineEndedError):
        run.receive(5)


@pytest.mark.timeout(30)
def test_who_takes_a_long_message_slowly_is_waited_for(both, monkeypatch):
    monkeypatch.setattr(worker_line, "SEND_S", 0.3)
    monkeypatch.setattr(worker_line, "PIECE_BYTES", 1 << 20)
    run, worker = both
    with ThreadPoolExecutor() as pool:
        sent = pool.submit(run.send, files="x" * (16 << 20))
        taken_bytes, began_s = 0, time.monotonic()
        while taken_bytes < 16 << 20:
            time.sleep(0.02)
            taken_bytes += len(worker._socket.recv(1 << 19))
        sent.result()
    assert time.monotonic() - began_s > 2 * worker_line.SEND_S
