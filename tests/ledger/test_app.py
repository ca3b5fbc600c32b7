import pytest

from badgateway import ledger
from badgateway.errors import RawDataError
from badgateway.ledger.app import KINDS, load_app
from tests.in_memory import empty_database
from tests.ledger.raw_folder import (
    T0_S,
    client_row,
    journal_line,
    proxy_line,
    unanswered,
    write_both,
    write_client,
    write_journal,
    write_proxy,
)


def test_a_request_in_all_three_books_is_one_row(tmp_path):
    write_both(tmp_path, client_row("a"))
    write_journal(tmp_path, journal_line("start", "a"), journal_line("end", "a"))
    built = ledger.build(tmp_path, None)

    app = built.relation.project("app_pid, app_starts, app_started_s, app_ended_s, app_status, app_bytes, app_seconds")
    assert app.fetchall() == [(100, 1, T0_S + 0.05, T0_S + 0.45, 200, 10, 0.4)]
    assert (built.balance.app, built.balance.problem()) == (1, None)


def test_a_trial_from_before_the_journal_has_two_books_and_no_fault(tmp_path):
    write_both(tmp_path, client_row("a"))
    built = ledger.build(tmp_path, None)

    assert built.relation.project("app_pid, app_starts, app_started_s").fetchall() == [(None, None, None)]
    assert built.balance.app is None
    assert built.balance.problem() is None


def test_an_empty_journal_is_a_book_that_lacks_every_request(tmp_path):
    write_both(tmp_path, client_row("a"))
    write_journal(tmp_path)
    balance = ledger.build(tmp_path, None).balance

    assert (balance.app, balance.unknown_to_app) == (0, 1)
    assert balance.problem() is not None


def test_a_request_that_died_with_its_worker_is_counted_and_no_fault(tmp_path):
    write_both(tmp_path, client_row("a", status=502))
    write_journal(tmp_path, journal_line("start", "a"))
    built = ledger.build(tmp_path, None)

    assert built.relation.project("app_started_s, app_ended_s, app_status").fetchall() == [(T0_S + 0.05, None, None)]
    assert (built.balance.app_unfinished, built.balance.problem()) == (1, None)


def test_what_the_server_answered_by_itself_need_not_be_in_the_applications_book(tmp_path):
    statuses = (400, 500, 502)
    write_client(tmp_path, *(client_row(f"{status}", status=status) for status in statuses))
    write_proxy(tmp_path, *(proxy_line(f"{code}", status=code, upstream_status=f"{code}") for code in statuses))
    write_journal(tmp_path, journal_line("start", "health-1"))

    assert ledger.build(tmp_path, None).balance.problem() is None


def test_a_request_the_application_ran_twice_has_the_values_of_the_last_time(tmp_path):
    write_both(tmp_path, client_row("a"))
    write_journal(
        tmp_path,
        journal_line("start", "a"),
        journal_line("start", "a", pid=200, time_s=T0_S + 0.2),
        journal_line("end", "a", pid=200, time_s=T0_S + 0.4, status=201),
    )
    rows = ledger.build(tmp_path, None).relation.project("app_pid, app_starts, app_status, app_started_s").fetchall()

    assert rows == [(200, 2, 201, T0_S + 0.2)]


def test_an_application_that_knows_more_than_the_proxy_is_a_fault_and_readiness_probes_are_not(tmp_path):
    write_client(tmp_path, client_row("a"), unanswered("b", "disconnected"))
    write_proxy(tmp_path, proxy_line("a"))
    requests = [
        line
        for number, request_id in enumerate(("a", "b", "c", "health-1"))
        for line in (journal_line("start", request_id, number=number), journal_line("end", request_id, number=number))
    ]
    write_journal(tmp_path, *requests)
    built = ledger.build(tmp_path, None)

    assert (built.balance.app, built.balance.app_unknown_to_proxy, built.balance.unmatched_proxy) == (3, 2, 0)
    assert "2 started by the application, unknown to the proxy" in str(built.balance.problem())
    assert built.relation.project("request_id, outcome").fetchall() == [
        ("a", "OK"),
        ("b", "CONNECT_ERROR"),
        ("c", "UNMATCHED"),
    ]


def test_lines_about_workers_are_no_requests(tmp_path):
    write_both(tmp_path, client_row("a", status=500))
    nothing = {"thread": "", "number": ""}
    write_journal(tmp_path, *(journal_line(kind, **nothing) for kind in KINDS if kind not in {"start", "end"}))

    assert ledger.build(tmp_path, None).balance.app == 0


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (journal_line("begin", "a"), "has an unknown kind"),
        (journal_line("start", "a", time_s=""), "has no time"),
        (journal_line("start", "a", time_s="nan"), "has no time"),
        (journal_line("start", "a", pid=""), "has no pid"),
        (journal_line("start", "a", number=""), "has no number"),
        (journal_line("start", ""), "has an empty request_id"),
        (journal_line("end", "a", duration_s=""), "has no duration"),
        (journal_line("end", "a", duration_s=-1), "has no duration"),
        (journal_line("end", "a", status=7), "has a status that HTTP does not have"),
        (journal_line("end", "a", body_bytes=-1), "has a negative size"),
        (journal_line("start", "a", pid="many"), "many"),
        ("start,1,2\n", "app-journal.csv"),
        (journal_line("start", "a").rstrip(), "the last line is cut"),
        (journal_line("end", "a", number=2), "0 requests start twice and 1 end without a start"),
        (journal_line("start", "b"), "1 requests start twice and 0 end without a start"),
    ],
)
def test_a_line_that_cannot_be_believed_makes_the_book_unusable(line, problem, tmp_path):
    path = write_journal(tmp_path, journal_line("start", "a"), journal_line("end", "a"), line)

    with pytest.raises(RawDataError, match=problem) as refusal:
        load_app(empty_database(), path)
    assert "app-journal.csv" in str(refusal.value)
