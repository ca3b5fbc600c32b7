from typing import Any

import pytest

from badgateway import ledger
from badgateway.model.evidence import TABLES
from badgateway.model.trial import Window
from tests.ledger.raw_folder import (
    T0_S,
    client_row,
    error_line,
    journal_line,
    proxy_line,
    unanswered,
    write_client,
    write_errors,
    write_journal,
    write_proxy,
)

FULL = "connect() to unix:/run/app.sock failed (11: Resource temporarily unavailable) while connecting to upstream"
WHERE = "/tmp/site-x/app/school/views/wait.py:22"


@pytest.fixture
def filled(tmp_path):
    write_client(
        tmp_path,
        client_row("ok"),
        client_row("bad", status=502, start_s=T0_S + 1, end_s=T0_S + 2, first_byte_s=""),
        unanswered("gone", "connect_error", start_s=T0_S + 3, end_s=T0_S + 63),
    )
    secret = "/members/?token=abc&page=2"
    failed = {"status": 502, "upstream_status": "502", "upstream_header_time_s": "-", "time_s": T0_S + 1.5}
    write_proxy(
        tmp_path, proxy_line("health-1", connection=9), proxy_line("ok"), proxy_line("bad", uri=secret, **failed)
    )
    write_errors(
        tmp_path,
        "2026/11/21 20:30:00 [notice] 9#9: start worker process 10\n",
        "2026/11/21 20:30:00 [info] 9#9: *1 client 127.0.0.1 closed keepalive connection\n",
        error_line(FULL, "GET /healthz", connection=9),
        error_line(FULL, f"GET {secret}", time="2026/11/21 20:30:01"),
    )
    nothing = {"thread": "", "number": ""}
    write_journal(
        tmp_path,
        journal_line("start", "ok"),
        journal_line("end", "ok"),
        journal_line("start", "bad", number=2, time_s=T0_S + 1.1),
        journal_line("blocked-by", time_s=T0_S + 0.8, duration_s=0.4, detail=f"{WHERE} wait", **nothing),
        journal_line("blocked", time_s=T0_S + 1, duration_s=0.9, **nothing),
        journal_line("worker-reaped", time_s=T0_S + 2, detail="aborted", **nothing),
    )
    return tmp_path


def told_by_the_journal(folder, event):
    events = evidence(folder).table("server_events").filter(f"event = '{event}'")
    return events.project("time_s, server, pid, request_started_s, value, line_number, line").fetchall()


def evidence(folder, **given: Any):
    built = ledger.build(folder, given.pop("window", None))
    ledger.fill_evidence(built, folder, **given)
    return built.connection


def test_all_tables_have_the_columns_the_model_declares(filled):
    connection = evidence(filled)

    for table in TABLES:
        made = connection.table(table.name)
        assert tuple(zip(made.columns, map(str, made.types), strict=True)) == table.columns


def test_a_failure_has_all_that_is_known_of_it_and_no_secret(filled):
    told = "* EXCLUDE (line, client, forwarded_for, asked_host)"
    (bad, gone) = evidence(filled).table("failures").order("failure_id").project(told).fetchall()

    upstream = ("502", "unix:/run/app.sock", 0.001, None, 0.49, 1, True)
    app = (100, T0_S + 1.1, None, None)
    assert bad == (
        *(1, "ledger", "nginx", T0_S + 1.5, 0.5, "GET", "/members/?token=...&page=...", 502, "BAD_GATEWAY"),
        *upstream,
        *(1, "bad", 10, *app, None, None, "nginx-access.jsonl", 3),
    )
    assert gone[:9] == (2, "ledger", "nginx", T0_S + 63, 60, "GET", None, None, "CONNECT_ERROR")
    assert gone[15:] == (False, None, "gone", None, None, None, None, None, None, None, "client.csv", 4)


def test_the_lines_are_the_files_own_but_for_the_secrets(filled):
    bad, gone = evidence(filled).table("failures").order("failure_id").project("line").fetchall()

    assert bad[0] == (filled / "nginx-access.jsonl").read_text().splitlines()[2].replace("abc", "...").replace(
        "page=2", "page=..."
    )
    assert gone[0] == (filled / "client.csv").read_text().splitlines()[3]


