"""Faults planted on real servers: every failure gets the cause that was planted, and no other."""

import os
import re
import signal
import time
from contextlib import ExitStack
from typing import Any

import psutil
import pymysql
import pytest

from badgateway.model.raw import SERVER_LOG
from badgateway.process.ports import free_port
from badgateway.stack.database import RunningDatabase
from badgateway.stack.written import FOLDER, RUN_FOLDER
from tests.live.causes.stand import Edit, Stand, Stands, added, replaced
from tests.live.causes.upstream import closing_upstream

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


def die_one_by_one(stand: Stand, path: str, times: int) -> None:
    """Let workers die of a request, so far apart that the log tells whose death was whose."""
    for _ in range(times):
        stand.client.ask("/ok", 5)
        stand.client.ask(path)
        time.sleep(1.2)
    # uWSGI writes no time beside a death: it is that of the requests before and after it.
    stand.client.ask("/ok", 5)


@pytest.mark.parametrize("server", ["uwsgi.ini", "gunicorn_gthread.py", "gunicorn_gevent.py"])
def test_a_worker_that_is_killed(server: str, stands: Stands):
    with stands.stand(server, workers=2, threads=4) as stand:
        die_one_by_one(stand, "/kill", 3)
    assert stand.found() == {("/kill", "worker-killed"): 3}
    assert stand.proven() == {"worker-killed"}


@pytest.mark.proof
def test_granian_replaces_a_worker_and_has_sent_its_200_before_an_exception(stands: Stands):
    with stands.stand("granian.env", workers=2, threads=4) as stand:
        stand.client.ask("/kill")
        time.sleep(2.5)
        stand.client.ask("/trip?s=0.5", 3)
        stand.client.ask("/ok", 5)
    assert stand.found() == {("/kill", "worker-lost"): 1, ("/trip", "header-before-the-exception"): 3}
    assert stand.proven() == {"worker-lost", "header-before-the-exception"}


@pytest.mark.proof
def test_granian_ends_with_a_worker_unless_it_is_told_to_replace_it(stands: Stands):
    ends = replaced("GRANIAN_RESPAWN_FAILED_WORKERS=true", "GRANIAN_RESPAWN_FAILED_WORKERS=false")
    with stands.stand("granian.env", edit_server=ends, workers=2, threads=4) as stand:
        stand.client.ask("/kill")
        time.sleep(1)
        stand.client.ask("/ok", 10)
    assert stand.found() == {("/kill", "worker-lost"): 1, ("/ok", "server-ended-with-a-worker"): 10}
    assert stand.proven() == {"worker-lost", "server-ended-with-a-worker"}


@pytest.mark.proof
def test_granian_gives_up_when_its_workers_die_one_after_the_other(stands: Stands):
    with stands.stand("granian.env", workers=2, threads=4) as stand:
        died = 0
        while stand.deployment.children["server"].exit_code() is None:
            stand.client.ask("/kill")
            died += 1
            time.sleep(0.7)
            assert died < 20
        stand.client.ask("/ok", 10)
    found = stand.found()
    assert found[("/ok", "worker-crash-loop")] == 10
    assert found[("/kill", "worker-lost")] + found[("/kill", "worker-crash-loop")] == died
    assert "worker-crash-loop" in stand.proven()


@pytest.mark.proof
def test_granian_works_on_for_clients_that_have_gone_while_others_wait(stands: Stands):
    with stands.stand("granian.env", workers=1, threads=2, limits_s=(1, 2)) as stand:
        stand.client.ask("/ok", 5)
        stand.client.start("/sleep?s=4", 6)
        time.sleep(2.5)
        stand.client.ask("/ok", 4)
        stand.client.settle(8)
    found = stand.found()
    assert found[("/ok", "work-for-nobody")] == 4
    assert found[("/sleep", "slow-request")] == 2


@pytest.mark.parametrize("server", ["uwsgi.ini", "gunicorn_sync.py"])
@pytest.mark.parametrize("path", ["/leave", "/crash"])
def test_a_worker_that_crashes_or_leaves(server: str, path: str, stands: Stands):
    with stands.stand(server, workers=2) as stand:
        die_one_by_one(stand, path, 2)
    assert stand.found() == {(path, "worker-crashed"): 2}
    assert stand.proven() == {"worker-crashed"}


def test_gunicorns_timeout_in_python_is_a_500(stands: Stands):
    with stands.stand("gunicorn_sync.py", workers=2, limits_s=(1, 8)) as stand:
        stand.client.ask("/ok", 5)
        stand.client.ask("/sleep?s=6", 2)
        stand.client.ask("/ok", 5)
    assert stand.answers("/sleep") == {500: 2}
    assert stand.found() == {("/sleep", "gunicorn-timeout-500"): 2}
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
    # Without the journal they may as well have waited in a queue.
    assert stand.proven() == set()


