"""Parts of a run on machines of their own: namespaces that the test makes, and a line between them and this one."""

import csv
import itertools
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from badgateway.load.locust import drive
from badgateway.load.standby import standing_by
from badgateway.load.worker_line import KEY
from badgateway.load.workers import Workers
from badgateway.model.axis import USUAL
from badgateway.model.places import Line, Place, Places
from badgateway.probe.accept_queue import AcceptQueue
from badgateway.probe.listen_drops import ListenDrops
from badgateway.process import elsewhere as room
from badgateway.process.elsewhere import Elsewhere, elsewhere, faults, in_network
from badgateway.process.far_end import MOST_PACKETS
from badgateway.stack.distance import reached, relayed
from badgateway.stack.machines import machines_of
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


def demand(*lines: Line) -> None:
    missing = "; ".join(fault for line in lines for fault in faults(line))
    if missing:
        pytest.skip(missing)
    # In a container root may be without the right to make one.
    if subprocess.run(["unshare", "-n", "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine gives root no network of its own")


@contextmanager
def place_of(line: Line, folder: Path) -> Iterator[Elsewhere]:
    demand(line)
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
        assert place.watch is not None
        assert list(place.watch.lapses()) == []

    # 36 % of so many, of which none loses its SYN or the answer to it once in two hundred runs.
    assert max(took_ms) > 1000
    assert min(took_ms) < 100
    # What it was to lose is not told.
    assert place.watch.carried.dropped == 0
    assert place.watch.carried.packets > 36


def test_the_line_and_its_devices_go_with_the_block(tmp_path: Path):
    with place_of(Line(round_trip_ms=1), tmp_path) as place:
        assert place.here in addresses()
    deadline = time.monotonic() + 5
    while place.here in addresses() and time.monotonic() < deadline:
        time.sleep(0.05)

    assert place.here not in addresses()


def test_two_kits_that_would_take_the_same_names_both_have_their_places(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    demand(Line(), Line(round_trip_ms=1))
    with ExitStack() as stack:
        places = []
        for line in (Line(), Line(round_trip_ms=1)):
            monkeypatch.setattr(room, "_NUMBERS", itertools.count())
            places.append(stack.enter_context(place_of(line, tmp_path)))
        # Of a kit that was killed: what it had started there holds the network, and with it the device.
        command = ["nsenter", f"--net={places[0].network}", "--", "sh", "-c", "echo there; exec sleep 60"]
        stays = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE))
        stack.callback(stays.kill)
        assert stays.stdout is not None
        assert stays.stdout.readline()
        os.kill(places[0].end.pid, signal.SIGKILL)
        monkeypatch.setattr(room, "_NUMBERS", itertools.count())
        places.append(stack.enter_context(place_of(Line(), tmp_path)))

        for place in places[1:]:
            with socket.create_server((place.here, 0)) as listener:
                assert connects_ms(place, listener, 1)
    assert len({place.here for place in places}) == len(places)
    assert places[0].limits.somaxconn == room.somaxconn_of_new_network()


@pytest.mark.parametrize("line", [Line(), Line(round_trip_ms=1)])
def test_a_device_that_somebody_takes_down_or_deletes_at_either_end_is_told(line: Line, tmp_path: Path):
    with place_of(line, tmp_path) as place:
        watch = place.watch
        assert watch is not None
        there, device = ("nsenter", f"--net={place.network}", "--"), watch.ends[0].device
        assert list(watch.lapses()) == []
        for within in ((), there):
            for word in ("down", "up"):
                subprocess.run([*within, "ip", "link", "set", device, word], check=True)
            assert [one.how for one in watch.lapses()] == ["was taken down"]
        subprocess.run([*there, "ip", "link", "del", device], check=True)

        assert {one.how for one in watch.end()} == {"was deleted"}


