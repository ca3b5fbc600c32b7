"""The command watch beside real servers: where each kind listens, what is seen of it, and what looking costs."""

import logging
import os
import re
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from badgateway.model import raw
from badgateway.probe.listeners import holder_of
from badgateway.probe.server_watch import ServerWatch, where_it_listens
from badgateway.stack.deployment import Deployment
from badgateway.stack.written import FOLDER
from tests.live.conftest import SERVER_FILES, Deploy, configuration
from tests.live.faults.kit import BADGATEWAY
from tests.live.test_probes import clients

pytestmark = pytest.mark.live

IN_EVERY_RUN = {"uwsgi-pymysql", "gunicorn-gthread-pymysql"}
KINDS = [
    pytest.param(name, marks=() if name in IN_EVERY_RUN else pytest.mark.proof)
    for name in (str(configuration(file, "pymysql")["name"]) for file in SERVER_FILES)
]
FAILED = '203.0.113.7 - - [{}] "GET /members/ HTTP/1.1" 502 150 "-" "curl"\n'
LOGGER = logging.getLogger(__name__)
SAMPLE = re.compile(r"^(badgateway_\w+)(?:\{[^}]*\})? (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watching:
    """A watch that runs."""

    process: subprocess.Popen[str]
    port: int

    def metrics(self) -> str:
        """Return what Prometheus gets."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=5) as answer:
            return str(answer.read().decode())

    def end(self) -> tuple[int, str]:
        """Return the exit status after Ctrl-C, and all that was printed."""
        self.process.send_signal(signal.SIGINT)
        printed, errors = self.process.communicate(timeout=20)
        return self.process.returncode, printed + errors


@contextmanager
def watching(*words: object) -> Iterator[Watching]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(BADGATEWAY), "watch", *map(str, words), "--openmetrics", str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        one = Watching(process=process, port=port)
        try:
            _await_answer(one)
            yield one
        finally:
            process.kill()


def _await_answer(one: Watching) -> None:
    end_s = time.monotonic() + 20
    while True:
        try:
            one.metrics()
        except OSError:
            assert one.process.poll() is None, one.process.communicate()
            assert time.monotonic() < end_s
            time.sleep(0.05)
        else:
            return


def listener_of(deployment: Deployment) -> Path | int:
    (listener,) = deployment.server_sockets
    return listener


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_server_is_found_by_its_socket_and_by_its_pid(name: str, deployed: Deploy):
    with deployed(name) as deployment:
        pid, listener = deployment.parts["server"], listener_of(deployment)
        watched = ServerWatch(pid, where_it_listens(pid))
        with clients(deployment.url, 3, "/wait/?db_ms=300"):
            time.sleep(0.1)
            seen = watched.look()
        watched.close()

        assert holder_of(listener) == pid
        assert str(listener) in [queue.listener for queue in seen.queues]
    (queue,) = [queue for queue in seen.queues if queue.listener == str(listener)]
    assert queue.waiting is not None
    assert (queue.limit or 0) >= 100
    # At the least: some have a helper beside their workers.
    assert len(seen.workers) >= 2, seen.workers
    assert seen.is_up
    assert seen.rss_bytes > 2 * (10 << 20)


def test_a_server_is_watched_for_people_and_for_prometheus_and_ctrl_c_ends_it(deployed: Deploy, raw_folder: Path):
    # A thread each, so that two requests take two workers.
    with deployed("uwsgi-pymysql", threads=1) as deployment:
        of_site = raw_folder / FOLDER
        (stats,) = deployment.statistics_sockets
        journal, log = of_site / raw.JOURNAL, of_site / raw.ACCESS_LOG
        other = raw_folder / "other.log"
        other.touch()
        told = ("--stats", stats, "--journal", journal, "--log", log, "--log", other)
        with watching(listener_of(deployment), *told, "--every", "0.2") as watch:
            with clients(deployment.url, 2, "/wait/?db_ms=1500"):
                time.sleep(1)
                busy = dict(SAMPLE.findall(watch.metrics()))
            time.sleep(0.5)
            idle = dict(SAMPLE.findall(watch.metrics()))
            other.write_text(FAILED.format(time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime())))
            status, printed = watch.end()

    assert float(busy["badgateway_busy_workers"]) == 2
    assert float(busy["badgateway_requests_in_flight"]) == 2
    assert 0.2 < float(busy["badgateway_oldest_request_seconds"]) < 2
    assert (float(idle["badgateway_busy_workers"]), float(idle["badgateway_requests_in_flight"])) == (0, 0)
    assert status == 0, printed
    assert "queue 0 of 1,024 at" in printed
    assert re.search(
        r"^watched for \d+ s: queue \d+ of 1,024, busy 2, in flight 2, oldest request", printed, re.MULTILINE
    )
    # What came last is looked at before the end.
    assert "1 failed: " in printed, printed


@pytest.mark.proof
@pytest.mark.alone
@pytest.mark.parametrize("users", [0, 4])
def test_to_look_costs_less_than_a_hundredth_of_a_core_and_60_mb(users: int, deployed: Deploy, raw_folder: Path):
    looked_s = float(os.environ.get("WATCHED_S", "15"))
    with deployed("gunicorn-gthread-pymysql") as deployment:
        of_site = raw_folder / FOLDER
        words = (listener_of(deployment), "--journal", of_site / raw.JOURNAL, "--log", of_site / raw.ACCESS_LOG)
        ended = threading.Event()
        threads = [threading.Thread(target=_ask_on, args=(deployment.url, ended)) for _ in range(users)]
        for thread in threads:
            thread.start()
        with watching(*words) as watch:
            process = psutil.Process(watch.process.pid)
            before, began_s = process.cpu_times(), time.monotonic()
            time.sleep(looked_s)
            after, passed_s = process.cpu_times(), time.monotonic() - began_s
            resident = process.memory_info().rss
            ended.set()
            for thread in threads:
                thread.join()
            status, printed = watch.end()

    used_s = after.user + after.system - before.user - before.system
    # Shown with --log-cli-level=INFO.
    LOGGER.info("%.2f %% of a core, %.0f MB, in %.0f s", 100 * used_s / passed_s, resident / 1e6, passed_s)
    assert status == 0, printed
    assert used_s / passed_s < 0.01
    assert resident < 60e6


def _ask_on(url: str, ended: threading.Event) -> None:
    while not ended.is_set():
        with urllib.request.urlopen(f"{url}/members/?page=2", timeout=20) as answer:
            answer.read()