def test_every_request_is_in_the_volume_of_its_minute(filled):
    assert evidence(filled).table("volume").fetchall() == [
        ("ledger", int(T0_S), 200, 1),
        ("ledger", int(T0_S), 502, 1),
        ("ledger", int(T0_S) + 60, None, 1),
    ]


def test_error_lines_are_those_that_matter_and_no_readiness_probes(filled):
    notice, error = evidence(filled).table("proxy_errors").project("* EXCLUDE line").fetchall()

    assert notice[1:7] == ("nginx", "notice", None, "start worker process 10", None, "other")
    assert error == (
        *(T0_S + 1, "nginx", "error", 1, FULL, 11, "connecting", "GET /members/?token=...&page=... HTTP/1.1"),
        *("http://unix:/run/app.sock:/", None, None, "nginx-error.log", 4),
    )


def test_who_stopped_the_event_loop_and_where_is_told_for_how_long_it_stood_still(filled):
    assert told_by_the_journal(filled, "loop blocked") == [
        (
            *(T0_S + 1, None, 100, T0_S + 0.05, 0.9, 5),
            "event loop of process 100 blocked for 0.9 s by school/views/wait.py:22 in wait, serving GET /members/",
        )
    ]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        # The one that ended first had begun after the loop was stopped, or ended after it was free.
        ({"start": 0.4}, "by school/views/wait.py:22 in wait"),
        ({"end": 1.2}, "by school/views/wait.py:22 in wait"),
        ({"by": -3.0}, "serving GET /members/"),
    ],
)
def test_who_stopped_the_event_loop_is_not_guessed(changed, words, tmp_path):
    at = {"start": 0.05, "end": 0.95, "by": 0.8} | changed
    write_client(tmp_path, client_row("ok"))
    write_proxy(tmp_path, proxy_line("ok"))
    nothing = {"thread": "", "number": ""}
    write_journal(
        tmp_path,
        journal_line("start", "ok", time_s=T0_S + at["start"]),
        journal_line("end", "ok", time_s=T0_S + at["end"]),
        journal_line("blocked-by", time_s=T0_S + at["by"], detail=f"{WHERE} wait", **nothing),
        journal_line("blocked", time_s=T0_S + 1, duration_s=0.9, **nothing),
    )
    ((*_, line),) = told_by_the_journal(tmp_path, "loop blocked")
    assert [part in line for part in ("by school", "serving")] == [part in words for part in ("by school", "serving")]


def test_a_worker_that_the_arbiter_gave_up_ran_into_its_time_limit(filled):
    assert told_by_the_journal(filled, "worker timeout") == [
        (T0_S + 2, "gunicorn", 100, None, None, 6, f"worker-reaped,{T0_S + 2:.6f},100,,,,,,,aborted")
    ]


def test_the_life_of_a_worker_has_each_event_once(tmp_path):
    write_client(tmp_path, client_row("ok"))
    write_proxy(tmp_path, proxy_line("ok"))
    kinds = ("worker-forked", "worker-ready", "worker-abort", "worker-exit", "worker-reaped")
    lines = [journal_line(kind, time_s=T0_S + at, thread="", number="") for at, kind in enumerate(kinds)]
    write_journal(tmp_path, *lines)

    events = evidence(tmp_path).table("server_events").project("event, time_s, instance, file, line").fetchall()

    names = ("worker booted", "worker ready", "worker timeout", "worker exited")
    lines = [line.strip().replace(f"{T0_S + at}", f"{T0_S + at:.6f}") for at, line in enumerate(lines)]
    assert events == [(name, T0_S + at, "server.log", "app-journal.csv", lines[at]) for at, name in enumerate(names)]


def test_the_phases_can_be_chosen(filled):
    window = Window(start_s=T0_S + 0.5, end_s=T0_S + 2, drained_s=T0_S + 70)
    connection = evidence(filled, window=window, phases=("window",))

    assert connection.table("failures").project("request_id").fetchall() == [("bad",)]
    assert connection.table("volume").project("status, requests").fetchall() == [(502, 1)]


def test_a_retried_request_is_evidence_although_it_was_ok(tmp_path):
    write_client(tmp_path, client_row("a"))
    write_proxy(tmp_path, proxy_line("a", upstream_addr="unix:/a, unix:/b", upstream_status="502, 200"))
    rows = evidence(tmp_path).table("failures").project("status, outcome, upstream_status, upstream_addr").fetchall()

    assert rows == [(200, "OK", "502, 200", "unix:/b")]
