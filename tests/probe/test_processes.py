import csv
import os
import subprocess
import sys
import time
from contextlib import contextmanager

import psutil
import pytest

from badgateway.errors import DeploymentError
from badgateway.probe import processes
from badgateway.probe.processes import COLUMNS, ProcessSampler, _meter

SLEEP = "import time; time.sleep(60)"
UP = f"print('up', flush=True); {SLEEP}"
BURN = "import time\nwhile time.process_time() < 0.3: pass"
RECYCLE = f"""
import subprocess, sys, time
for _ in range(2):
    subprocess.run([sys.executable, "-c", {BURN!r}], check=True)
    print("recycled", flush=True)
time.sleep(60)
"""
PARENT = f"""
import subprocess, sys, time
children = [subprocess.Popen([sys.executable, "-c", {SLEEP!r}]) for _ in range(2)]
print("up", flush=True)
try:
    time.sleep(60)
finally:
    for child in children: child.kill()
"""


@contextmanager
def program(code, lines=0):
    """Run a piece of Python, wait until it has printed so many lines, end it with its children."""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        for _ in range(lines):
            started.stdout.readline()
        try:
            yield started
        finally:
            for child in psutil.Process(started.pid).children() if started.poll() is None else ():
                child.kill()
            started.kill()


def rows_of(path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_part_gets_rows_with_the_columns_of_the_contract(tmp_path):
    path = tmp_path / "processes.csv"
    with program(PARENT, lines=1) as server, program(SLEEP) as nginx:
        before_s = time.time()
        with ProcessSampler(path, {"server": [server.pid], "nginx": [nginx.pid]}, period_s=0.02):
            time.sleep(0.1)
        after_s = time.time()

    rows = rows_of(path)
    assert tuple(rows[0]) == COLUMNS
    assert [row["part"] for row in rows[:2]] == ["server", "nginx"]
    assert {row["pids"] for row in rows if row["part"] == "server"} == {"3"}
    assert all(before_s <= float(row["time_s"]) <= after_s for row in rows)
    assert all(int(row["rss_bytes"]) > 1_000_000 for row in rows if row["part"] == "server")


def test_a_part_of_several_programs_is_their_sum(tmp_path):
    path = tmp_path / "processes.csv"
    with (
        program(UP, lines=1) as one,
        program(UP, lines=1) as other,
        ProcessSampler(path, {"server": [one.pid, other.pid], "nginx": [other.pid]}, period_s=60),
    ):
        pass

    server, nginx, *_ = rows_of(path)
    assert (server["pids"], nginx["pids"]) == ("2", "1")
    assert int(server["rss_bytes"]) > 1.5 * int(nginx["rss_bytes"])


def test_even_the_shortest_block_has_a_first_and_a_last_row(tmp_path):
    with ProcessSampler(tmp_path / "p.csv", {"server": [os.getpid()]}, period_s=60):
        pass

    assert len(rows_of(tmp_path / "p.csv")) == 2


def test_a_part_can_be_added_later(tmp_path):
    path = tmp_path / "p.csv"
    with ProcessSampler(path, {}, period_s=0.02) as sampler:
        time.sleep(0.05)
        sampler.add("locust", os.getpid())
        time.sleep(0.05)

    assert {row["part"] for row in rows_of(path)} == {"locust"}


def test_cpu_of_recycled_workers_stays_counted(tmp_path):
    path = tmp_path / "p.csv"
    with program(RECYCLE) as server, ProcessSampler(path, {"server": [server.pid]}, period_s=0.02):
        assert server.stdout is not None
        server.stdout.readline()
        server.stdout.readline()
        time.sleep(0.05)

    used = [float(row["cpu_s"]) for row in rows_of(path)]
    assert used == sorted(used)
    assert used[-1] >= 0.55


def test_cpu_of_a_worker_nobody_waited_for_stays_counted():
    class Root:
        def __init__(self, *children) -> None:
            self.pid, self.alive = 1, list(children)

        def children(self, *, recursive):
            return [child for child in self.alive if recursive]

    used = {"root": (1.0, 10), "worker": (5.0, 10)}
    root = Root("worker")
    meter = processes._Meter(root)  # type: ignore[arg-type] # a fake
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(processes, "_use", lambda process: used["root" if process is root else process])
        assert meter.read() == (2, 6.0, 20)
        root.alive.clear()
        assert meter.read() == (1, 6.0, 10)
        used["root"] = (1.5, 10)
        assert meter.read() == (1, 6.5, 10)


def await_rows(path, part, more):
    """Wait until so many more rows of a part are there."""
    wanted = sum(row["part"] == part for row in rows_of(path)) + more if path.exists() else more
    until_s = time.monotonic() + 20
    while not path.exists() or sum(row["part"] == part for row in rows_of(path)) < wanted:
        assert time.monotonic() < until_s, f"no {more} more rows of {part} in 20 s"
        time.sleep(0.02)


def test_a_part_that_died_gets_no_more_rows_and_the_others_go_on(tmp_path):
    path = tmp_path / "p.csv"
    with program(SLEEP) as server, ProcessSampler(path, {"server": [server.pid], "kit": [os.getpid()]}, period_s=0.02):
        await_rows(path, "server", 1)
        server.kill()
        server.wait(5)
        await_rows(path, "kit", 5)

    parts = [row["part"] for row in rows_of(path)]
    assert parts.count("server") >= 1
    assert parts[-3:] == ["kit"] * 3


def test_an_unexpected_failure_of_the_thread_comes_out_at_the_end(tmp_path, monkeypatch):
    monkeypatch.setattr(processes._Meter, "read", broken)

    with pytest.raises(ZeroDivisionError), ProcessSampler(tmp_path / "p.csv", {"kit": [os.getpid()]}):
        pass


def test_the_failure_of_the_block_itself_is_not_hidden_by_it(tmp_path, monkeypatch):
    monkeypatch.setattr(processes._Meter, "read", broken)

    with pytest.raises(LookupError) as caught, ProcessSampler(tmp_path / "p.csv", {"kit": [os.getpid()]}):
        raise LookupError

    assert "the process sampler failed: ZeroDivisionError" in caught.value.__notes__[0]


def broken(meter):
    raise ZeroDivisionError


def test_a_part_that_is_not_there_is_named(tmp_path):
    with program("pass") as ended:
        ended.wait()

    with pytest.raises(DeploymentError, match=f"server: no process {ended.pid}"):
        ProcessSampler(tmp_path / "p.csv", {"server": [ended.pid]})


def test_the_whole_tree_is_counted():
    with program(RECYCLE, lines=2) as server:
        assert _meter("server", server.pid).read()[1] >= 0.55