def test_a_line_has_room_for_many_packets_and_counts_those_that_it_has_none_for(tmp_path: Path):
    with place_of(Line(round_trip_ms=1), tmp_path) as place, socket.socket(type=socket.SOCK_DGRAM) as sender:
        watch = place.watch
        assert watch is not None
        os.kill(place.end.pid, signal.SIGSTOP)
        for number in range(MOST_PACKETS + 500):
            sender.sendto(b"", (place.there, 9))
            if number == MOST_PACKETS - 500:
                list(watch.lapses())
                before = watch.carried
        os.kill(place.end.pid, signal.SIGCONT)
        list(watch.lapses())

    assert before.dropped == 0
    assert 400 <= watch.carried.dropped <= 600
    assert watch.carried.packets >= watch.carried.dropped


def test_limits_of_a_place_are_its_own_and_its_full_queue_is_seen_from_here(tmp_path: Path):
    own = Path("/proc/sys/net/core/somaxconn").read_text()
    told = {"somaxconn": 3, "ip_local_port_range": (40_000, 40_000)}
    with place_of(Place(**told), tmp_path) as place, ExitStack() as stack:
        listener = in_network(place.network, lambda: socket.create_server((place.there, 0), backlog=100))
        stack.enter_context(listener)
        queue = AcceptQueue("q", port := listener.getsockname()[1], network=place.network)
        stack.callback(queue.close)
        drops = ListenDrops(place.netstat)
        for _ in range(6):
            client = stack.enter_context(socket.socket())
            client.setblocking(False)  # noqa: FBT003 # the argument has no name
            client.connect_ex((place.there, port))
        assert eventually(lambda: queue.read()[0].value == 4)
        (seen,) = queue.read()
        overflows, _ = drops.read()

    assert asdict(place.limits) == told
    assert seen.limit == 3
    assert overflows.value is not None
    assert overflows.value >= 2
    assert Path("/proc/sys/net/core/somaxconn").read_text() == own


def test_machines_stand_in_a_row_and_what_the_run_started_is_reached_from_the_last(echo: int, tmp_path: Path):
    line = Line(round_trip_ms=ROUND_TRIP_MS)
    places = Places(proxy=Place(), target=Place(round_trip_ms=ROUND_TRIP_MS), database=line)
    demand(*places.lines.values())
    with (
        machines_of(places, [echo], raw=tmp_path, run=tmp_path) as machines,
        reached(replace(DATABASE, port=echo), USUAL, line, raw=tmp_path, run=tmp_path, site=machines.target) as (
            database,
            _,
            _,
        ),
    ):
        assert machines.proxy is not None
        assert machines.target is not None
        nginx, server = machines.proxy.network, machines.target.network
        with in_network(server, lambda: socket.create_server((machines.server_host, 0))) as listener:
            found = {
                "server": asked(nginx, listener.getsockname()),
                "service": asked(server, ("127.0.0.1", echo)),
                "database": asked(server, (database.host, database.port)),
            }

    assert found["server"] >= ROUND_TRIP_MS
    assert found["service"] < ROUND_TRIP_MS
    assert found["database"] >= ROUND_TRIP_MS


def asked(network: Path, address: tuple[str, int]) -> float:
    """Return how long a connection takes from there."""
    began = time.monotonic()
    in_network(network, lambda: socket.create_connection(address, timeout=5)).close()
    return (time.monotonic() - began) * 1000


def eventually(condition: Callable[[], object], within_s: float = 5.0) -> bool:
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


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


IN_A_CONTAINER = """
[places.target]
somaxconn = 7
"""
ALL_APART = """
[places]
proxy = { round_trip_ms = 20, somaxconn = 64 }
target = { round_trip_ms = 2, somaxconn = 7, ip_local_port_range = [40000, 41000] }
database = { round_trip_ms = 2 }
"""


