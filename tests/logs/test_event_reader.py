import pytest

from badgateway.logs import event_reader
from badgateway.logs.event_grammar import APPLICATION, KERNEL
from badgateway.logs.event_reader import Event, EventReader
from badgateway.model.evidence import ServerEvent
from badgateway.servers import granian, gunicorn, uwsgi

LOGS = {
    "granian": granian.LOG,
    "gunicorn": gunicorn.LOG,
    "uwsgi": uwsgi.LOG,
    "kernel": KERNEL,
    "application": APPLICATION,
}
HEADER = "[2026-11-21 12:00:00 +0000] [7] "
TRACEBACK = ("Traceback (most recent call last):", '  File "x.py", line 1, in f')


def events(server: str, *lines: str) -> list[Event]:
    reader = EventReader(LOGS[server], 0)
    for number, line in enumerate(lines, start=1):
        reader.feed(number, line)
    reader.close()
    return reader.events


def test_of_many_events_the_last_are_held(monkeypatch):
    monkeypatch.setattr(event_reader, "_MANY_EVENTS", 300)
    lines = [HEADER + f"[CRITICAL] WORKER TIMEOUT (pid:{pid})" for pid in range(1000)]
    reader, handed, held = EventReader(LOGS["gunicorn"], 0), [], []
    for number, line in enumerate(lines, start=1):
        reader.feed(number, line)
        handed += reader.settled()[0]
        held.append(len(reader.events))
    reader.close()

    assert max(held) < 300
    assert handed + reader.events == events("gunicorn", *lines)


def test_gunicorns_own_abort_is_no_exception_of_the_application_but_tells_the_uri():
    (event,) = events(
        "gunicorn",
        HEADER.replace("[7]", "[1]") + "[CRITICAL] WORKER TIMEOUT (pid:7)",
        HEADER + "[ERROR] Error handling request GET /slow",
        *TRACEBACK,
        "SystemExit: 1",
    )

    assert (event.event, event.pid, event.uri) == (ServerEvent.WORKER_TIMEOUT, 7, "/slow")


def test_an_application_that_exits_by_itself_is_not_taken_for_a_timeout():
    (event,) = events("gunicorn", HEADER + "[ERROR] Error handling request GET /quit", *TRACEBACK, "SystemExit: 1")

    assert (event.event, event.uri) == (ServerEvent.APPLICATION_EXCEPTION, "/quit")


def test_an_exception_shows_both_its_lines():
    (event,) = events("gunicorn", HEADER + "[ERROR] Error handling request GET /x", *TRACEBACK, "ValueError: no")

    assert event.event is ServerEvent.APPLICATION_EXCEPTION
    assert event.line == HEADER + "[ERROR] Error handling request GET /x\nValueError: no"


def test_an_exception_that_a_logger_printed_did_not_leave_the_application():
    assert events("uwsgi", "could not send mail", *TRACEBACK, "ValueError: no") == []
    assert events("gunicorn", *TRACEBACK, "ValueError: no") == []


def test_uwsgi_prints_an_exception_that_left_the_application_without_a_word():
    found = events("uwsgi", *TRACEBACK, "ValueError: no", *TRACEBACK, "KeyError: 1")

    assert [(event.event, event.line) for event in found] == [
        (ServerEvent.APPLICATION_EXCEPTION, "ValueError: no"),
        (ServerEvent.APPLICATION_EXCEPTION, "KeyError: 1"),
    ]


def test_the_cause_in_a_chain_names_the_event():
    (event,) = events(
        "uwsgi",
        *TRACEBACK,
        "MySQLdb.OperationalError: (1040, 'Too many connections')",
        "",
        "The above exception was the direct cause of the following exception:",
        "",
        *TRACEBACK,
        "site.ServiceUnavailable",
    )

    assert event.event is ServerEvent.DB_TOO_MANY_CONNECTIONS


def test_an_exception_has_the_time_and_process_of_the_line_that_names_its_request():
    logged = HEADER + "[ERROR] django.request request=a-1 Internal Server Error: /wait/"
    for server in ("gunicorn", "uwsgi"):
        (event,) = events(server, logged, *TRACEBACK, "MySQLdb.OperationalError: (1040, 'Too many connections')")

        assert event.event is ServerEvent.DB_TOO_MANY_CONNECTIONS
        assert (event.time_s, event.uri) == (1795262400.0, "/wait/")
        assert event.pid == 7


def test_requests_of_a_harakiri_get_the_worker_of_the_line_before():
    found = events(
        "uwsgi",
        "Sat Nov 21 12:00:00 2026 - *** HARAKIRI ON WORKER 2 (pid: 9, try: 1, graceful: yes) ***",
        "Sat Nov 21 12:00:00 2026 - HARAKIRI [core 0] 10.0.0.1 - GET /a since 1795262390",
        "Sat Nov 21 12:00:00 2026 - HARAKIRI [core 1] 10.0.0.1 - GET /b since 1795262399",
    )

    assert [(event.worker, event.pid, event.uri) for event in found] == [(2, 9, None), (2, 9, "/a"), (2, 9, "/b")]


def test_numbers_beyond_any_pid_are_left_out():
    (event,) = events("uwsgi", f"DAMN ! worker 1 (pid: {'9' * 40}) died :( trying respawn ...")

    assert event.pid is None


