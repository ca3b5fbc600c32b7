"""Whether a site that already runs is up."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from badgateway.errors import DeploymentError
from badgateway.model.experiment import Experiment
from badgateway.plan.experiment_file import load_experiment
from badgateway.stack import attached


@contextmanager
def site(statuses: list[int]) -> Iterator[str]:
    """Serve a site that gives these answers, one after the other."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(statuses.pop(0))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


def experiment(folder: Path, host: str) -> Experiment:
    (folder / "load.py").touch()
    path = folder / "staging.toml"
    path.write_text(f"""
name = "staging"
question = "Does it serve?"
load = {{ locustfile = "load.py", users = [1] }}
objective = {{ max_failure_share = 0.01, p95_ms = 500 }}
target = {{ url = "http://{host}", i_may_load = "{host}" }}
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
