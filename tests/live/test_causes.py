"""Faults planted on real servers: every failure gets the cause that was planted, and no other."""

import os
import signal
import time

import psutil
import pytest

from tests.live.causes.stand import Stands, added, replaced

pytestmark = pytest.mark.live


@pytest.fixture
def stands(school_database, raw_folder):
    return Stands(school=school_database, raw=raw_folder)


def server_processes(stand) -> list[psutil.Process]:
    master = psutil.Process(stand.deployment.parts["server"])
    return [master, *master.children(recursive=True)]


def test_nothing_listens_after_the_server_has_died(stands: Stands):
    with stands.stand("gunicorn_sync.py") as stand:
        stand.client.ask("/ok", 10)
        for process in server_processes(stand):
            process.kill()
        time.sleep(0.3)
        stand.client.ask("/ok", 20)
    assert stand.answers("/ok") == {200: 10, 502: 20}
    assert stand.found() == {("/ok", "nothing-listening"): 20}
    assert stand.proven() == {"nothing-listening"}


@pytest.mark.parametrize("server", ["uwsgi.ini", "gunicorn_sync.py"])
def test_a_full_accept_queue_of_a_unix_socket(server: str, stands: Stands):
    with stands.stand(server, listen=4) as stand:
        stand.client.ask("/ok", 3)
        stand.client.ask("/sleep?s=0.4", 30)
    failed = stand.answers("/sleep")[502]
    assert failed >= 20
    assert stand.found() == {("/sleep", "listen-queue-full"): failed}
    assert stand.proven() == {"listen-queue-full"}


@pytest.mark.parametrize("server", ["uwsgi.ini", "gunicorn_gthread.py", "gunicorn_gevent.py"])
def test_a_worker_that_is_killed(server: str, stands: Stands):
    with stands.stand(server, workers=2, threads=4) as stand:
        for _ in range(3):
            stand.client.ask("/ok", 5)
            stand.client.ask("/kill")
            time.sleep(1.2)
    assert stand.found() == {("/kill", "worker-killed"): 3}
    assert stand.proven() == {"worker-killed"}


@pytest.mark.parametrize("server", ["uwsgi.ini", "gunicorn_sync.py"])
@pytest.mark.parametrize("path", ["/leave", "/crash"])
def test_a_worker_that_crashes_or_leaves(server: str, path: str, stands: Stands):
    with stands.stand(server, workers=2) as stand:
        for _ in range(2):
            stand.client.ask("/ok", 5)
            stand.client.ask(path)
            time.sleep(1.2)
    assert stand.found() == {(path, "worker-crashed"): 2}
    assert stand.proven() == {"worker-crashed"}


@pytest.mark.parametrize("where", ["queue", "worker"])
def test_gunicorns_timeout_in_python_is_a_500(where: str, stands: Stands):
    with stands.stand("gunicorn_sync.py", workers=2, limits_s=(1, 8)) as stand:
        stand.client.ask("/ok", 5)
        stand.client.ask("/sleep?s=6", 2 if where == "queue" else 1)
        stand.client.ask("/ok", 5)
    failed = stand.answers("/sleep")[500]
    assert failed >= 1
    assert stand.found() == {("/sleep", "gunicorn-timeout-500"): failed}
    assert stand.proven() == {"gunicorn-timeout-500"}


@pytest.mark.parametrize("server", ["gunicorn_sync.py", "gunicorn_gevent.py"])
def test_gunicorns_timeout_of_a_query_in_c_is_a_502_and_not_out_of_memory(server: str, stands: Stands):
    with stands.stand(server, site="school", driver="mysqlclient", workers=2, limits_s=(1, 8)) as stand:
        stand.client.ask("/members/?page=1", 5)
        stand.client.ask("/wait/?db_ms=7000")
        stand.client.ask("/members/?page=2", 5)
    assert stand.found() == {("/wait/", "gunicorn-timeout-blocked-in-c"): 1}
    assert stand.proven() == {"gunicorn-timeout-blocked-in-c"}


def test_gunicorns_timeout_of_a_busy_event_loop_is_a_502(stands: Stands):
    with stands.stand("gunicorn_gevent.py", workers=2, limits_s=(1, 8)) as stand:
        stand.client.ask("/ok", 5)
        stand.client.ask("/spin?s=6")
        stand.client.ask("/ok", 5)
    assert stand.found() == {("/spin", "gunicorn-timeout-502"): 1}
    assert stand.proven() == {"gunicorn-timeout-502"}


def test_gunicorns_timeout_cuts_a_body(stands: Stands):
    with stands.stand("gunicorn_sync.py", workers=2, limits_s=(1, 8)) as stand:
        stand.client.ask("/ok", 5)
        stand.client.ask("/drip?s=6")
        stand.client.ask("/drip?s=0.3")
    assert stand.answers("/drip") == {200: 2}
    assert stand.found() == {("/drip", "timeout-cut-the-body"): 1}
    assert stand.proven() == {"timeout-cut-the-body"}