def test_a_worker_that_blows_itself_up_is_the_one_that_was_told_to_go_first():
    found = events(
        "uwsgi",
        "...The work of process 71 is done. Seeya!",
        "...The work of process 72 is done. Seeya!",
        "...The work of process 73 is done. Seeya!",
        "worker 1 killed successfully (pid: 71)",
        "*** BOOOOOOM ***",
        "*** BOOOOOOM ***",
        "*** BOOOOOOM ***",
    )

    assert [event.pid for event in found if event.event is ServerEvent.KILLED_WHILE_LEAVING] == [72, 73, None]


def test_a_worker_that_left_in_good_order_blew_nothing_up_though_its_master_has_not_seen_it():
    found = events(
        "uwsgi",
        "...The work of process 71 is done. Seeya!",
        "...The work of process 72 is done. Seeya!",
        "goodbye to the gevent Hub on worker 1 (pid: 71)",
        "*** BOOOOOOM ***",
        "worker 1 killed successfully (pid: 71)",
        "worker 2 killed successfully (pid: 72)",
    )

    assert [event.pid for event in found if event.event is ServerEvent.KILLED_WHILE_LEAVING] == [72]


def test_a_worker_that_says_goodbye_for_each_of_its_requests_leaves_once():
    found = events("uwsgi", *("...The work of process 71 is done. Seeya!",) * 3)

    assert [event.pid for event in found] == [71]


def test_a_worker_that_has_only_a_number_is_told_by_its_process_even_after_it_was_replaced():
    found = events(
        "granian",
        "[INFO] Spawning worker-1 with PID: 71",
        "[ERROR] Unexpected exit from worker-1",
        "[INFO] Spawning worker-1 with PID: 72",
        "[INFO] Stopped old worker-1",
        "[INFO] Stopped worker-1",
    )

    assert [event.pid for event in found] == [71, 71, 72, 71, 72]


def test_a_worker_whose_start_is_not_in_the_log_has_no_process():
    (event,) = events("granian", HEADER + "[ERROR] Unexpected exit from worker-1")

    assert (event.event, event.pid) == (ServerEvent.WORKER_LOST, None)


def test_a_crash_that_the_kernel_tells_of_is_one_of_a_worker_only_where_the_program_is_a_server():
    crash = "[12345.678901] {}[1234]: segfault at 0 ip 00007f1c5b2a1234 sp 00007ffd2b3a4b50 error 4 in libc.so.6"
    (event,) = events("kernel", crash.format("chrome"), crash.format("gunicorn"))

    assert (event.event, event.pid, event.uri, event.line_number) == (
        ServerEvent.WORKER_CRASHED,
        1234,
        "gunicorn",
        2,
    )


def test_the_exception_at_the_import_is_told_with_the_end_that_it_led_to():
    header = HEADER.replace("[7]", "[1]")
    (event,) = events(
        "gunicorn",
        HEADER + "[ERROR] Exception in worker process",
        *TRACEBACK,
        "ModuleNotFoundError: No module named 'shop.wsgi'",
        header + "[ERROR] Reason: Worker failed to boot.",
    )

    assert event.event is ServerEvent.APPLICATION_NOT_LOADED
    assert event.line.endswith("Worker failed to boot.\nModuleNotFoundError: No module named 'shop.wsgi'")


@pytest.mark.parametrize(
    "written",
    [
        "[2026-11-21 12:00:00,192] ERROR [django.request:248]",
        "ERROR 2026-11-21 12:00:00,192 log 71 139905",
        "[21/Nov/2026 12:00:00] ERROR [django.request:241]",
        "2026-11-21T12:00:00+0000 django.request ERROR",
    ],
)
def test_an_application_may_have_a_log_of_its_own_in_many_forms(written):
    (event,) = events("application", f"{written} Internal Server Error: /orders/", *TRACEBACK, "KeyError: 'price'")

    assert (event.event, event.uri, event.line) == (ServerEvent.HANDLED_EXCEPTION, "/orders/", "KeyError: 'price'")
    assert event.time_s == 1795262400.0


def test_uwsgi_tells_of_requests_that_took_long_and_of_workers_that_lived_long():
    found = events(
        "uwsgi",
        "[pid: 66|app: 0|req: 9/9] 10.0.0.1 () {40 vars in 688 bytes} [Sat Nov 21 12:00:05 2026] POST /import => "
        "generated 0 bytes in 181034 msecs (HTTP/1.1 200) 3 headers in 102 bytes (1 switches on core 0)",
        "[pid: 66|app: 0|req: 9/9] 10.0.0.1 () {40 vars in 688 bytes} [Sat Nov 21 12:00:05 2026] GET /quick => "
        "generated 0 bytes in 9999 msecs (HTTP/1.1 200) 3 headers in 102 bytes (1 switches on core 0)",
        "worker 8 lifetime reached, it was running for 4301 second(s)",
    )

    assert [(event.event, event.uri, event.value) for event in found] == [
        (ServerEvent.REQUEST_TOOK_LONG, "/import", 181034.0),
        (ServerEvent.LIFETIME_REACHED, None, 4301.0),
    ]
    assert found[0].time_s == 1795262405.0 + 181
