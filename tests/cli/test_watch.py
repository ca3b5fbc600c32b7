"""The command watch: whom it watches, what it prints, what Prometheus gets, and how it ends."""

import json
import os
import socket
import time
import urllib.error
import urllib.request
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from badgateway.cli.entry import cli
from badgateway.report.live_server.open_metrics import CONTENT_TYPE


def call(*words):
    return CliRunner().invoke(cli, ["watch", *map(str, words)], prog_name="badgateway")


@pytest.fixture
def port():
    """A port at which this very process listens."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(5)
        yield listening.getsockname()[1]


@pytest.fixture
def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@pytest.fixture
def looks(monkeypatch):
    """Let Ctrl-C come in the pause after so many looks, and call what is to happen meanwhile."""
    meanwhile: list[object] = []

    def sleep(_seconds):
        for one in meanwhile:
            assert callable(one)
            one()
        raise KeyboardInterrupt

    # Of this one module: subprocess sleeps too, where it waits for a program to end.
    monkeypatch.setattr("badgateway.cli.watch.time", SimpleNamespace(sleep=sleep, monotonic=time.monotonic))
    return meanwhile


def test_ctrl_c_ends_with_a_summary_and_status_0(port, looks):
    result = call(port)

    assert result.exit_code == 0, result.output
    first, *rest = result.stdout.splitlines()
    assert first.startswith("queue 0 of 5 at ")
    assert rest[0].startswith("watched for 0 s: queue 0")


def test_a_server_may_be_named_by_its_pid(port, looks):
    result = call("--pid", os.getpid(), "--json-lines")
    seen = json.loads(result.stdout)

    assert result.exit_code == 0
    assert str(port) in [queue["listener"] for queue in seen["queues"]]
    assert result.stderr.startswith("watched for")


def test_prometheus_gets_the_last_look_on_loopback(port, free_port, looks):
    answers = []

    def ask():
        with urllib.request.urlopen(f"http://127.0.0.1:{free_port}/metrics", timeout=5) as answer:
            answers.append((answer.headers["Content-Type"], answer.read().decode()))
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"http://127.0.0.1:{free_port}/elsewhere", timeout=5)

    looks.append(ask)
    assert call(port, "--openmetrics", free_port).exit_code == 0
    ((kind, page),) = answers
    assert kind == CONTENT_TYPE
    assert f'badgateway_accept_queue{{listener="{port}"}} 0\n' in page


def test_where_a_server_tells_its_statistics_it_takes_no_requests(port, looks, tmp_path):
    path = tmp_path / "stats.sock"
    with socket.socket(socket.AF_UNIX) as telling:
        telling.bind(str(path))
        telling.listen(1)
        result = call("--pid", os.getpid(), "--json-lines", "--stats", path)

    assert result.exit_code == 0
    assert str(path) not in [queue["listener"] for queue in json.loads(result.stdout)["queues"]]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "Name one server: by its SOCKET, by --pid or by --unit"),
        (("8000", "--pid", "1"), "Name one server"),
        (("/nowhere/web.sock",), "/nowhere/web.sock: nobody listens there"),
        (("--pid", "999999999"), "--pid 999999999: no such process"),
    ],
)
def test_whom_it_cannot_watch_is_told_with_what_helps(words, told):
    result = call(*words)

    assert result.exit_code == 2
    assert told.lower() in result.stderr.lower()


def test_a_port_that_is_taken_is_told(port):
    result = call(port, "--openmetrics", port)

    assert result.exit_code == 2
    assert f"--openmetrics {port}: " in result.stderr
