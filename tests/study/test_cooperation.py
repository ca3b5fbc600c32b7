import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer, ThreadingHTTPServer

import pytest

from badgateway.model.cooperation import ConnectCost, Cooperation, CooperationProof, CooperationReport
from badgateway.process.ports import free_port
from badgateway.study import cooperation as room
from badgateway.study.cooperation import at_once, judge, lone_workers, why
from badgateway.study.cooperation_table import render_table
from tests.declared import experiment

THREADED = {"name": "fourth", "server": "servers/uwsgi.ini", "driver": "pymysql", "workers": 9, "threads": 6}
TABLE = """\
server file               driver       requests    one by one  measured      verdict
------------------------  -----------  ----------  ----------  ------------  -----------
servers/gevent.py         pymysql      8 x 200 ms  1600 ms     212 ms        COOPERATIVE
servers/uwsgi_gevent.ini  mysqlclient  8 x 200 ms  1600 ms     not measured  ERRORS

servers/uwsgi_gevent.ini, mysqlclient: 10 x 500, 6 x no answer: late monkey-patch: DatabaseError

connect                median        CPU
---------------------  ------------  ------------
PyMySQL, ssl_disabled  0.3 ms        0.2 ms
mysqlclient, as it is  not measured  not measured  no module
"""


GOOD = CooperationProof(
    server="servers/gevent.py",
    driver="pymysql",
    threads=1,
    greenlets=64,
    requests=8,
    wait_ms=200,
    verdict=Cooperation.COOPERATIVE,
    wall_ms=212.3,
    statuses=((200, 16),),
    reason="",
)


@pytest.mark.parametrize(
    ("wall_ms", "verdict"),
    [
        (200.0, Cooperation.COOPERATIVE),
        (550.0, Cooperation.COOPERATIVE),
        (551.0, Cooperation.PARTIAL),
        (800.0, Cooperation.PARTIAL),
        (1249.0, Cooperation.PARTIAL),
        (1250.0, Cooperation.BLOCKING),
        (1600.0, Cooperation.BLOCKING),
        (9000.0, Cooperation.BLOCKING),
        (None, Cooperation.ERRORS),
    ],
)
def test_the_verdict_is_told_by_how_far_the_time_is_from_one_request_to_all(wall_ms, verdict):
    assert judge(wall_ms, requests=8, wait_ms=200) is verdict


def test_every_server_file_gets_every_driver_and_one_worker():
    declared = experiment()
    found = list(lone_workers(experiment(configurations=[*map(dict, declared.configurations), THREADED])))

    assert [(str(lone.server), lone.driver, lone.workers) for lone in found] == [
        ("servers/uwsgi.ini", "mysqlclient", 1),
        ("servers/uwsgi.ini", "pymysql", 1),
        ("servers/gunicorn_gevent.py", "mysqlclient", 1),
        ("servers/gunicorn_gevent.py", "pymysql", 1),
    ]
    assert {lone.threads for lone in found[:2]} == {6}
    assert len({lone.name for lone in found}) == 4


def test_the_queue_has_room_for_all_requests():
    tight = experiment(configurations=[THREADED | {"listen": 1}])

    assert all(lone.listen >= room.REQUESTS for lone in lone_workers(tight))


def test_a_known_line_names_the_reason_wherever_it_stands():
    log = (
        "Traceback\n  django.db.utils.DatabaseError: DatabaseWrapper objects created in a thread can only\nOSError: x\n"
    )

    assert why(log).startswith("late monkey-patch")
    assert why(log).endswith("DatabaseError: DatabaseWrapper objects created in a thread can only")


def test_an_unknown_reason_is_the_last_line_that_tells_of_an_error():
    assert why("ValueError: one\nKeyError: two\n[INFO] bye\n") == "KeyError: two"
    assert why("[INFO] bye\n") == "the server's log says nothing of it"


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
        side_by_side = at_once(f"{url}/?a", 4)
    with serving(HTTPServer) as url:
        one_by_one = at_once(f"{url}/?a", 4)

    assert side_by_side.is_clean
    assert one_by_one.is_clean
    assert judge(side_by_side.wall_ms, requests=4, wait_ms=50) is Cooperation.COOPERATIVE
    assert judge(one_by_one.wall_ms, requests=4, wait_ms=50) is Cooperation.BLOCKING


def test_one_failed_request_is_enough_to_say_nothing_of_the_time():
    with serving(ThreadingHTTPServer) as url:
        half = at_once(f"{url}/?half", 4)

    assert half.statuses == Counter({200: 2, 503: 2})
    assert not half.is_clean


def test_no_answer_is_status_0():
    assert at_once(f"http://127.0.0.1:{free_port()}/?a", 2).statuses == Counter({0: 2})


def test_a_report_is_a_table_anybody_can_read():
    failed = replace(
        GOOD,
        server="servers/uwsgi_gevent.ini",
        driver="mysqlclient",
        verdict=Cooperation.ERRORS,
        wall_ms=None,
        statuses=((500, 10), (0, 6)),
        reason="late monkey-patch: DatabaseError",
    )
    costs = (
        ConnectCost(client="PyMySQL, ssl_disabled", connects=20, median_ms=0.31, cpu_ms=0.2, problem=""),
        ConnectCost(client="mysqlclient, as it is", connects=20, median_ms=None, cpu_ms=None, problem="no module"),
    )

    assert render_table(CooperationReport(experiment="x", proofs=(GOOD, failed), connect_costs=costs)) == TABLE


def test_a_lone_worker_has_nothing_of_what_else_an_arm_changes():
    first = {**THREADED, "name": "first", "pool": 8, "conn_max_age_s": 60, "max_requests": 5, "transport": "tcp"}
    changed = first | {"front_door": "load-balancer", "environment": {"APP_SLOW_MS": "9"}, "least_workers": 4}
    (lone,) = lone_workers(experiment(configurations=[changed]))

    assert (lone.pool, lone.conn_max_age_s, lone.max_requests, lone.least_workers) == (0, 0, 0, 0)
    assert (lone.transport, lone.front_door, lone.environment) == ("unix", "nginx", {})