@pytest.mark.proof
@pytest.mark.parametrize(
    ("places", "least_ms", "somaxconn"),
    [(IN_A_CONTAINER, 0, {"target": 7}), (ALL_APART, 22, {"proxy": 64, "target": 7})],
)
def test_a_whole_run_with_parts_on_machines_of_their_own(
    project: Path, places: str, least_ms: float, somaxconn: dict[str, int]
):
    demand(Place(somaxconn=7), Line(round_trip_ms=1))
    file = project / "experiments" / "small.toml"
    file.write_text(file.read_text() + places)
    refused, _ = run(project, "plan", "experiments/small.toml")
    file.write_text(file.read_text().replace("workers = 2", 'workers = 2\ntransport = "tcp"'))
    kit, _ = run(project, "run", "experiments/small.toml", "--only", "gthread", "--no-worker-checks")
    trial, report = trial_of(kit, "small-gthread")
    folder = project / "results" / "small-gthread" / "latest"
    in_force = read_report(folder)["environment"]["places"]
    with next(folder.rglob("samples.csv")).open(newline="") as rows:
        queue = {row["limit_value"] for row in csv.DictReader(rows) if row["series"] == "accept_queue"}

    assert "configurations[uwsgi].transport: 'unix' is a socket of one machine" in refused.errors
    assert trial["status"] == "PASS", (trial, kit.errors)
    assert trial["latency_ms"]["p50"] >= least_ms
    assert {key: one["somaxconn"] for key, one in in_force.items()} == somaxconn
    assert queue == {"7"}
    assert "the application server stood behind a" in report
    assert "net.core.somaxconn = 7" in report


FOR_ONE_WORKER = """
name = "queue"
question = "What does a container make of an accept queue?"

[load]
locustfile = "experiments/waiters.py"
users = [30]
warm_up_s = 1
window_s = 4

[machine]
max_steal_share = 1
max_outside_share = 1

[objective]
max_failure_share = 0.1
p95_ms = 9000

[timeouts]
proxy_connect_s = 1
app_s = 20
proxy_read_s = 25
client_s = 30

[[configurations]]
name = "one-worker"
server = "servers/gunicorn_sync.py"
driver = "pymysql"
workers = 1
transport = "tcp"

[places.target]
"""


@pytest.mark.proof
def test_a_container_with_a_small_somaxconn_fails_by_its_queue_and_one_as_a_kernel_makes_it_does_not(project: Path):
    demand(Place(somaxconn=4))
    file, causes = project / "experiments" / "queue.toml", []
    for somaxconn in ("", "somaxconn = 4\n"):
        file.write_text(FOR_ONE_WORKER + somaxconn)
        kit, _ = run(project, "run", "experiments/queue.toml", "--no-worker-checks")
        trial, _ = trial_of(kit, "queue")
        causes.append((trial["failures"]["count"] > 0, {one["id"] for one in trial["causes"]}))

    assert causes == [(False, set()), (True, {"tcp-accept-queue-full"})]


@pytest.mark.proof
def test_over_a_line_that_loses_packets_no_queue_is_called_full_that_nobody_saw(project: Path):
    demand(Place(loss=0.3))
    server = FOR_ONE_WORKER.replace("sync.py", "gthread.py").replace("workers = 1", "workers = 1\nthreads = 64")
    (project / "experiments" / "queue.toml").write_text(f"{server}loss = 0.3\n")
    kit, _ = run(project, "run", "experiments/queue.toml", "--no-worker-checks")
    trial, _ = trial_of(kit, "queue")

    assert {(one["id"], one["certainty"]) for one in trial["causes"]} == {("packets-lost-before-server", "family")}


@pytest.mark.proof
def test_an_nginx_with_few_ports_fails_by_them(project: Path):
    demand(Place(ip_local_port_range=(40_000, 40_010)))
    file = project / "experiments" / "queue.toml"
    file.write_text(f"{FOR_ONE_WORKER}[places.proxy]\nip_local_port_range = [40000, 40010]\n")
    kit, _ = run(project, "run", "experiments/queue.toml", "--no-worker-checks")
    trial, _ = trial_of(kit, "queue")

    assert trial["failures"]["count"] > 0
    assert {one["id"] for one in trial["causes"]} == {"ephemeral-ports-exhausted"}


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
