"""Which line of nginx's error log belongs to which failure, and which lines are failures themselves."""

import pytest

from badgateway.model.evidence import Phase
from tests.causes.evidence import CLOSED, TIMED_OUT, Evidence
from tests.causes.samples import QUEUE_FULL

CUT = "upstream prematurely closed connection while reading upstream"


def line(evidence: Evidence, message: str, **given) -> Evidence:
    """A line that names its request, but no failure's connection."""
    return evidence.proxy_line(message, of=None, **given)


@pytest.mark.parametrize("late_s", [-1, 0, 1])
def test_a_stock_log_is_joined_by_request_and_nearly_the_second(late_s):
    evidence = line(Evidence().combined(502, at=10), CLOSED, at=10 + late_s)
    assert evidence.found() == {"502-connection-closed": 1}


def test_a_line_two_seconds_off_is_anothers():
    assert line(Evidence().combined(502, at=10), CLOSED, at=12).found() == {"502-unexplained-by-this-log": 1}


def test_another_request_of_that_second_is_not_taken():
    evidence = line(Evidence().combined(502), CLOSED, request="POST /members/ HTTP/1.1")
    assert evidence.found() == {"502-unexplained-by-this-log": 1}


def test_one_line_explains_one_failure():
    evidence = line(Evidence().combined(502).combined(502).combined(502), CLOSED)
    assert evidence.found() == {"502-connection-closed": 1, "502-unexplained-by-this-log": 2}


def test_lines_of_one_second_go_to_failures_in_their_order_and_by_status():
    evidence = Evidence().combined(502).combined(504).combined(502)
    line(evidence, TIMED_OUT, errno=110)
    line(line(evidence, CLOSED), QUEUE_FULL, errno=11, phase=Phase.CONNECTING)
    assert evidence.found() == {"504-no-answer-in-time": 1, "502-connection-closed": 1, "listen-queue-full": 1}


def test_the_connection_decides_where_both_logs_have_it():
    evidence = Evidence().failure(502).failure(502)
    evidence.proxy_line(CLOSED, of=1).proxy_line(QUEUE_FULL, of=0, errno=11, phase=Phase.CONNECTING)
    evidence.rows["failures"][0]["upstream_connect_s"] = None
    assert evidence.found() == {"502-connection-closed": 1, "listen-queue-full": 1}


def test_a_line_of_another_connection_is_not_taken():
    assert line(Evidence().failure(502), CLOSED).found() == {"502-answer-lost": 1}


def test_a_status_that_an_error_page_replaced_is_still_explained():
    evidence = Evidence().combined(503)
    assert line(evidence, QUEUE_FULL, errno=11, phase=Phase.CONNECTING).found() == {"listen-queue-full": 1}


def test_the_applications_own_500_takes_no_line_of_a_502():
    assert line(Evidence().combined(500), CLOSED).found() == {"application-answered-5xx": 1}


def test_without_an_access_log_each_line_is_a_failure():
    evidence = line(line(Evidence(), CLOSED), TIMED_OUT, errno=110)
    line(evidence, QUEUE_FULL, errno=11, phase=Phase.CONNECTING)
    line(evidence, "an upstream response is buffered to a temporary file", phase=Phase.READING_BODY, level="warn")
    diagnosis = evidence.diagnosis()
    assert diagnosis.failures == 3
    assert evidence.found() == {"listen-queue-full": 1, "504-no-answer-in-time": 1, "502-connection-closed": 1}
    assert {found.urls for found in diagnosis.causes} == {(("/members/", 1),)}
    assert {status for found in diagnosis.causes for status, _ in found.statuses} == {502, 504}


def test_with_an_access_log_a_line_that_no_failure_has_is_none():
    evidence = line(Evidence().volume("nginx access log (combined)", 200, 50), CLOSED)
    assert evidence.diagnosis().failures == 0


def test_the_access_log_of_a_server_alone_does_not_know_what_never_reached_it():
    evidence = Evidence().volume("Gunicorn log", 200, 50)
    line(evidence, QUEUE_FULL, errno=11, phase=Phase.CONNECTING)
    assert evidence.found() == {"listen-queue-full": 1}


