"""A service of the run's own is on a port of its own, and holds nothing when a trial begins."""

import socketserver
import sys
import threading

import pytest

from badgateway.errors import DeploymentError
from badgateway.plan import services as known
from badgateway.plan.services import SERVICES, Service
from badgateway.stack.services import RunningService, empty, running_services
from tests.declared import experiment

SERVER = """
import socketserver, sys
class Answer(socketserver.StreamRequestHandler):
    def handle(self):
        while line := self.rfile.readline():
            self.wfile.write(b"+OK" if line == b"FLUSHALL\\r\\n" else b"-ERR")
socketserver.TCPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"""


@pytest.fixture
def stand_in(monkeypatch):
    """Speaks as Redis does, where that is not installed."""
    given = {
        **{name: getattr(SERVICES[0], name) for name in Service.__slots__},
        "programs": (sys.executable,),
        "arguments": ("-c", SERVER, "{port}"),
    }
    monkeypatch.setattr(known, "SERVICES", (Service(**given),))


def test_it_is_up_while_it_is_wanted_and_is_emptied(stand_in, tmp_path):
    with running_services(experiment(application={"services": ["redis"]}), tmp_path, None) as (one,):
        empty([one])

        assert one.places["redis.url"] == f"redis://127.0.0.1:{one.port}/0"
        assert one.places["redis.port"] == str(one.port)
    with pytest.raises(DeploymentError, match=r"Redis .* does not answer"):
        empty([one])


def test_none_is_started_that_nobody_asked_for(tmp_path):
    with running_services(experiment(), tmp_path, None) as found:
        assert found == []


def test_one_that_is_not_installed_is_told_with_what_installs_it(monkeypatch, tmp_path):
    monkeypatch.setattr("badgateway.stack.services.shutil.which", lambda *_, **__: None)
    asked = running_services(experiment(application={"services": ["redis"]}), tmp_path, None)

    with pytest.raises(DeploymentError, match="apt-get install redis-server"), asked:
        pass


def test_one_that_refuses_to_be_emptied_is_told():
    class Refuse(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.recv(100)
            self.request.sendall(b"-NOAUTH")

    with socketserver.TCPServer(("127.0.0.1", 0), Refuse) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        one = RunningService(service=SERVICES[0], port=server.server_address[1], pid=1)
        with pytest.raises(DeploymentError, match="NOAUTH"):
            empty([one])
        server.shutdown()
