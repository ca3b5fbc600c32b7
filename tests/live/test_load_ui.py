import json
import urllib.request

import pytest

from badgateway.load.command import Target, web_command
from badgateway.process.ports import free_port
from badgateway.process.readiness import await_ready, http_probe
from badgateway.process.running import running
from tests.load.conftest import ROOT, load_of
from tests.load.server import faulty_server

pytestmark = pytest.mark.live


def get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=5) as response:
        body: bytes = response.read()
        return body


def post(url: str, data: bytes) -> bytes:
    with urllib.request.urlopen(url, data=data, timeout=5) as response:
        body: bytes = response.read()
        return body


def test_the_web_ui_starts_the_load_and_shows_it(tmp_path):
    load, _ = load_of("visitors", users=3)
    with faulty_server() as server:
        port = free_port()
        target = Target(url=server.url, load=load, users=3, client_timeout_s=1, project_root=ROOT)
        url = f"http://127.0.0.1:{port}"
        with running(web_command(target, port=port, log=tmp_path / "ui.log")) as child:
            await_ready(child, http_probe(url), what="Locust's web UI", deadline_s=20)
            post(f"{url}/swarm", b"user_count=3&spawn_rate=3")
            await_ready(child, shown(f"{url}/stats/requests"), what="requests in the web UI", deadline_s=10)

        assert "no rows are written" in child.output()
        assert [path.name for path in tmp_path.iterdir()] == ["ui.log"]


def shown(url: str):
    def ask() -> str | None:
        stats = json.loads(get(url))
        return None if stats["user_count"] == 3 and stats["stats"][-1]["num_requests"] > 5 else "no requests yet"

    return ask
