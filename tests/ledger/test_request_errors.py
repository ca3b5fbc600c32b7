import random
from typing import Any

from badgateway import ledger
from tests.ledger.raw_folder import T0_S, client_row, error_line, proxy_line, write_client, write_errors, write_proxy

FULL = "connect() to unix:/run/app.sock failed (11: Resource temporarily unavailable) while connecting to upstream"
CLOSED = "upstream prematurely closed connection while reading response header from upstream"
CUT = "upstream prematurely closed connection while reading upstream"
GONE = "epoll_wait() reported that client prematurely closed connection, so upstream connection is closed too"
BUFFERED = "an upstream response is buffered to a temporary file /run/proxy/1/00/0000000001"


def complaints(folder, rows: list[dict[str, Any]], lines: list[dict[str, Any]]) -> dict[str, Any]:
    write_client(folder, *rows)
    write_proxy(folder, *lines)
    found = ledger.build(folder, None).relation.project("request_id, proxy_error, proxy_error_line_number")
    return {request_id: (message, number) for request_id, message, number in found.fetchall()}


def failed(request_id: str, **given: Any) -> dict[str, Any]:
    return proxy_line(request_id, **{"status": 502, "upstream_status": "502", "upstream_header_time_s": "-", **given})


def test_a_failed_request_gets_the_line_of_its_connection_with_what_differs_taken_out(tmp_path):
    write_errors(tmp_path, error_line(CLOSED, connection=2), error_line(FULL))
    found = complaints(tmp_path, [client_row("a", status=502)], [failed("a")])

    assert found["a"] == (FULL.replace("/run/app.sock", "..."), 2)


def test_other_connections_requests_and_times_are_somebody_elses(tmp_path):
    write_errors(
        tmp_path,
        error_line(FULL, connection=2),
        error_line(FULL, "GET /members/?page=2"),
        error_line(FULL, "POST /members/"),
        error_line(FULL, time="2026/11/21 20:29:57"),
        error_line(FULL, time="2026/11/21 20:30:02"),
    )

    assert complaints(tmp_path, [client_row("a", status=502)], [failed("a")])["a"] == (None, None)


def test_an_error_line_may_be_of_the_second_before(tmp_path):
    write_errors(tmp_path, error_line(FULL, time="2026/11/21 20:29:59"))

    assert complaints(tmp_path, [client_row("a", status=502)], [failed("a", time_s=T0_S)])["a"][1] == 1


def test_many_failures_of_one_connection_in_one_second_get_one_line_each_in_their_order(tmp_path):
    # Also of other connections in between, as nginx's workers write.
    write_errors(tmp_path, *(error_line(FULL if i % 3 else CLOSED, connection=1 + i % 2) for i in range(60)))
    rows = [client_row(f"{i:02d}", status=502) for i in range(60)]
    lines = [failed(f"{i:02d}", connection=1 + i % 2, time_s=T0_S + 0.1 + i / 100) for i in range(60)]
    random.Random(1).shuffle(lines)
    found = complaints(tmp_path, rows, lines)

    assert [found[f"{i:02d}"][1] for i in range(60)] == list(range(1, 61))


def test_what_is_no_failure_has_no_complaint(tmp_path):
    write_errors(tmp_path, error_line(BUFFERED, level="warn"), error_line(FULL))
    own = proxy_line("own", status=500, upstream_status="500")
    found = complaints(tmp_path, [client_row("ok"), client_row("own", status=500)], [proxy_line("ok"), own])

    assert found == {"ok": (None, None), "own": (None, None)}


def test_a_cut_body_a_client_that_left_and_a_retry_have_their_lines(tmp_path):
    write_errors(
        tmp_path,
        error_line(BUFFERED, level="warn"),
        error_line(CUT),
        error_line(GONE, level="info", connection=2),
        error_line(FULL, connection=3),
    )
    rows = [client_row("cut", error="truncated"), client_row("gone", error="client_timeout"), client_row("retried")]
    retried = {"upstream_addr": "unix:/a, unix:/b", "upstream_status": "502, 200", "connection": 3}
    lines = [proxy_line("cut"), failed("gone", status=499, connection=2), proxy_line("retried", **retried)]
    found = complaints(tmp_path, rows, lines)

    assert {request_id: number for request_id, (_, number) in found.items()} == {"cut": 2, "gone": 3, "retried": 4}