def test_an_answer_that_is_a_failure_anyhow_is_none_once_more_when_it_was_cut():
    evidence = line(Evidence().combined(500), CUT, phase=Phase.READING_BODY)
    assert evidence.found() == {"application-answered-5xx": 1}
    assert line(evidence, CUT, phase=Phase.READING_BODY, request="GET /other/ HTTP/1.1").diagnosis().failures == 2


def test_a_cut_body_is_a_failure_that_the_access_log_takes_for_a_success():
    evidence = line(Evidence().volume("nginx access log (combined)", 200, 50), CUT, phase=Phase.READING_BODY)
    assert evidence.found() == {"body-cut-unexplained": 1}


def test_the_ledger_knows_all_its_failures():
    assert line(Evidence().volume("ledger", 200, 50), CUT, phase=Phase.READING_BODY).found() == {}
    evidence = Evidence().failure(502, source="ledger")
    assert line(evidence, CUT, phase=Phase.READING_BODY).found() == {"502-answer-lost": 1}


@pytest.mark.parametrize(
    ("message", "errno", "phase", "found"),
    [
        (
            "writev() failed (32: Broken pipe) while sending request to upstream",
            32,
            Phase.SENDING,
            "closed-while-sending",
        ),
        ("connect() failed (113: No route to host) while connecting", 113, Phase.CONNECTING, "nothing-listening"),
        ("connect() to unix:/s failed (2: No such file or directory)", 2, Phase.CONNECTING, "nothing-listening"),
        ("upstream timed out (110: ...) while SSL handshaking to upstream", 110, Phase.OTHER, "504-connect-timeout"),
        (
            "upstream timed out (110: ...) while sending request to upstream",
            110,
            Phase.SENDING,
            "504-no-answer-in-time",
        ),
        ("epoll_wait() reported that client prematurely closed connection", None, Phase.SENDING, "client-gave-up"),
        ("socket() failed (24: Too many open files)", 24, Phase.CONNECTING, "proxy-out-of-connections"),
    ],
)
def test_lines_are_read_by_number_and_phase(message, errno, phase, found):
    evidence = line(Evidence(), message, errno=errno, phase=phase, upstream="http://10.0.0.7:80/")
    assert [cause for cause in evidence.found() if cause.endswith(found)]


def of(message: str, client: str, host: str = "a.example.org", server: str = "a") -> str:
    """A line of nginx's error log as it is written."""
    request = 'request: "GET /members/ HTTP/1.1", upstream: "http://unix:/run/web.sock:/members/"'
    return f'... {message}, client: {client}, server: {server}, {request}, host: "{host}"'


def told(evidence: Evidence) -> dict[tuple[str, str], int]:
    return {(each.cause.id, str(each.certainty)): each.count for each in evidence.diagnosis().causes}


FULL = {"errno": 11, "phase": Phase.CONNECTING}
PROVEN, UNTOLD = ("listen-queue-full", "proven"), ("502-unexplained-by-this-log", "family")


def test_of_two_clients_who_ask_for_the_same_in_the_same_second_each_has_its_own_line():
    evidence = Evidence().combined(502, client="203.0.113.7").combined(502, client="203.0.113.8")
    line(evidence, CLOSED, line=of(CLOSED, "203.0.113.8"))
    line(evidence, QUEUE_FULL, line=of(QUEUE_FULL, "203.0.113.7"), **FULL)
    diagnosis = evidence.diagnosis()

    assert told(evidence) == {PROVEN: 1, ("502-connection-closed", "family"): 1}
    assert ["client: 203.0.113.7" in each.evidence[0].text for each in diagnosis.causes] == [
        each.cause.id == "listen-queue-full" for each in diagnosis.causes
    ]


