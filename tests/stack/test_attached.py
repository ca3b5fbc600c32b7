"""Whether a site that already runs is up."""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from badgateway.errors import DeploymentError
from badgateway.model.experiment import Experiment
from badgateway.plan.experiment_file import load_experiment
from badgateway.stack import attached, health
from tests.load.certificates import make_certificate


@contextmanager
def site(statuses: list[int], certificate: tuple[Path, Path] | None = None) -> Iterator[str]:
    """Serve a site that gives these answers, one after the other; over TLS where it has a certificate."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(statuses.pop(0))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


def experiment(folder: Path, host: str, *, scheme: str = "http", more: str = "") -> Experiment:
    (folder / "load.py").touch()
    path = folder / "staging.toml"
    path.write_text(f"""
name = "staging"
question = "Does it serve?"
load = {{ locustfile = "load.py", users = [1] }}
objective = {{ max_failure_share = 0.01, p95_ms = 500 }}
target = {{ url = "{scheme}://{host}", i_may_load = "{host}"{more} }}
""")
    return load_experiment(path)


@pytest.fixture(autouse=True)
def without_pauses(monkeypatch):
    monkeypatch.setattr(attached, "_PAUSES_S", (0, 0, 0))


def test_a_site_that_fails_now_and_then_is_the_one_to_be_measured(tmp_path):
    statuses = [502, 504, 200]
    with site(statuses) as host:
        attached.require_reachable(experiment(tmp_path, host), tmp_path)

    assert statuses == []


def test_a_site_that_answers_nobody_is_not_loaded_and_the_remedy_is_said(tmp_path):
    statuses = [502, 502, 502]
    with site(statuses) as host, pytest.raises(DeploymentError, match=r"status 502.*health.*nothing was loaded"):
        attached.require_reachable(experiment(tmp_path, host), tmp_path)

    assert statuses == []


CA_FILE = ', ca_file = "site.pem"'


@pytest.mark.parametrize(
    ("name", "more", "remedy"),
    [
        ("127.0.0.1", "", r'name the one that signed it: target\.ca_file = "ca\.pem"'),
        ("staging.example.org", CA_FILE, r"write target\.url with a name that it is for"),
        ("127.0.0.1", CA_FILE, ""),
    ],
)
def test_what_is_wrong_with_a_certificate_has_the_remedy_that_helps(tmp_path, name, more, remedy):
    with site([200], make_certificate(tmp_path, name)) as host:
        asked = experiment(tmp_path, host, scheme="https", more=more)
        if not remedy:
            attached.require_reachable(asked, tmp_path)
            return
        with pytest.raises(DeploymentError, match=remedy):
            attached.require_reachable(asked, tmp_path)


def test_a_certificate_of_another_time_is_renewed():
    assert health.remedy_of_certificate(10) == "renew it, or set the clock of this machine"
