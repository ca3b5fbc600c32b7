"""What a diagnosis says about the causes it found."""

import pytest

from badgateway.causes import diagnose
from badgateway.model.diagnosis import SERVER_LOG, Certainty
from badgateway.model.evidence import ServerEvent
from badgateway.model.log_kind import LogKind
from tests.causes.evidence import NOON, Evidence, counts
from tests.causes.samples import SAMPLES, connect_timeout, queue_full


def test_no_evidence_is_no_failure_and_says_what_to_give():
    diagnosis = Evidence().diagnosis()
    assert (diagnosis.failures, diagnosis.unattributed, diagnosis.causes) == (0, 0, ())
    assert diagnosis.hints[0].startswith("No access log and no error log")


def test_causes_come_most_frequent_first_with_their_minutes_and_paths():
    evidence = Evidence().slow(at=5)
    for at in (1, 2, 130):
        queue_full(evidence, at=at)
    evidence.rows["failures"][-1]["uri"] = "/scores/?page=*"
    evidence.rows["proxy_errors"][-1]["request"] = "GET /scores/?page=* HTTP/1.1"
    diagnosis = evidence.diagnosis()
    full, slow = diagnosis.causes
    assert (full.cause.id, full.count, full.statuses) == ("listen-queue-full", 3, ((502, 3),))
    assert full.minutes == ((int(NOON), 2), (int(NOON) + 120, 1))
    assert full.urls == (("/members/", 2), ("/scores/", 1))
    assert slow.cause.id == "504-no-answer-in-time"
    assert (diagnosis.requests, diagnosis.failures) == (100, 4)


def test_evidence_is_the_first_lines_of_server_and_proxy():
    evidence = Evidence()
    for at in range(0, 50, 10):
        evidence.closed(at=at + 0.3).event(ServerEvent.WORKER_KILLED, at=at, pid=70 + at, signal=9)
    (found,) = evidence.diagnosis().causes
    assert [(line.file, line.line_number) for line in found.evidence] == [
        ("server.log", 1),
        ("error.log", 1),
        ("server.log", 2),
    ]
    assert found.evidence[0].text == "server line 1: worker killed"


def test_a_probes_sample_is_evidence_in_words():
    evidence = connect_timeout(Evidence(), at=3.0).sample("accept_queue", 11, at=2, limit=10)
    (found,) = evidence.diagnosis().causes
    assert found.evidence[0].file == "probe samples"
    assert found.evidence[0].text.startswith("accept_queue = 11 at ")


def test_ten_paths_are_shown_at_most():
    evidence = Evidence()
    for number in range(12):
        evidence.combined(502, uri=f"/page/{number:02}/")
    (found,) = evidence.diagnosis().causes
    assert len(found.urls) == 10
    assert found.urls[0] == ("/page/00/", 1)


def test_what_no_rule_holds_for_is_shown():
    diagnosis = Evidence().failure(None, outcome="CONNECT_ERROR").failure(None, outcome="UNMATCHED").diagnosis()
    assert diagnosis.unattributed == 2
    assert [line.line_number for line in diagnosis.unattributed_lines] == [1, 2]


def test_a_second_diagnosis_of_the_same_tables_is_the_same():
    connection = SAMPLES["harakiri-collateral"]().database()
    first = diagnose(connection, requests=1)
    assert diagnose(connection, requests=1) == first
    assert counts(first) == {"harakiri-collateral": 1}


def test_what_was_decided_is_left_for_others():
    connection = SAMPLES["listen-queue-full"]().database()
    diagnose(connection, requests=1)
    rows = connection.execute("SELECT failure_id, cause_id, certainty FROM decided").fetchall()
    assert rows == [(1, "listen-queue-full", str(Certainty.PROVEN))]


def untimed(server: str) -> Evidence:
    return Evidence().closed().event(ServerEvent.WORKER_KILLED, at=None, pid=1, server=server)


@pytest.mark.parametrize(
    ("evidence", "says"),
    [
        (lambda: Evidence().combined(502), "Give nginx's error log"),
        (lambda: Evidence().combined(502), "no times of the upstream"),
        (lambda: Evidence().combined(502).proxy_line("upstream sent too big header"), "Add $connection"),
        (lambda: Evidence().failure(499), "error_log to info"),
        (lambda: Evidence().closed(), "application server's log"),
        (lambda: untimed("uwsgi"), "Set log-date = true."),
        (lambda: untimed("gunicorn"), "Let its logconfig begin each line as Gunicorn does"),
        (lambda: untimed("uwsgi").event(ServerEvent.SHUTDOWN, at=99), "Give the handlers in Django's LOGGING"),
        (lambda: untimed("gunicorn").event(ServerEvent.SHUTDOWN, at=99), "Give the handlers in Django's LOGGING"),
        (lambda: Evidence().closed().event(ServerEvent.WORKER_BOOTED, at=9), "Log when each request starts"),
        (lambda: Evidence().balanced(502), "load balancer's targets"),
        (lambda: Evidence().failure(500, upstream_header_s=0.1), "django.request"),
        (lambda: Evidence().proxy_line("upstream sent too big header"), "Without an access log"),
    ],
)
def test_hints_name_what_is_missing(evidence, says):
    assert [hint for hint in evidence().diagnosis().hints if says in hint]


@pytest.mark.parametrize("server", ["uwsgi", "gunicorn"])
def test_a_hint_about_times_is_of_the_server_whose_log_it_is_and_given_once(server):
    hints = [hint for hint in untimed(server).diagnosis().hints if "no time," in hint]
    assert [("log-date" in hint, "logconfig" in hint) for hint in hints] == [(server == "uwsgi", server == "gunicorn")]


def test_nothing_is_missing_where_all_is_told():
    evidence = Evidence().closed().event(ServerEvent.WORKER_KILLED, pid=71, signal=9)
    assert evidence.diagnosis().hints == ()


def test_an_access_log_without_failures_has_nothing_to_ask_for():
    assert Evidence().volume(str(LogKind.NGINX_COMBINED), 200, 10).diagnosis().hints == ()


@pytest.mark.parametrize(
    ("given", "says"), [(LogKind.NGINX_ERROR, "nginx's error log"), (SERVER_LOG, "application server's log")]
)
def test_no_hint_asks_for_a_log_that_was_given(given, says):
    connection = Evidence().combined(502).database()
    asked, spared = (
        diagnose(connection, requests=9, given=kinds).hints for kinds in (frozenset(), frozenset({str(given)}))
    )
    assert any(says in hint for hint in asked)
    assert not any(says in hint for hint in spared)