def test_requests_that_wait_for_a_worker_until_the_proxy_gives_up(stands: Stands):
    with stands.stand("gunicorn_gthread.py", workers=1, threads=1, limits_s=(1, 2)) as stand:
        stand.client.ask("/ok")
        stand.client.start("/sleep?s=3")
        time.sleep(0.3)
        stand.client.ask("/ok", 4)
    assert stand.answers("/ok") == {200: 1, 504: 4}
    assert stand.found() == {("/sleep", "slow-request"): 1, ("/ok", "queued-too-long"): 4}


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
        time.sleep(0.8)
        stand.client.ask("/members/?page=1", 4)
        time.sleep(2.2)
        stand.client.ask("/members/?page=1", 2)
    assert stand.answers("/members/") == {200: 4, 504: 4}
    assert stand.found() == {("/members/", "event-loop-blocked"): 4, ("/wait/", "blocks-the-event-loop"): 1}
    for first, *_ in stand.evidence().values():
        assert re.search(r"blocked for \d\.\d s by \S*school/\S+\.py:\d+ in \w+, serving GET /wait/$", first), first


def test_an_event_loop_that_is_blocked_by_a_computation(stands: Stands):
    with stands.stand("uwsgi_gevent.ini", limits_s=(1, 2), watch_loop=True) as stand:
        stand.client.ask("/ok", 2)
        stand.client.start("/sleep?s=1.5", 3)
        time.sleep(0.5)
        stand.client.start("/spin?s=5")
        time.sleep(0.5)
        stand.client.ask("/ok", 4)
    assert stand.answers("/ok") == {200: 2, 504: 4}
    assert stand.found() == {
        ("/spin", "blocks-the-event-loop"): 1,
        ("/sleep", "event-loop-blocked"): 3,
        ("/ok", "event-loop-blocked"): 4,
    }
    for first, *_ in stand.evidence().values():
        assert re.search(r"blocked for \d\.\d s by \S*site/planted\.py:\d+ in spin, serving GET /spin$", first), first


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


@pytest.mark.proof
def test_a_server_without_workers_listens_and_answers_nobody(stands: Stands):
    # One that has answered the health check, and no other after it.
    none = "\n\ndef child_exit(server, worker):\n    server.num_workers = 0\n"
    with stands.stand("gunicorn_sync.py", limits_s=(1, 2), edit_server=lambda text: text + none) as stand:
        (worker,) = psutil.Process(stand.deployment.parts["server"]).children()
        worker.terminate()
        worker.wait(10)
        stand.client.ask("/ok", 3)
    assert stand.answers("/ok") == {504: 3}
    assert stand.found() == {("/ok", "queued-too-long"): 3}


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


@pytest.mark.alone
def test_a_full_accept_queue_of_a_tcp_port(stands: Stands):
    port = free_port()
    with stands.stand(
        "uwsgi.ini",
        listen=4,
        limits_s=(4, 12),
        edit_server=added(f"socket = 127.0.0.1:{port}"),
        edit_proxy=replaced("server @{upstream};", f"server 127.0.0.1:{port};"),
        sampled_port=port,
    ) as stand:
        stand.client.ask("/ok", 4)
        stand.client.ask("/sleep?s=0.9", 24)
    failed = stand.answers("/sleep")[504]
    assert failed >= 10
    assert stand.found() == {("/sleep", "tcp-accept-queue-full"): failed}


def test_workers_that_are_all_recycled_at_once(stands: Stands):
    with stands.stand(
        "uwsgi.ini",
        workers=2,
        listen=4,
        environment={"APP_BOOT_S": "2"},
        edit_server=added("lazy-apps = true\nmax-requests = 20\nmin-worker-lifetime = 1"),
    ) as stand:
        stand.client.stream("/ok", per_s=40, seconds=4)
    failed = stand.answers("/ok")[502]
    assert 20 <= failed < 150
    assert stand.found() == {("/ok", "workers-recycled-together"): failed}
    assert stand.proven() == {"workers-recycled-together"}


def test_workers_of_gunicorn_that_are_all_recycled_at_once_and_import_slowly(stands: Stands):
    with stands.stand(
        "gunicorn_sync.py", workers=2, listen=4, environment={"APP_BOOT_S": "2"}, preload=False, max_requests=20
    ) as stand:
        stand.client.stream("/ok", per_s=40, seconds=4)
    failed = stand.answers("/ok")[502]
    assert 20 <= failed < 150
    assert stand.found() == {("/ok", "workers-recycled-together"): failed}


