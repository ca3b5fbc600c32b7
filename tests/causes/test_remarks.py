"""What is told beside failures."""

from badgateway.causes import diagnose
from badgateway.causes.remarks import remarks, remarks_by_subject
from badgateway.model.evidence import Phase, ServerEvent
from tests.causes.evidence import Evidence, Row


def remarked(evidence: Evidence) -> tuple[str, ...]:
    with evidence.database() as connection:
        diagnose(connection, requests=1)
        return remarks(connection)


def test_a_proxy_that_did_not_start_is_told_of_with_its_line():
    emerg: Row = {"level": "emerg", "of": None, "request": None, "phase": Phase.OTHER, "line": "[emerg] host not found"}
    (sentence,) = remarked(Evidence().proxy_line("host not found", **emerg))

    assert sentence == "nginx did not start, or kept its old configuration: error.log:1  [emerg] host not found"


def test_workers_that_ended_are_told_of_where_no_request_is_known_to_have_failed():
    evidence = Evidence().event(ServerEvent.WORKER_TIMEOUT, pid=7).event(ServerEvent.WORKER_TIMEOUT, at=60, pid=8)
    (sentence,) = remarked(evidence)

    assert "worker timeout (2, first server.log:1)" in sentence
    assert remarked(evidence.closed()) == ()
    assert remarked(Evidence().event(ServerEvent.WORKER_BOOTED, pid=7)) == ()


def test_an_exception_is_told_of_where_no_access_log_tells_what_became_of_it():
    evidence = Evidence().event(ServerEvent.DB_POOL_EXHAUSTED, uri="/members/")
    (sentence,) = remarked(evidence)

    assert "database pool exhausted (1, first server.log:1)" in sentence
    assert remarked(evidence.volume("access", 200, 1)) == ()


def test_each_kind_of_trouble_is_told_of_by_its_subject_however_often_it_was():
    once = Evidence().event(ServerEvent.WORKER_TIMEOUT, pid=7)
    with once.event(ServerEvent.WORKER_TIMEOUT, at=60, pid=8).event(ServerEvent.HARAKIRI, pid=9).database() as found:
        diagnose(found, requests=1)
        told = remarks_by_subject(found, has_failed=False)
        assert remarks_by_subject(found, has_failed=True) == {}

    assert sorted(told) == [ServerEvent.HARAKIRI, ServerEvent.WORKER_TIMEOUT]
    assert "worker timeout (2, first server.log:1)" in told[ServerEvent.WORKER_TIMEOUT]
    assert "harakiri" not in told[ServerEvent.WORKER_TIMEOUT]


def test_bodies_that_nginx_finds_too_large_are_told_of_though_a_413_is_no_failure():
    message = "client intended to send too large body: 20971520 bytes"
    evidence = Evidence().proxy_line(message, phase=Phase.OTHER).proxy_line(message, phase=Phase.OTHER)
    (sentence,) = remarked(evidence)

    assert "refused 2 requests" in sentence
    assert "first error.log:1: client_max_body_size" in sentence


def test_an_end_whose_request_the_server_names_is_told_of_too():
    (sentence,) = remarked(Evidence().event(ServerEvent.WORKER_TIMEOUT, pid=7, uri="/report/"))

    assert "worker timeout (1, first server.log:1)" in sentence


def test_a_crash_of_nginx_itself_is_told_of_and_a_worker_that_was_told_to_go_is_not():
    line: Row = {"level": "alert", "of": None, "request": None, "phase": Phase.OTHER}
    crash = Evidence().proxy_line("worker process 31 exited on signal 11 (core dumped)", **line)
    (sentence,) = remarked(crash)

    assert sentence.startswith("A worker of nginx's own ended by a signal (1 time, first error.log:1)")
    assert remarked(Evidence().proxy_line("worker process 31 exited on signal 15", **line)) == ()


def test_what_supervises_a_server_and_has_no_time_is_told_of_beside_failures():
    evidence = Evidence().event(ServerEvent.UNIT_GAVE_UP, at=None, server="events").failure(502)
    (sentence,) = remarked(evidence)

    assert "without a time: service given up (1, first server.log:1)" in sentence
    assert remarked(Evidence().event(ServerEvent.UNIT_GAVE_UP, at=-900, server="events").failure(502)) == ()


def test_a_line_about_a_request_that_no_rule_knows_is_told_of_where_no_access_log_is_there():
    evidence = Evidence().proxy_line("something that no rule knows", of=None, phase=Phase.OTHER)
    (sentence,) = remarked(evidence)

    assert sentence.startswith("nginx complains of 1 request as no rule knows it, first error.log:1")
    assert remarked(evidence.volume("access", 200, 1)) == ()
