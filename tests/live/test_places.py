"""Parts of a run on machines of their own: namespaces that the test makes, and a line between them and this one."""

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from badgateway.load.locust import drive
from badgateway.load.standby import standing_by
from badgateway.load.worker_line import KEY
from badgateway.load.workers import Workers
from badgateway.model.places import Line
from badgateway.process.elsewhere import Elsewhere, elsewhere, faults
from badgateway.stack.distance import relayed
from tests.live.faults.kit import Kit, make_project, read_report, run, trials
from tests.live.test_shared_load import driven_by, started, written_ids
from tests.load.conftest import ROOT, load_of, read_rows
from tests.load.meetings import free_meeting
from tests.stack.test_database import DATABASE
from tests.stack.test_distance import echo

__all__ = ["echo"]
pytestmark = pytest.mark.live

ROUND_TRIP_MS = 20.0
CONNECT = (
    "import socket, sys, time\n"
    "for _ in range(int(sys.argv[3])):\n"
    " began = time.monotonic()\n"
    " socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=9).close()\n"
    " print((time.monotonic() - began) * 1000)\n"
)


@contextmanager
def place_of(line: Line, folder: Path) -> Iterator[Elsewhere]:
    missing = "; ".join(faults(line))
    if missing:
        pytest.skip(missing)
    # In a container root may be without the right to make one.
    if subprocess.run(["unshare", "-n", "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine gives root no network of its own")
    with elsewhere(line, folder, folder / "place.log") as place:
        yield place


class Page(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "11")
        self.end_headers()
        self.wfile.write(b'{"page": 1}')

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *_: object) -> None:
        pass