def test_a_respawn_that_uwsgi_holds_back(stands: Stands):
    with stands.stand("uwsgi.ini", listen=4) as stand:
        stand.client.ask("/ok", 4)
        stand.client.ask("/kill")
        stand.client.ask("/kill")
        time.sleep(0.3)
        stand.client.ask("/ok", 20)
    failed = stand.answers("/ok")[502]
    assert failed >= 10
    assert stand.found() == {("/kill", "worker-killed"): 2, ("/ok", "respawn-throttled"): failed}


def test_a_reload_that_leaves_a_gap(stands: Stands):
    with stands.stand(
        "gunicorn_sync.py",
        workers=2,
        listen=4,
        environment={"APP_BOOT_S": "1.5"},
        preload=False,
    ) as stand:
        # No more than the workers serve at once: on a busy machine a stream fills the queue before the reload.
        stand.client.ask("/ok", 2)
        # Gunicorn's log tells whole seconds: a worker that was ready in that of the reload may have come after it.
        time.sleep(1.1)
        os.kill(stand.deployment.parts["server"], signal.SIGHUP)
        stand.client.stream("/ok", per_s=40, seconds=2.5)
    failed = stand.answers("/ok")[502]
    assert failed >= 10
    assert stand.found() == {("/ok", "reload-gap"): failed}


def test_a_worker_that_took_too_long_to_leave(stands: Stands):
    with stands.stand(
        "uwsgi_gevent.ini",
        limits_s=(1, 9),
        edit_server=added("max-requests = 5\nmin-worker-lifetime = 1\nworker-reload-mercy = 2"),
    ) as stand:
        stand.client.start("/sleep?s=8", 2)
        # Both have long been taken, and the worker is older than its least life, when it serves its last request.
        time.sleep(1.5)
        for _ in range(20):
            stand.client.ask("/ok")
            time.sleep(0.1)
            if "The work of process" in (stand.raw / SERVER_LOG).read_text():
                break
        stand.client.settle(1.5)
    assert stand.found() == {("/sleep", "worker-mercy-expired"): 2}
    assert stand.proven() == {"worker-mercy-expired"}


def test_a_worker_that_grew_too_large(stands: Stands):
    with stands.stand("uwsgi.ini", workers=2, limits_s=(5, 9), edit_server=added("evil-reload-on-rss = 200")) as stand:
        stand.client.ask("/ok", 5)
        stand.client.ask("/grow?s=4")
        stand.client.ask("/ok", 5)
    assert stand.found() == {("/grow", "memory-reload"): 1}
    assert stand.proven() == {"memory-reload"}


def test_a_worker_that_was_cut_off_while_it_was_leaving(stands: Stands):
    with stands.stand("gunicorn_gevent.py", limits_s=(4, 9), graceful_stop_s=1) as stand:
        stand.client.ask("/ok", 5)
        (_, worker) = server_processes(stand)
        stand.client.start("/sleep?s=6", 3, method="POST")
        time.sleep(0.3)
        worker.terminate()
        time.sleep(0.5)
        stand.client.ask("/ok", 5)
    assert stand.found() == {("/sleep", "graceful-timeout-cut"): 3}
    assert stand.proven() == {"graceful-timeout-cut"}


def test_clients_that_give_up(stands: Stands):
    with stands.stand("gunicorn_gthread.py", threads=8) as stand:
        stand.client.start("/sleep?s=1.5", 5, patience_s=0.7)
        stand.client.ask("/ok", 5)
    assert stand.found() == {("/sleep", "client-gave-up"): 5}
    assert stand.proven() == {"client-gave-up"}


def take_all_connections(database: RunningDatabase, taken: ExitStack) -> None:
    address: dict[str, Any] = {
        "host": database.host,
        "port": database.port,
        "user": database.user,
        "password": database.password,
    }
    while True:
        taken.enter_context(pymysql.connect(**address, ssl_disabled=True))


def test_more_connections_than_the_database_takes(stands: Stands):
    with stands.stand("gunicorn_gthread.py", site="school", threads=8) as stand, ExitStack() as others:
        stand.client.ask("/members/?page=1", 3)
        with pytest.raises(pymysql.err.OperationalError, match="1040"):
            take_all_connections(stands.school.database, others)
        stand.client.ask("/members/?page=1", 5)
    assert stand.answers("/members/") == {200: 3, 500: 5}
    assert stand.found() == {("/members/", "db-connections-exhausted"): 5}
    assert stand.proven() == {"db-connections-exhausted"}


