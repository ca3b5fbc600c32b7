"""The rows of the tabs that the web UI shows while a load runs."""

import pytest

from badgateway.causes.catalogue import BY_ID
from badgateway.model.diagnosis import Certainty, Diagnosis
from badgateway.model.explanation import Incident, Spread
from badgateway.model.live_page import CAUSES, OUTCOMES, SERVER, Counted, Recent
from badgateway.model.outcome import Outcome
from badgateway.report.explanation.live_tables import (
    by_hand_note,
    by_hand_summary,
    cause_rows,
    outcome_rows,
    server_rows,
    strip,
)
from badgateway.report.wording import TIMES

UWSGI = {"uwsgi": ()}
LINE = "connect() to unix:/run/web.sock failed (11: Resource temporarily unavailable)"


def incident(cause: str | None = "listen-queue-full", *, certainty: Certainty | None = Certainty.PROVEN) -> Incident:
    return Incident(
        cause=BY_ID[cause] if cause else None,
        certainty=certainty,
        start_s=1_795_293_000,
        end_s=1_795_293_004,
        count=12,
        statuses=((502, 12),),
        path="/members/",
        spread=Spread.ONCE,
    )


def counted(outcome: Outcome, count: int, p95_ms: float | None = None) -> Counted:
    return Counted(outcome=outcome, count=count, minute=(0, count), p50_ms=p95_ms, p95_ms=p95_ms, p99_ms=p95_ms)


def test_a_cause_has_its_count_its_line_and_what_to_change_in_this_server():
    (row,) = cause_rows([(incident(), 12)], {"listen-queue-full": LINE}, UWSGI, 0.0)

    assert list(row) == list(CAUSES.columns)
    assert row["failures"].replace("\N{NO-BREAK SPACE}", " ") == "12 \N{MULTIPLICATION SIGN} 502"
    assert row["evidence"] == LINE
    assert row["change"].startswith("uWSGI: processes, threads")
    assert "Gunicorn" not in row["change"]
    assert "not proven" not in row["cause"]


def test_failures_of_earlier_incidents_of_a_cause_are_counted():
    (row,) = cause_rows([(incident(), 40)], {}, UWSGI, 0.0)

    assert row["failures"].startswith("40 (")


def test_a_cause_that_is_not_proven_says_so_and_no_cause_has_no_advice():
    family, none = cause_rows(
        [(incident(certainty=Certainty.FAMILY), 12), (incident(None, certainty=None), 12)], {}, UWSGI, 0.0
    )

    assert family["cause"].endswith("(not proven)")
    assert none["cause"].startswith("no cause was found")
    assert (none["evidence"], none["change"]) == ("", "")


def test_a_series_has_its_value_its_limit_and_its_last_minute():
    rows = server_rows(
        [
            Recent(series="uwsgi_busy_workers", now=2.0, limit=2.0, minute=(0.0, 2.0)),
            Recent(series="accept_queue", now=31.0, limit=100.0, minute=(None, 50.0, 100.0)),
        ]
    )

    assert [list(row) for row in rows] == [list(SERVER.columns)] * 2
    assert [tuple(row.values()) for row in rows] == [
        ("Accept queue of the server", "31", "100", "100", "╌▅█"),
        ("Workers at work", "2", "2", "2", "▁█"),
    ]


def test_what_is_not_known_now_is_no_zero_and_what_was_never_known_has_no_row():
    rows = server_rows(
        [
            Recent(series="db_connections", now=None, limit=None, minute=(3.0, None)),
            Recent(series="accept_queue", now=None, limit=None, minute=(None, None)),
        ]
    )

    assert [(row["what"], row["now"], row["limit"]) for row in rows] == [("Database connections", "not known", "")]


def test_outcomes_have_shares_of_all_and_only_ok_requests_have_latencies():
    ok, bad = outcome_rows([counted(Outcome.OK, 30, 120.0), counted(Outcome.BAD_GATEWAY, 10)])

    assert list(ok) == list(OUTCOMES.columns)
    assert (ok["outcome"], ok["count"], ok["p95"]) == ("OK", "30", "120\N{NO-BREAK SPACE}ms")
    assert (bad["outcome"], bad["share"], bad["p95"]) == ("502 bad gateway", "25.0\N{NO-BREAK SPACE}%", "")


@pytest.mark.parametrize(
    ("values", "limit", "drawn"),
    [((0.0, 0.0), None, "▁▁"), ((0.01, 100.0), None, "▂█"), ((50.0,), 100.0, "▅"), ((None,), None, "╌"), ((), 1.0, "")],
)
def test_bars_reach_to_the_limit_and_nothing_is_drawn_as_nothing(values, limit, drawn):
    assert strip(values, limit) == drawn


def test_what_was_done_by_hand_is_called_no_measurement():
    note = by_hand_note("small, uwsgi", {Outcome.OK: 1200, Outcome.BAD_GATEWAY: 34})

    assert "no measurement" in note
    assert "1,200 x OK and 34 x 502 bad gateway" in note.replace(TIMES, " x ")


def test_what_was_counted_by_hand_ends_with_what_has_no_cause():
    diagnosis = Diagnosis(requests=5, failures=2, causes=(), unattributed=2, unattributed_lines=(), hints=())

    assert by_hand_summary({Outcome.OK: 3, Outcome.BAD_GATEWAY: 2}, diagnosis).splitlines() == [
        "By hand: 5 requests, 2 failed.",
        "  2 failures without a cause that was found",
    ]
    assert by_hand_summary({Outcome.OK: 1}, diagnosis).startswith("By hand: 1 request, none failed.")
