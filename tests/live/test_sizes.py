"""Containers of a size, for real: what the kernel does to a server in a control group, and who is blamed for it."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from badgateway.ledger.container import container_use
from badgateway.ledger.series import load_samples
from badgateway.model import raw as raw_files
from badgateway.model.axis import PROXY_SIZE_CPU, PROXY_SIZE_MEMORY, SIZE_CPU, SIZE_MEMORY, USUAL, moved
from badgateway.process.control_groups import way
from tests.in_memory import empty_database
from tests.live.causes.stand import ALWAYS, Stands

pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(way() is None, reason="no control group can be made here: it takes root, or a user's systemd"),
]
IN_200_MIB = moved(SIZE_MEMORY, USUAL, 200)
# So little that a server gets it on a busy machine too: who is not given what a quota allows is not throttled by it.
WITH_LITTLE_CPU = moved(SIZE_CPU, USUAL, 0.2)
NGINX_ALONE = moved(PROXY_SIZE_MEMORY, moved(PROXY_SIZE_CPU, USUAL, 0.2), 64)
WANT_MEMORY = "bytearray(b'x') * (300 << 20)"
WANT_CPU = "import time\nend = time.process_time() + 1\nwhile time.process_time() < end: pass"


@pytest.fixture
def stands(school_database, raw_folder):
    return Stands(school=school_database, raw=raw_folder)


@pytest.mark.parametrize(
    "server",
    [
        "gunicorn_gthread.py",
        pytest.param("uwsgi.ini", marks=pytest.mark.proof),
        pytest.param("gunicorn_gevent.py", marks=pytest.mark.proof),
        pytest.param("granian.env", marks=pytest.mark.proof),
    ],
)
def test_the_kernel_kills_for_the_memory_limit_all_that_the_worker_had_and_a_kill_by_hand_is_no_such(server, stands):
    with stands.stand(server, workers=1, threads=4, at=IN_200_MIB) as stand:
        stand.client.ask("/ok", 3)
        stand.client.start("/sleep?s=1.2", 0 if server == "uwsgi.ini" else 2)
        time.sleep(0.2)
        stand.client.ask("/grow")
        # uWSGI writes no time beside a death: it is that of the requests before and after it.
        stand.client.settle(1.2)
        stand.client.ask("/ok", 3)
        # Granian ends when a worker dies soon after another.
        time.sleep(6.5 if server == "granian.env" else 2.5)
        stand.client.ask("/kill")
        time.sleep(1.2)
        stand.client.ask("/ok", 3)
    found = stand.found()
    by_hand = "worker-lost" if server == "granian.env" else "worker-killed"
    beside = {} if server == "uwsgi.ini" else {("/sleep", "container-memory-limit"): 2}
    assert found == {("/grow", "container-memory-limit"): 1, ("/kill", by_hand): 1, **beside}
    shown = stand.evidence()["container-memory-limit"]
    assert any("oom_kill rose" in line for line in shown)


@pytest.mark.proof
@pytest.mark.parametrize("server", ["uwsgi.ini", "gunicorn_sync.py"])
def test_a_worker_that_its_server_kills_in_a_full_container_is_the_servers(server, stands):
    # Memory that runs out takes its time on a busy machine, and the limit of a request must not end it before.
    with stands.stand(server, workers=2, limits_s=(3, 12), at=IN_200_MIB) as stand:
        stand.client.ask("/ok", 3)
        stand.client.ask("/block_in_c?s=8")
        stand.client.settle(1.2)
        stand.client.ask("/ok", 3)
        time.sleep(2.5)
        stand.client.ask("/grow")
        stand.client.settle(1.2)
        stand.client.ask("/ok", 3)
    found = stand.found()
    own = {"uwsgi.ini": "harakiri", "gunicorn_sync.py": "gunicorn-timeout-blocked-in-c"}[server]
    assert found == {("/block_in_c", own): 1, ("/grow", "container-memory-limit"): 1}


@pytest.mark.proof
def test_requests_that_wait_for_a_quota_are_told_from_those_that_wait_for_a_worker(stands):
    with stands.stand("gunicorn_sync.py", workers=1, limits_s=(3, 4), at=WITH_LITTLE_CPU) as stand:
        stand.client.ask("/ok", 3)
        stand.client.ask("/burn?s=0.2", 8)
        # The server works on for those that have gone.
        stand.client.settle(7)
        stand.client.ask("/sleep?s=0.9", 10)
        stand.client.settle(0.5)
    found = stand.found()
    throttled = {path for path, cause in found if cause == "cpu-quota-throttled"}
    assert throttled == {"/burn"}
    assert found["/burn", "cpu-quota-throttled"] == stand.answers("/burn")[504] >= 3
    assert stand.answers("/sleep")[504] >= 3
    assert any("nr_throttled rose by" in line for line in stand.evidence()["cpu-quota-throttled"])


@pytest.mark.proof
def test_of_a_hundred_failures_for_memory_and_a_hundred_by_hand_each_has_its_own_cause(stands):
    rounds, beside = 10, 10
    with stands.stand("gunicorn_gthread.py", workers=1, threads=12, at=IN_200_MIB) as stand:
        for path in ("/grow", "/kill") * rounds:
            stand.client.ask("/ok", 3)
            stand.client.start("/sleep?s=2", beside)
            time.sleep(0.3)
            stand.client.ask(path)
            # Where nobody may read the kernel's log, only seconds tell the two apart.
            stand.client.settle(2.5)
    found = stand.found()

    planted = rounds * (beside + 1)
    for path, cause in (("/grow", "container-memory-limit"), ("/kill", "worker-killed")):
        assert found[path, cause] + found["/sleep", cause] >= 0.99 * planted, found
        assert {told for asked, told in found if asked == path} == {cause}
    assert sum(found.values()) == 2 * planted


@pytest.mark.proof
def test_of_a_hundred_requests_that_a_quota_kept_waiting_each_is_told(stands):
    with stands.stand("gunicorn_gthread.py", workers=1, threads=32, limits_s=(8, 9), at=WITH_LITTLE_CPU) as stand:
        stand.client.ask("/ok", 3)
        for _ in range(5):
            # Together they take 17 s, side by side.
            stand.client.start("/burn?s=0.12", 28)
            # Nobody waits any more for what the server still does.
            stand.client.settle(5)
    found = stand.found()

    late = stand.answers("/burn")[504]
    assert late >= 100
    assert found["/burn", "cpu-quota-throttled"] >= 0.99 * late, found


def in_group(folder: Path, program: str) -> int:
    """Run a program of Python in a control group, and return how it ended."""
    entered = f"open({str(folder / 'cgroup.procs')!r}, 'w').write('0')\n{program}"
    return subprocess.run([sys.executable, "-c", entered], check=False).returncode


@pytest.mark.proof
def test_what_befalls_the_container_of_nginx_is_told_of_nginx_and_never_of_the_server(stands):
    with stands.stand("gunicorn_gthread.py", workers=1, threads=4, limits_s=(3, 4), at=NGINX_ALONE) as stand:
        (nginx,) = stand.deployment.proxy_containers
        assert stand.deployment.containers == ()
        for folder in nginx.folders.values():
            inside = {int(pid) for pid in (folder / "cgroup.procs").read_text().split()}
            master = stand.deployment.parts["nginx"]
            assert inside == {master, *(worker.pid for worker in psutil.Process(master).children())}
        stand.client.ask("/ok", 3)
        # The kernel kills in nginx's container, and in that second somebody kills a worker of the server.
        assert in_group(nginx.folders["memory"], WANT_MEMORY) == -signal.SIGKILL
        stand.client.ask("/kill")
        time.sleep(1.2)
        stand.client.ask("/ok", 3)
        # A request that is late for its own reason, while nginx's quota is used up.
        stand.client.start("/sleep?s=6")
        in_group(nginx.folders["cpu"], WANT_CPU)
        stand.client.settle(2)
        assert nginx.kills == 1
        assert stand.deployment.ended_from_outside() == ()
    found = stand.found()
    samples = empty_database()
    load_samples(samples, stand.raw / raw_files.SAMPLES)
    use = container_use(samples, ALWAYS)

    assert found["/kill", "worker-killed"] == 1
    assert not {"cpu-quota-throttled", "container-memory-limit"} & {cause for _, cause in found}
    assert stand.answers("/sleep")[504] == 1
    assert use is not None
    assert not use.is_limited
    assert use.proxy is not None
    assert use.proxy.kills == 1
    assert (use.proxy.throttled_share or 0) > 0.1
    assert 0 < (use.proxy.peak_memory_bytes or 0) <= 64 << 20
