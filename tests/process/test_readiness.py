import http.server
import socket
import threading
import time
from dataclasses import dataclass
from itertools import count

import pytest

from badgateway.errors import DeploymentError
from badgateway.process.child import Child
from badgateway.process.ports import free_port
from badgateway.process.readiness import await_ready, connect_probe, http_probe, log_line_probe
from tests.process.conftest import MakeCommand


class FakeChild:
    name = "server"

    def __init__(self, *exit_codes, log="line one\nline two") -> None:
        self.exit_codes = list(exit_codes)
        self.log = log

    def exit_code(self):
        return self.exit_codes.pop(0) if self.exit_codes else None

    def tail(self, lines=15):
        return self.log


class FakeClock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self):
        return self.now_s

    def sleep(self, seconds):
        self.now_s += seconds


def awaited(child, answers, deadline_s=1.0) -> float:
    clock = FakeClock()
    iterator = iter(answers)
    await_ready(
        child,
        lambda: next(iterator),
        what="GET /healthz",
        deadline_s=deadline_s,
        poll_s=0.25,
        clock=clock,
        sleep=clock.sleep,
    )
    return clock.now_s


def test_returns_at_the_first_content_answer():
    assert awaited(FakeChild(), ["refused", "refused", None]) == 0.5


def test_after_the_deadline_the_message_has_everything_needed():
    with pytest.raises(DeploymentError) as caught:
        awaited(FakeChild(), ["refused"] * 9)

    assert str(caught.value) == (
        "server still runs; waited 1.0 s for GET /healthz; last answer: refused; last log lines:\nline one\nline two"
    )


def test_a_dead_child_is_found_out_before_the_deadline():
    with pytest.raises(DeploymentError, match=r"^server ended with status 3; waited 0\.2 s for GET /healthz"):
        awaited(FakeChild(None, 3), ["refused"] * 9)


def test_somebody_elses_good_answer_does_not_make_a_dead_child_ready():
    with pytest.raises(DeploymentError, match=r"server was ended by SIGKILL; .*last answer: ready"):
        awaited(FakeChild(-9), [None])


def test_an_empty_log_is_told():
    with pytest.raises(DeploymentError, match=r"its log is empty$"):
        awaited(FakeChild(1, log=""), ["refused"])


def test_a_real_child_that_dies_at_once_is_reported_with_its_last_words(python: MakeCommand):
    child = Child.start(python("import sys; sys.exit('no such option')"))
    start_s = time.monotonic()
    with pytest.raises(DeploymentError, match=r"(?s)piece ended with status 1; .*no such option"):
        await_ready(child, lambda: "not yet", what="nothing", deadline_s=30)

    assert time.monotonic() - start_s < 5
    child.stop()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answering:
    url: str
    asked: list[str]
    """The request ids, in the order in which they came."""


@pytest.fixture
def answering():
    """Serve the status that stands in the path, until the test ends."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(int(self.path.split("?")[0].strip("/")))
            self.end_headers()
            asked.append(self.headers["X-Request-ID"])
            if "body" in self.path:
                self.wfile.write(b"no database\nTraceback ...")

        def log_message(self, *_):
            pass

    asked: list[str] = []
    with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield Answering(url=f"http://127.0.0.1:{server.server_port}", asked=asked)
        server.shutdown()
        thread.join()


def test_http_is_ready_on_2xx_only(answering):
    url = answering.url

    assert http_probe(f"{url}/200?deep=1")() is None
    assert http_probe(f"{url}/204")() is None
    assert http_probe(f"{url}/302")() == f"{url}/302: status 302: empty body"
    assert http_probe(f"{url}/502?body")() == f"{url}/502?body: status 502: no database"


def test_http_is_ready_on_the_statuses_that_are_asked_for(answering):
    url = answering.url

    assert http_probe(f"{url}/502", ready=range(600))() is None
    assert http_probe(f"{url}/204", ready=(200,))() == f"{url}/204: status 204: empty body"
    refused = http_probe(f"http://127.0.0.1:{free_port()}/", ready=range(600))()
    assert refused is not None
    assert "ConnectionRefusedError" in refused


def test_each_request_of_http_has_headers_of_its_own(answering):
    numbers = count(1)
    probe = http_probe(f"{answering.url}/200", headers=lambda: {"X-Request-ID": f"own-{next(numbers)}"})

    assert (probe(), probe()) == (None, None)
    assert answering.asked == ["own-1", "own-2"]


def test_http_goes_past_every_proxy_of_the_environment(answering, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    assert http_probe(f"{answering.url}/200")() is None


def test_http_says_why_nobody_answers():
    url = f"http://127.0.0.1:{free_port()}/"
    answer = http_probe(url)()

    assert answer is not None
    assert answer.startswith(f"{url}: ConnectionRefusedError")


def test_http_takes_something_else_than_http_for_not_ready():
    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=lambda: _greet(server))
        thread.start()
        answer = http_probe(f"http://127.0.0.1:{server.getsockname()[1]}/")()
        thread.join()

    assert answer is not None
    assert "BadStatusLine" in answer


def _greet(server) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(1000)
        connection.sendall(b"MariaDB here\n")


def test_connect_tells_a_listening_port_from_a_free_one():
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert connect_probe(server.getsockname())() is None
    port = free_port()

    assert f"127.0.0.1:{port}: ConnectionRefusedError" in str(connect_probe(("127.0.0.1", port))())


def test_connect_tells_a_listening_unix_socket_from_none(tmp_path):
    path = tmp_path / "socket"
    assert "FileNotFoundError" in str(connect_probe(path)())
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
        assert "ConnectionRefusedError" in str(connect_probe(path)())
        server.listen()
        assert connect_probe(path)() is None


def test_a_log_line_of_an_earlier_start_does_not_count(tmp_path):
    log = tmp_path / "log"
    assert log_line_probe(log, "ready")() == f"{log} does not exist"
    log.write_text("ready for connections\n")

    assert log_line_probe(log, "ready")() is None
    start_bytes = log.stat().st_size
    assert log_line_probe(log, "ready", start_bytes)() == f"no 'ready' in {log}"
    with log.open("a") as more:
        more.write("ready again\n")
    assert log_line_probe(log, "ready", start_bytes)() is None
