"""Requests that nginx refused before it had read their id are rows like any other."""

import time

import pytest

from badgateway.ledger.fill_evidence import fill_evidence
from badgateway.ledger.join import build
from badgateway.ledger.refused import pair
from badgateway.model.raw import ACCESS_LOG, ERROR_LOG
from badgateway.model.raw_words import TrialPhase
from tests.ledger.raw_folder import T0_S, client_row, proxy_line, unanswered, write_client, write_proxy

OWN_ID = "45011fe3b30e6b6ed2cb0e5b63d182e2"
"""As nginx makes one where it knows none."""


def refused(request_id: str = OWN_ID, **given: object) -> dict[str, object]:
    none = dict.fromkeys(
        (
            "upstream_addr",
            "upstream_status",
            "upstream_connect_time_s",
            "upstream_header_time_s",
            "upstream_response_time_s",
        ),
        "",
    )
    return proxy_line(request_id, **{"method": "", "uri": "", "status": 414, "request_time_s": 0, **none, **given})


def rows(folder, *columns: str) -> list[tuple[object, ...]]:
    ledger = build(folder, None)
    assert ledger.balance.problem() is None
    return ledger.relation.project(", ".join(columns)).fetchall()


def test_a_url_too_long_is_a_row_with_its_status_in_both_books(tmp_path):
    write_client(tmp_path, client_row("long", status=414), client_row("good"))
    write_proxy(tmp_path, proxy_line("good"), refused())

    assert sorted(rows(tmp_path, "request_id", "status", "proxy_status", "outcome")) == [
        ("good", 200, 200, "OK"),
        ("long", 414, 414, "BAD_CONTENT"),
    ]


def test_an_answer_that_was_lost_with_its_connection_is_a_row_too(tmp_path):
    write_client(tmp_path, unanswered("lost", "disconnected"))
    write_proxy(tmp_path, refused())

    assert rows(tmp_path, "request_id", "status", "proxy_status", "outcome") == [("lost", 0, 414, "CONNECT_ERROR")]


@pytest.mark.parametrize(
    ("sent", "line"),
    [
        (client_row("a", status=400), refused(status=414)),
        (client_row("a", status=414, start_s=T0_S + 50, end_s=T0_S + 51, first_byte_s=T0_S + 50), refused()),
        (client_row("a", status=414), refused("other")),
        (client_row("a", status=504), refused(status=504)),
        (client_row("a", status=404), refused(status=404, upstream_addr="unix:/run/a", upstream_status="404")),
    ],
)
def test_a_line_that_is_not_of_such_a_request_keeps_the_books_from_balancing(tmp_path, sent, line):
    write_client(tmp_path, sent)
    write_proxy(tmp_path, line)

    assert "logged by the proxy, unknown to the client" in str(build(tmp_path, None).balance.problem())


def test_each_line_takes_the_row_that_ended_first_and_an_answer_goes_before_none():
    sent = [("first", 0.0, 1.0, 414), ("lost", 0.0, 1.5, 0), ("second", 0.0, 2.0, 414)]
    lines = [("x", 0.5, 414), ("y", 0.9, 414), ("z", 1.2, 414), ("late", 9.0, 414)]

    assert pair(lines, sent) == [("first", "x"), ("second", "y"), ("lost", "z")]


def test_bytes_that_are_no_utf8_cost_nothing_but_their_own_look(tmp_path):
    write_client(tmp_path, client_row("odd", status=502), client_row("good"))
    write_proxy(tmp_path, proxy_line("odd", status=502, uri="/caf@", upstream_status="502"), proxy_line("good"))
    log = tmp_path / ACCESS_LOG
    log.write_bytes(log.read_bytes().replace(b"/caf@", b"/caf\xe9"))
    clock = "2026/11/21 20:30:00"
    (tmp_path / ERROR_LOG).write_bytes(
        clock.encode() + b" [error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream, "
        b'client: 127.0.0.1, server: _, request: "GET /caf\xe9 HTTP/1.1", upstream: "http://127.0.0.1:1/caf\xe9"\n'
    )
    ledger = build(tmp_path, None)

    assert ledger.balance.problem() is None
    assert [row[0] for row in ledger.relation.project("request_id").fetchall()] == ["good", "odd"]
    fill_evidence(ledger, tmp_path, phases=(TrialPhase.WARM_UP,))
    assert ledger.connection.sql("SELECT uri FROM failures").fetchall() == [(r"/caf\xe9",)]


def test_a_raw_byte_in_the_clients_rows_costs_nothing(tmp_path):
    path = write_client(tmp_path, client_row("a", name="GET /caf@"), client_row("b"))
    path.write_bytes(path.read_bytes().replace(b"/caf@", b"/caf\xe9"))
    write_proxy(tmp_path, proxy_line("a"), proxy_line("b"))

    assert rows(tmp_path, "name") == [(r"GET /caf\xe9",), ("GET /members/",)]


def test_a_failed_request_with_a_url_of_100_kb_finds_the_line_that_nginx_cut(tmp_path):
    uri = "/" + "b" * 100_000
    write_client(tmp_path, client_row("long", status=502))
    write_proxy(tmp_path, proxy_line("long", uri=uri, status=502, upstream_status="502", upstream_header_time_s="-"))
    head = f"{_clock(T0_S)} [error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream, "
    line = f'{head}client: 127.0.0.1, server: _, request: "GET {uri}'[:2047]
    (tmp_path / ERROR_LOG).write_text(f"{line}\n")

    ((complaint,),) = rows(tmp_path, "proxy_error")
    assert "connect() failed" in str(complaint)


def _clock(time_s: float) -> str:
    return time.strftime("%Y/%m/%d %H:%M:%S", time.gmtime(time_s))