def test_a_line_of_another_client_explains_nothing():
    evidence = Evidence().combined(502, client="203.0.113.7").combined(502, at=60, client="203.0.113.8")
    line(evidence, QUEUE_FULL, line=of(QUEUE_FULL, "203.0.113.8"), **FULL)
    line(evidence, QUEUE_FULL, at=60, line=of(QUEUE_FULL, "203.0.113.8"), **FULL)

    assert told(evidence) == {PROVEN: 1, UNTOLD: 1}


def test_a_line_of_a_client_of_another_site_explains_nothing_where_the_logs_know_the_same_clients():
    evidence = Evidence().combined(502, client="203.0.113.7")
    line(evidence, QUEUE_FULL, line=of(QUEUE_FULL, "198.51.100.4", host="b.example.org", server="b"), **FULL)
    for at in (60, 120):
        evidence.combined(502, at=at, client="203.0.113.8")
        line(evidence, QUEUE_FULL, at=at, line=of(QUEUE_FULL, "203.0.113.8"), **FULL)

    assert told(evidence) == {PROVEN: 2, UNTOLD: 1}


def test_where_one_log_has_a_balancer_s_address_a_line_is_one_of_several_that_fit():
    evidence = Evidence().combined(502, client="203.0.113.7").combined(502, at=60, client="203.0.113.8")
    for at in (0, 60):
        line(evidence, QUEUE_FULL, at=at, line=of(QUEUE_FULL, "10.0.0.5"), **FULL)

    assert told(evidence) == {("listen-queue-full", "family"): 2}


@pytest.mark.parametrize(
    ("shortened", "whole", "certainty"),
    [
        ("203.0.113.0", "203.0.113.7", "proven"),
        ("203.0.0.0", "203.0.113.7", "proven"),
        ("2001:db8::", "2001:db8::7", "proven"),
        ("203.0.112.0", "203.0.113.7", "family"),
        ("203.0.113.1", "203.0.113.17", "family"),
    ],
)
def test_an_address_may_be_without_its_end_in_one_log(shortened, whole, certainty):
    evidence = line(Evidence().combined(502, client=shortened), QUEUE_FULL, line=of(QUEUE_FULL, whole), **FULL)

    assert told(evidence) == {("listen-queue-full", certainty): 1}


def test_a_log_that_names_no_client_is_joined_as_before():
    assert told(line(Evidence().combined(502), QUEUE_FULL, line=of(QUEUE_FULL, "203.0.113.7"), **FULL)) == {PROVEN: 1}
    assert told(line(Evidence().combined(502, client="203.0.113.7"), QUEUE_FULL, **FULL)) == {PROVEN: 1}


@pytest.mark.parametrize("asked_host", ["A.example.org:443", "a"])
def test_of_two_sites_that_one_client_asks_each_has_its_own_line(asked_host):
    evidence = Evidence().combined(502, client="203.0.113.7", asked_host=asked_host)
    line(evidence, CLOSED, line=of(CLOSED, "203.0.113.7", host="b.example.org", server="b"))
    line(evidence, QUEUE_FULL, line=of(QUEUE_FULL, "203.0.113.7"), **FULL)

    assert told(evidence) == {PROVEN: 1}


def test_a_line_about_another_site_proves_nothing():
    evidence = Evidence().combined(502, client="203.0.113.7", asked_host="a.example.org")
    evidence.combined(502, at=60, client="203.0.113.7", asked_host="b.example.org")
    line(evidence, QUEUE_FULL, line=of(QUEUE_FULL, "203.0.113.7", host="b.example.org", server="b"), **FULL)

    assert told(evidence) == {UNTOLD: 2}


def test_a_retried_request_has_the_line_of_its_own_client():
    evidence = Evidence().combined(200, at=0.9, client="203.0.113.7", upstream_status="502, 200", upstream_tries=2)
    evidence.combined(502, at=60, client="203.0.113.8")
    line(evidence, CLOSED, line=of(CLOSED, "203.0.113.8"))
    line(evidence, CLOSED, line=of(CLOSED, "203.0.113.7"))
    (retried,) = (each for each in evidence.diagnosis().causes if each.cause.id == "proxy-retried")

    assert "client: 203.0.113.7" in retried.evidence[0].text
