"""A site that redirects or refuses the first question ends the wait at once, with the key that mends it."""

import http.server
import threading
import time
from types import SimpleNamespace
from typing import Any

import pytest

from badgateway.errors import DeploymentError
from badgateway.stack import health
from badgateway.stack.health import require_answer
from tests.declared import experiment

DEADLINE_S = 20.0
SETTLED_S = 0.1
SERVER: Any = SimpleNamespace(name="server", exit_code=lambda: None, tail=lambda _lines=15: "")


@pytest.fixture
def site(monkeypatch):
    """Return the address of a site, and what it answers next: statuses, each with where it redirects to."""
    monkeypatch.setattr(health, "SETTLED_S", SETTLED_S)
    answers: list[tuple[int, str]] = []

    class Site(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            status, location = answers[0] if len(answers) == 1 else answers.pop(0)
            self.send_response(status)
            if location:
                self.send_header("Location", location)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site) as served:
        threading.Thread(target=served.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{served.server_port}", answers
        served.shutdown()


def asked(url, **application):
    declared = experiment(application=application)
    began_s = time.monotonic()
    require_answer(url, SERVER, declared, declared.configurations[0], DEADLINE_S)
    return time.monotonic() - began_s


@pytest.mark.parametrize(
    ("status", "location", "application", "remedy"),
    [
        (400, "", {}, r'127\.0\.0\.1 with a port: .*\[application\] host = "www\.example\.org"'),
        (400, "", {"host": "a.example"}, r'for, "a\.example": name one'),
        (301, "https://a.example/", {}, r'\[application\] scheme = "https"'),
        (301, "https://a.example/", {"scheme": "https", "host": "a.example"}, r"say that it may, health = .*301"),
        (302, "/login/", {}, r'say that it may, health = \{ path = "/healthz", status = \[200, 302\] \}'),
        (404, "", {}, r"name a page that it has"),
    ],
)
def test_what_it_keeps_answering_is_told_long_before_the_deadline(site, status, location, application, remedy):
    url, answers = site
    answers.append((status, location))
    began_s = time.monotonic()
    with pytest.raises(DeploymentError, match=rf"status {status}.*{remedy}"):
        asked(url, **application)

    assert time.monotonic() - began_s < DEADLINE_S / 4


def test_one_that_is_not_up_yet_is_waited_for(site):
    url, answers = site
    answers += [(503, ""), (502, ""), (404, ""), (200, "")]

    assert asked(url) < DEADLINE_S / 4
