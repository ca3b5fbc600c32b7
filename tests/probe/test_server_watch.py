"""A server of three processes, seen from outside: its queue, its workers, one that dies, and its end."""

import socket
import subprocess
import sys
import time

import psutil
import pytest

from badgateway.probe.server_watch import ServerWatch, where_it_listens
from badgateway.process.container import GroupFiles, Size

SERVER = """
import os, socket, sys, time
listening = socket.socket(socket.AF_UNIX)
listening.bind(sys.argv[1])
listening.listen(3)
for _ in range(2):
    if not os.fork():
        time.sleep(60)
        os._exit(0)
print("ready", flush=True)
while True:
    try:
        os.wait()
    except ChildProcessError:
        time.sleep(60)
"""


def gone_file(*_given, **_named):
    raise FileNotFoundError


@pytest.fixture
def path(tmp_path):
    return tmp_path / "web.sock"


@pytest.fixture
def server(path):
    with subprocess.Popen([sys.executable, "-c", SERVER, str(path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        for child in psutil.Process(process.pid).children() if process.poll() is None else ():
            child.kill()
        process.kill()


@pytest.fixture
def watch(server, path):
    watched = ServerWatch(server.pid, [path])
    yield watched
    watched.close()


def test_queue_and_workers_are_seen_and_nothing_that_there_is_not(watch, path):
    with socket.socket(socket.AF_UNIX) as one, socket.socket(socket.AF_UNIX) as two:
        one.connect(str(path))
        two.connect(str(path))
        seen = watch.look()

    (queue,) = seen.queues
    assert (queue.listener, queue.waiting, queue.limit) == (str(path), 2, 3)
    assert seen.is_up
    assert len(seen.workers) == 2
    assert all(one.rss_bytes > 0 and one.cpu_share is None for one in seen.workers)
    assert (seen.busy, seen.oldest_s, seen.requests) == (None, None, None)
    assert all(one.cpu_share is not None for one in watch.look().workers)


def test_the_container_of_a_server_is_seen_by_what_is_limited_there(server, path, tmp_path, monkeypatch):
    (tmp_path / "cpu.stat").write_text("nr_periods 5\nnr_throttled 1\nthrottled_usec 0\n")
    files = GroupFiles(version=2, folders={"cpu": tmp_path}, size=Size(cpu=0.5))
    monkeypatch.setattr("badgateway.probe.server_watch.container_of", lambda _pid: files)
    watched = ServerWatch(server.pid, [path])
    (tmp_path / "cpu.stat").write_text("nr_periods 25\nnr_throttled 11\nthrottled_usec 500000\n")
    seen = watched.look().container
    (tmp_path / "cpu.stat").unlink()
    gone = watched.look()
    watched.close()

    assert seen is not None
    assert (seen.periods, seen.throttled, seen.throttled_s, seen.memory_bytes, seen.kills) == (20, 10, 0.5, None, None)
    assert gone.container is not None
    assert gone.container.throttled is None
    assert any("No such file" in note for note in gone.notes)


def test_a_worker_that_dies_is_counted(watch, server):
    first = watch.look()
    psutil.Process(first.workers[0].pid).kill()
    end_s = time.monotonic() + 5
    # The server has to wait for it first: until then it is a zombie.
    while not (seen := watch.look()).ended and time.monotonic() < end_s:
        time.sleep(0.02)

    assert (len(seen.workers), seen.ended) == (1, 1)


def test_that_the_server_is_gone_is_told(watch, server):
    workers = [psutil.Process(one.pid) for one in watch.look().workers]
    server.kill()
    server.wait()
    for worker in workers:
        worker.kill()
    seen = watch.look()

    assert not seen.is_up
    assert seen.workers == ()


@pytest.mark.parametrize("asked", ["status", "cpu_times", "children"])
def test_a_server_that_goes_while_it_is_looked_at_is_gone(watch, monkeypatch, asked):
    def gone(process, *_given):
        raise psutil.NoSuchProcess(process.pid)

    monkeypatch.setattr(psutil.Process, asked, gone)
    monkeypatch.setattr("badgateway.probe.process_cpu.Path.read_text", gone_file)
    seen = watch.look()

    assert (seen.is_up, seen.workers) == (False, ())


def test_where_a_server_listens_is_found_by_its_pid(server, path):
    assert where_it_listens(server.pid) == (path,)


def test_what_cannot_be_seen_has_no_value_and_a_note(server, tmp_path):
    watched = ServerWatch(server.pid, [tmp_path / "other.sock"])
    seen = watched.look()
    watched.close()

    assert seen.queues[0].waiting is None
    assert any("nobody listens on" in note for note in seen.notes)