def test_harakiri(stands: Stands):
    with stands.stand("uwsgi.ini", workers=2, limits_s=(1, 8)) as stand:
        stand.client.ask("/ok", 5)
        stand.client.ask("/sleep?s=7")
        stand.client.ask("/ok", 5)
    assert stand.found() == {("/sleep", "harakiri"): 1}
    assert stand.proven() == {"harakiri"}


@pytest.mark.parametrize("server", ["uwsgi.ini", "uwsgi_gevent.ini"])
def test_harakiri_of_one_request_is_collateral_to_those_beside_it(server: str, stands: Stands):
    with stands.stand(
        server, threads=8, limits_s=(2, 8), edit_server=added("harakiri = 2\nharakiri-verbose = true")
    ) as stand:
        stand.client.ask("/ok", 5)
        stand.client.start("/sleep?s=7")
        time.sleep(1.2)
        stand.client.ask("/stall?s=7", 4)
    assert stand.found() == {("/sleep", "harakiri"): 1, ("/stall", "harakiri-collateral"): 4}


@pytest.mark.parametrize("server", ["uwsgi_gevent.ini", "gunicorn_gthread.py"])
def test_a_slow_request(server: str, stands: Stands):
    with stands.stand(server, threads=8, limits_s=(1, 2)) as stand:
        stand.client.start("/sleep?s=3", 3)
        stand.client.ask("/ok", 5)
    assert stand.answers("/sleep") == {504: 3}
    assert stand.found() == {("/sleep", "slow-request"): 3}
    assert stand.proven() == {"slow-request"}


def test_an_answer_that_stalls_in_its_middle(stands: Stands):
    with stands.stand("gunicorn_gthread.py", threads=8, limits_s=(1, 2)) as stand:
        stand.client.start("/stall?s=3", 3)
        stand.client.ask("/ok", 5)
    assert stand.found() == {("/stall", "stalled-mid-body"): 3}
    assert stand.proven() == {"stalled-mid-body"}


def test_an_event_loop_that_is_blocked_by_a_query_in_c(stands: Stands):
    with stands.stand(
        "uwsgi_gevent.ini", site="school", driver="mysqlclient", limits_s=(1, 2), watch_loop=True
    ) as stand:
        stand.client.ask("/members/?page=1", 2)
        stand.client.start("/wait/?db_ms=4000")
        time.sleep(0.2)
        stand.client.ask("/members/?page=1", 4)
        time.sleep(2.2)
        stand.client.ask("/members/?page=1", 2)
    assert stand.answers("/members/") == {200: 4, 504: 4}
    assert stand.found() == {("/members/", "event-loop-blocked"): 4, ("/wait/", "event-loop-blocked"): 1}


def test_all_async_cores_of_uwsgi_are_taken(stands: Stands):
    with stands.stand("uwsgi_gevent.ini", greenlets=4, limits_s=(1, 2)) as stand:
        stand.client.ask("/ok", 4)
        stand.client.start("/sleep?s=3", 4)
        time.sleep(0.3)
        stand.client.ask("/ok", 8)
    assert stand.found() == {("/sleep", "slow-request"): 4, ("/ok", "async-cores-exhausted"): 8}


def test_a_request_header_beyond_uwsgis_buffer(stands: Stands):
    with stands.stand("uwsgi.ini", edit_server=replaced("buffer-size = 16384", "buffer-size = 4096")) as stand:
        stand.client.ask("/ok", 5)
        stand.client.ask("/sleep", 5, header_bytes=5000)
    assert stand.found() == {("/sleep", "request-header-too-big"): 5}
    assert stand.proven() == {"request-header-too-big"}


def test_http_that_is_spoken_to_a_uwsgi_socket(stands: Stands):
    other = "location /http { proxy_pass http://application; }\n\n        location / {"
    with stands.stand("uwsgi.ini", edit_proxy=replaced("location / {", other)) as stand:
        stand.client.ask("/ok", 5)
        stand.client.ask("/http", 5)
        stand.client.ask("/http", 5, method="POST")
    assert stand.found() == {("/http", "protocol-mismatch"): 10}
    assert stand.proven() == {"protocol-mismatch"}


def test_a_response_header_beyond_the_proxys_buffer(stands: Stands):
    with stands.stand("gunicorn_gthread.py") as stand:
        stand.client.ask("/ok", 5)
        stand.client.ask("/header?size=20000", 5)
    assert stand.found() == {("/header", "response-header-too-big"): 5}
    assert stand.proven() == {"response-header-too-big"}


@pytest.mark.parametrize(("server", "status"), [("uwsgi.ini", 502), ("gunicorn_sync.py", 500)])
def test_an_exception_that_no_framework_catches(server: str, status: int, stands: Stands):
    with stands.stand(server) as stand:
        stand.client.ask("/ok", 5)
        stand.client.ask("/fail", 5)
    assert stand.answers("/fail") == {status: 5}
    assert stand.found() == {("/fail", "exception-outside-django"): 5}
    assert stand.proven() == {"exception-outside-django"}