# The site's own health check falls ill with it.
HEALTHY = replaced(
    "location / {",
    "location = /healthz { uwsgi_pass application; uwsgi_intercept_errors on; error_page 500 502 =200 /well; }\n"
    "        location = /well { return 200; }\n        location / {",
)


def test_gevents_patch_that_comes_too_late(stands: Stands):
    edit = replaced("gevent-early-monkey-patch = true", "gevent-monkey-patch = true")
    with stands.stand("uwsgi_gevent.ini", site="school", edit_server=edit, edit_proxy=HEALTHY) as stand:
        stand.client.ask("/wait/?db_ms=300", 8)
    failed = 8 - stand.answers("/wait/")[200]
    assert failed >= 4
    assert stand.found() == {("/wait/", "late-monkey-patch"): failed}
    assert stand.proven() == {"late-monkey-patch"}


def upstream(name: str, *servers: str, location: str, options: str = "") -> Edit:
    """Return an edit of nginx.conf that sends a location to other servers."""
    listed = "\n".join(f"server {server};" for server in servers)
    hand_over = f"location {location} {{ proxy_pass http://{name}; }}\n\n        location / {{"
    with_location = replaced("location / {", hand_over)
    with_upstream = replaced(
        "    upstream application {", f"upstream {name} {{ {listed} {options} }}\n    upstream application {{"
    )
    return lambda text: with_upstream(with_location(text))


def test_no_server_of_a_group_is_left(stands: Stands):
    dead = (f"127.0.0.1:{free_port()}", f"127.0.0.1:{free_port()}")
    edit = upstream("dead", *dead, location="/dead", options="zone dead 64k;")
    with stands.stand("gunicorn_sync.py", edit_proxy=edit) as stand:
        stand.client.ask("/ok", 5)
        for _ in range(8):
            stand.client.ask("/dead")
    found = stand.found()
    assert set(found) == {("/dead", "nothing-listening"), ("/dead", "no-live-upstreams")}
    assert found["/dead", "nothing-listening"] == 2
    assert found["/dead", "no-live-upstreams"] == 6
    assert stand.proven() == {"nothing-listening", "no-live-upstreams"}


def kept(port: int, *more: str) -> Edit:
    edit = upstream("kept", f"127.0.0.1:{port}", location="/kept", options="keepalive 4;")
    kept_open = 'location /kept { proxy_set_header Connection ""; ' + " ".join(more)
    return lambda text: replaced("location /kept {", kept_open)(edit(text))


def test_a_connection_that_was_closed_just_when_it_was_used_again(stands: Stands):
    with closing_upstream() as port, stands.stand("gunicorn_sync.py", edit_proxy=kept(port)) as stand:
        stand.client.ask("/ok", 5)
        for _ in range(6):
            stand.client.ask("/kept", method="POST")
        stand.client.settle(2)
    failed = stand.answers("/kept")[502]
    assert failed >= 2
    assert stand.found(balanced=False) == {("/kept", "keepalive-race"): failed}


def test_a_request_that_the_proxy_ran_again(stands: Stands):
    again = "proxy_next_upstream error timeout;"
    with closing_upstream() as port, stands.stand("gunicorn_sync.py", edit_proxy=kept(port, again)) as stand:
        stand.client.ask("/ok", 5)
        for _ in range(6):
            stand.client.ask("/kept")
    assert stand.answers("/kept") == {200: 6}
    found = stand.found(balanced=False)
    assert set(found) == {("/kept", "proxy-retried")}
    assert found["/kept", "proxy-retried"] >= 2


def test_a_socket_that_nginx_may_not_open(stands: Stands):
    with stands.stand("uwsgi.ini") as stand:
        stand.client.ask("/ok", 5)
        (stand.raw / FOLDER / RUN_FOLDER / "web.sock").chmod(0)
        stand.client.ask("/ok", 5)
    assert stand.found() == {("/ok", "socket-forbidden"): 5}
    assert stand.proven() == {"socket-forbidden"}


def test_a_rate_limit_of_the_proxy(stands: Stands):
    zone = "limit_req_zone $uri zone=few:64k rate=1r/s;\n    upstream application {"
    limited = replaced(
        "location / {",
        "location /limited { limit_req zone=few; proxy_pass http://application; }\n\n        location / {",
    )
    with stands.stand(
        "gunicorn_sync.py", edit_proxy=lambda text: replaced("upstream application {", zone)(limited(text))
    ) as stand:
        stand.client.ask("/ok", 5)
        stand.client.ask("/limited", 6)
    assert stand.answers("/limited") == {200: 1, 503: 5}
    assert stand.found() == {("/limited", "rate-limited"): 5}
    assert stand.proven() == {"rate-limited"}