class Site(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


@contextmanager
def site(address: str) -> Iterator[str]:
    with Site((address, 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{address}:{server.server_port}"
        server.shutdown()


def connects_ms(place: Elsewhere, listener: socket.socket, number: int) -> list[float]:
    within = ("nsenter", f"--net={place.network}", "--", sys.executable, "-c", CONNECT)
    there = (place.here, str(listener.getsockname()[1]), str(number))
    done = subprocess.run([*within, *there], check=True, capture_output=True, text=True, timeout=60)
    return [float(one) for one in done.stdout.split()]


def test_a_connection_over_a_line_takes_a_round_trip_and_over_none_nothing(tmp_path: Path):
    found = {}
    for line in (Line(), Line(round_trip_ms=ROUND_TRIP_MS)):
        with place_of(line, tmp_path) as place, socket.create_server((place.here, 0)) as listener:
            found[line.round_trip_ms] = min(connects_ms(place, listener, 5))

    assert found[0.0] < ROUND_TRIP_MS / 2
    assert ROUND_TRIP_MS <= found[ROUND_TRIP_MS] < 3 * ROUND_TRIP_MS


def test_a_lost_packet_of_a_connection_is_sent_again_after_a_second(tmp_path: Path):
    with place_of(Line(loss=0.2), tmp_path) as place, socket.create_server((place.here, 0), backlog=64) as listener:
        took_ms = connects_ms(place, listener, 12)

    # 36 % of so many, of which none loses its SYN or the answer to it once in two hundred runs.
    assert max(took_ms) > 1000
    assert min(took_ms) < 100


def test_the_line_and_its_devices_go_with_the_block(tmp_path: Path):
    with place_of(Line(round_trip_ms=1), tmp_path) as place:
        assert place.here in addresses()
    deadline = time.monotonic() + 5
    while place.here in addresses() and time.monotonic() < deadline:
        time.sleep(0.05)

    assert place.here not in addresses()


def addresses() -> str:
    return Path("/proc/net/fib_trie").read_text()


def test_locust_elsewhere_loads_this_machine_over_the_line(tmp_path: Path):
    load, trial = load_of("plain", rate_per_s=50, warm_up_s=0.5)
    (raw := tmp_path / "raw").mkdir()
    with (
        place_of(Line(round_trip_ms=ROUND_TRIP_MS), tmp_path) as place,
        site(place.here) as url,
        standing_by(ROOT, raw, place) as standby,
    ):
        drive(
            load,
            trial,
            url=url,
            project_root=ROOT,
            client_timeout_s=2,
            raw=raw,
            on_start=lambda _: None,
            on_progress=lambda _: None,
            check=place.check,
            standby=standby,
            address=place.here,
        )
    rows = read_rows(raw)

    assert len(rows) > 40
    assert {row["error"] for row in rows} == {""}
    assert min(float(row["first_byte_s"]) - float(row["start_s"]) for row in rows) >= ROUND_TRIP_MS / 1000


def test_workers_join_from_another_machine_and_send_the_whole_schedule(tmp_path: Path):
    with place_of(Line(), tmp_path) as place, site(place.here) as url:
        meeting = free_meeting(2, place.here)
        within = ("nsenter", f"--net={place.network}", "--")
        with Workers(meeting, "k") as joined, started(meeting, 2, within):
            joined.wait(30)
            driven = driven_by(joined, url, tmp_path / "raw")

    assert driven.open_loop is not None
    assert driven.open_loop.missed_arrivals == 0
    assert len({one.partition("-")[0] for one in written_ids(tmp_path / "raw")}) == 2


def test_a_database_elsewhere_is_reached_over_the_line_and_answers_from_here(echo: int, tmp_path: Path):
    with (
        place_of(Line(round_trip_ms=ROUND_TRIP_MS), tmp_path) as place,
        relayed(replace(DATABASE, port=echo), 0.0, raw=tmp_path, run=tmp_path, place=place) as (there, _),
    ):
        assert there.host == place.there
        began = time.monotonic()
        with socket.create_connection((there.host, there.port), timeout=5) as connection:
            assert connection.recv(100) == b"hello"
            took_ms = (time.monotonic() - began) * 1000

    # One round trip for the connection, and half of one more for what the server says first.
    assert took_ms >= 1.5 * ROUND_TRIP_MS


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return make_project(tmp_path / "project")


def trial_of(kit: Kit, name: str) -> tuple[dict[str, Any], str]:
    """Return the one trial of a run, and its report."""
    folder = kit.project / "results" / name / "latest"
    (trial,) = trials(read_report(folder)).values()
    return trial, (folder / "report.html").read_text()


@pytest.mark.proof
def test_a_whole_run_with_load_and_database_elsewhere_says_so_and_is_slower_by_the_way(project: Path):
    for line in (Line(), Line(round_trip_ms=1)):
        with place_of(line, project.parent):
            pass
    file = project / "experiments" / "small.toml"
    places = "\n[places]\nload = { round_trip_ms = 40 }\ndatabase = { round_trip_ms = 2 }\n"
    file.write_text(file.read_text() + places)
    kit, _ = run(project, "run", "experiments/small.toml", "--only", "gthread", "--no-worker-checks")
    trial, report = trial_of(kit, "small-gthread")

    assert trial["status"] == "PASS", (trial, kit.errors)
    assert trial["latency_ms"]["p50"] >= 40
    assert "the load came over a line of 40 ms a round trip" in report


@pytest.mark.proof
def test_a_whole_run_whose_load_comes_from_another_machine(project: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(KEY, "k")
    with place_of(Line(), project.parent) as place:
        meeting = free_meeting(1, place.here)
        options = ("--workers-expected", "1", "--bind", str(meeting), "--no-worker-checks")
        with started(meeting, 1, ("nsenter", f"--net={place.network}", "--")):
            kit, _ = run(project, "run", "experiments/small.toml", "--only", "gthread", *options)
    trial, report = trial_of(kit, "small-gthread")

    assert trial["status"] == "PASS", (trial, kit.errors)
    assert trial["latency_ms"]["p50"] > 0
    assert "the load came from 1 worker that had joined the run" in report


def test_without_root_a_place_is_refused_with_what_to_do(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    assert "run as root" in "; ".join(faults(Line()))
