from pathlib import Path

import duckdb
import pytest

from badgateway.ledger.outcome import CASE, RULES, outcome_of_row
from badgateway.model.outcome import Outcome
from badgateway.model.raw_words import ClientError
from tests.in_memory import empty_database

DOC = Path(__file__).parents[2] / "docs" / "ledger.md"


JOINED_ROW = """
SELECT 'id' AS request_id, $name AS name, $status::INTEGER AS status, $error AS error, $proxy::INTEGER AS proxy_status,
    $accepted AS accepted
"""


def outcome(
    *,
    name: str | None = "GET /",
    status: int | None = 200,
    error: str | None = "",
    proxy: int | None = 200,
    accepted: bool = False,
) -> Outcome:
    values = {"name": name, "status": status, "error": error, "proxy": proxy, "accepted": accepted}
    row = empty_database().sql(JOINED_ROW, params=values)
    return Outcome(row.project(CASE).fetchall()[0][0])


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, Outcome.OK),
        (302, Outcome.OK),
        (404, Outcome.BAD_CONTENT),
        (500, Outcome.SERVER_ERROR),
        (502, Outcome.BAD_GATEWAY),
        (503, Outcome.UNAVAILABLE),
        (504, Outcome.GATEWAY_TIMEOUT),
        (507, Outcome.SERVER_ERROR),
    ],
)
def test_a_status_both_sides_agree_on_names_the_outcome(status, expected):
    assert outcome(status=status, proxy=status) is expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [(200, Outcome.TRUNCATED), (404, Outcome.BAD_CONTENT), (502, Outcome.BAD_GATEWAY), (504, Outcome.GATEWAY_TIMEOUT)],
)
def test_a_cut_body_is_truncated_only_under_a_good_status(status, expected):
    assert outcome(status=status, error="truncated", proxy=status) is expected


def test_a_whole_body_that_is_not_what_was_asked_for_is_bad_content():
    assert outcome(error="bad_content") is Outcome.BAD_CONTENT


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ("connect_error", Outcome.CONNECT_ERROR),
        ("disconnected", Outcome.CONNECT_ERROR),
        ("client_timeout", Outcome.CLIENT_TIMEOUT),
        ("aborted", Outcome.CLIENT_CLOSED),
    ],
)
@pytest.mark.parametrize("proxy", [None, 200, 499])
def test_a_request_without_an_answer_needs_no_line_of_the_proxy_and_no_equal_status(error, expected, proxy):
    assert outcome(status=0, error=error, proxy=proxy) is expected


def test_a_status_that_the_locust_file_accepts_is_ok():
    assert outcome(status=404, proxy=404, accepted=True) is Outcome.OK
    assert outcome_of_row(404, "", accepted=True) is Outcome.OK


@pytest.mark.parametrize("error", ["", "truncated", "bad_content"])
def test_an_answer_unknown_to_the_proxy_is_unmatched(error):
    assert outcome(error=error, proxy=None) is Outcome.UNMATCHED


def test_a_request_unknown_to_the_client_is_unmatched():
    assert outcome(name=None, status=None, error=None) is Outcome.UNMATCHED


@pytest.mark.parametrize("error", ["", "truncated", "bad_content"])
def test_two_different_statuses_are_unmatched(error):
    assert outcome(status=200, error=error, proxy=502) is Outcome.UNMATCHED
    assert outcome(status=502, error=error, proxy=200) is Outcome.UNMATCHED


def test_a_row_no_rule_knows_stops_the_query():
    with pytest.raises(duckdb.Error, match="no rule for request id"):
        outcome(error="tired")


def test_every_outcome_has_a_rule():
    assert set(Outcome) == {rule.outcome for rule in RULES}


def test_the_documentation_tells_the_rules_in_their_order():
    table = "\n".join(f"| {rank} | {rule.meaning} | {rule.outcome} |" for rank, rule in enumerate(RULES, start=1))

    assert table in DOC.read_text()


def test_of_a_row_alone_the_same_is_said_as_of_one_with_the_same_status_in_the_proxys_book():
    statuses = (0, 101, 200, 302, 399, 400, 404, 499, 500, 502, 503, 504, 507, 599)
    rows = [(status, error.value) for status in statuses for error in ClientError]

    assert {row: outcome_of_row(*row) for row in rows} == {
        (status, error): outcome(status=status, error=error, proxy=status) for status, error in rows
    }
