import http.server
import threading

import pytest

from badgateway.stack.health import health_probe


class Site(http.server.BaseHTTPRequestHandler):
    seen: list[tuple[str, str]] = []  # noqa: RUF012 # the handler's class is all a request of http.server shares

    def do_GET(self):
        self.seen.append((self.path, self.headers["X-Request-ID"]))
        self.send_response(200 if self.path == "/healthz?deep=1" else 500)
        self.end_headers()
        if self.path == "/broken":
            self.wfile.write(b"no database\nTraceback ...")

    def log_message(self, *arguments):
        """Say nothing."""


@pytest.fixture
def url():
    Site.seen.clear()
    with http.server.HTTPServer(("127.0.0.1", 0), Site) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_healthy_site_is_ready_and_was_asked_under_a_name_of_its_own(url):
    probe = health_probe(f"{url}/healthz?deep=1", timeout_s=5)

    assert (probe(), probe()) == (None, None)
    names = [name for _, name in Site.seen]
    assert all(name.startswith("health-") for name in names)
    assert len(set(names)) == 2


@pytest.mark.parametrize(("path", "said"), [("/broken", "no database"), ("/mute", "empty body")])
def test_an_unhealthy_site_is_quoted(url, path, said):
    assert health_probe(url + path, timeout_s=5)() == f"{url}{path}: status 500: {said}"


def test_nobody_there_is_not_ready():
    answer = health_probe("http://127.0.0.1:9/healthz", timeout_s=5)()

    assert answer is not None
    assert "ConnectionRefusedError" in answer


def test_any_answer_will_do_where_errors_are_expected(url):
    assert health_probe(f"{url}/broken", timeout_s=5, any_status=True)() is None


def test_nobody_there_is_no_answer_even_where_errors_are_expected():
    answer = health_probe("http://127.0.0.1:9/healthz", timeout_s=5, any_status=True)()

    assert answer is not None
    assert "ConnectionRefusedError" in answer
