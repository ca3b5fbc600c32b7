"""What is done on this machine: set up only where the site cannot turn root's own files against it; asked at once."""

import os
import threading
from collections import Counter
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer

import pytest

from badgateway.analysis.worker_checks import judge
from badgateway.errors import ConfigurationError
from badgateway.model.worker_checks import WorkerVerdict
from badgateway.process.account import Account
from badgateway.process.ports import free_port
from badgateway.study.local import LOCAL, demand_unchangeable
from badgateway.study.run_experiment import run_experiment
from tests.study.fakes import small

ACCOUNT = Account(name="www-data", uid=54321, gid=54322)

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives its servers another account")


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.setattr("badgateway.study.local.service_account", lambda: ACCOUNT)
    monkeypatch.setattr("badgateway.study.run_experiment.service_account", lambda: ACCOUNT)
    (tmp_path / "experiments").mkdir()
    return tmp_path


@as_root
def test_root_does_not_run_a_locust_file_that_the_servers_account_can_change(project):
    place = project / "experiments"
    os.chown(place, ACCOUNT.uid, ACCOUNT.gid)

    with pytest.raises(ConfigurationError) as refusal, LOCAL.set_up(small(), project):
        pass

    assert str(refusal.value) == (
        f"{place}/load.py: account www-data, which runs the servers, can change {place}, and root would use it; "
        "run badgateway as another user, or in a copy of the project that www-data cannot change"
    )


@as_root
def test_root_does_not_write_results_where_the_servers_account_can_change_the_folder(project, told):
    (project / "shared").mkdir()
    (project / "shared").chmod(0o777)

    results = project / "shared" / "results"
    with pytest.raises(ConfigurationError, match=f"can change {project}/shared, and root"):
        run_experiment(small(), root=project, results=results, command="x", listener=told, effects=LOCAL)

    assert list((project / "shared").iterdir()) == []


@as_root
def test_an_ordinary_user_may_use_any_folder(project):
    (project / "experiments").chmod(0o777)

    demand_unchangeable(project / "experiments", None)


class Slow(BaseHTTPRequestHandler):
    """Answers after 50 ms; 503 to every second request."""

    asked = 0
    lock = threading.Lock()

    def do_GET(self) -> None:
        with self.lock:
            type(self).asked += 1
            number = self.asked
        threading.Event().wait(0.05)
        self.send_response(503 if "half" in self.path and number % 2 else 200)
        self.end_headers()

    def log_message(self, format, *args) -> None:  # noqa: A002 # the library's name
        pass


@contextmanager
def serving(kind):
    with kind(("127.0.0.1", 0), Slow) as server:
        server.request_queue_size = 50
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def test_the_time_of_requests_sent_at_once_tells_how_the_server_takes_them():
    with serving(ThreadingHTTPServer) as url:
        side_by_side = LOCAL.ask_at_once(f"{url}/?a", 4)
    with serving(HTTPServer) as url:
        one_by_one = LOCAL.ask_at_once(f"{url}/?a", 4)

    assert side_by_side.is_clean
    assert one_by_one.is_clean
    assert judge(side_by_side.wall_ms, requests=4, wait_ms=50) is WorkerVerdict.COOPERATIVE
    assert judge(one_by_one.wall_ms, requests=4, wait_ms=50) is WorkerVerdict.BLOCKING


def test_one_failed_request_is_enough_to_say_nothing_of_the_time():
    with serving(ThreadingHTTPServer) as url:
        half = LOCAL.ask_at_once(f"{url}/?half", 4)

    assert half.statuses == Counter({200: 2, 503: 2})
    assert not half.is_clean


def test_no_answer_is_status_0():
    assert LOCAL.ask_at_once(f"http://127.0.0.1:{free_port()}/?a", 2).statuses == Counter({0: 2})
