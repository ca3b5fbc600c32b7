"""What looks like one cause and is another."""

from typing import Any

import pytest

from badgateway.model.diagnosis import Certainty
from badgateway.model.evidence import Phase, ServerEvent
from badgateway.model.log_kind import LogKind
from tests.causes.evidence import CLOSED, CONNECT_TIMED_OUT, NOON, TIMED_OUT, Evidence
from tests.causes.samples import (
    after,
    answered,
    boots,
    connect_timeout,
    crowded,
    dying,
    harakiri,
    queue_full,
    recycled,
    refused,
    saturated,
)

pytestmark = pytest.mark.corpus

EVENT = ServerEvent


def test_out_of_memory_after_a_worker_timeout_is_the_arbiters_own_kill():
    evidence = Evidence().closed(at=11.2).event(EVENT.WORKER_TIMEOUT, at=10, pid=71)
    evidence.event(EVENT.WORKER_KILLED, at=11, pid=71, signal=9)
    assert evidence.found() == {"gunicorn-timeout-blocked-in-c": 1}


def test_a_kill_of_another_worker_long_after_a_timeout_stays_a_kill():
    evidence = Evidence().event(EVENT.WORKER_TIMEOUT, at=10, pid=71)
    evidence.event(EVENT.WORKER_KILLED, at=100, pid=72, signal=9).closed(at=100.3)
    assert evidence.found() == {"worker-killed": 1}


def test_a_pid_that_came_back_next_day_has_a_death_of_its_own():
    evidence = Evidence().event(EVENT.WORKER_TIMEOUT, at=10, pid=71)
    evidence.event(EVENT.WORKER_KILLED, at=86_400, pid=71, signal=9).closed(at=86_400.3)
    assert evidence.found() == {"worker-killed": 1}


@pytest.mark.parametrize(("left_s", "found"), [(9.5, "graceful-timeout-cut"), (10.6, "gunicorn-timeout-502")])
def test_what_two_books_tell_of_a_worker_is_put_in_order_by_its_times(left_s, found):
    evidence = Evidence().closed(at=10.7).event(EVENT.WORKER_TIMEOUT, at=10, pid=71)
    journal = {"file": "journal.csv", "instance": "server.log", "time_s": NOON + left_s}
    assert evidence.event(EVENT.WORKER_EXITED, pid=71, **journal).found() == {found: 1}


def test_a_thread_worker_that_was_leaving_did_not_hang():
    evidence = Evidence().closed(at=40.3).event(EVENT.WORKER_EXITED, at=10, pid=71)
    evidence.event(EVENT.WORKER_TIMEOUT, at=40, pid=71)
    assert evidence.found() == {"graceful-timeout-cut": 1}


def test_gunicorns_polite_signal_is_no_kill():
    evidence = Evidence().closed(at=0.4).event(EVENT.WORKER_KILLED, pid=71, signal=15)
    assert evidence.found() == {"502-connection-closed": 1}
    evidence.event(EVENT.WORKER_TIMEOUT, at=0, pid=71)
    assert evidence.found() == {"graceful-timeout-cut": 1}


@pytest.mark.parametrize("signal", [6, 11])
def test_a_signal_that_nobody_sends_is_a_crash(signal):
    evidence = Evidence().closed().event(EVENT.WORKER_KILLED, server="uwsgi", pid=71, signal=signal)
    assert evidence.found() == {"worker-crashed": 1}


def test_a_worker_that_was_recycled_in_good_order_killed_nothing():
    evidence = Evidence().closed().event(EVENT.WORKER_RECYCLED, pid=71).event(EVENT.WORKER_EXITED, pid=71)
    assert evidence.found() == {"502-connection-closed": 1}


def test_the_journals_pid_decides_between_two_deaths_of_one_second():
    evidence = Evidence().event(EVENT.WORKER_KILLED, pid=71, signal=9).event(EVENT.WORKER_TIMEOUT, pid=72)
    evidence.closed(at=0.3, app_pid=71, app_started_s=NOON - 1).closed(at=0.3, app_pid=72, app_started_s=NOON - 1)
    assert evidence.found() == {"worker-killed": 1, "gunicorn-timeout-502": 1}


@pytest.mark.parametrize(
    ("events", "found"),
    [
        ((EVENT.WORKER_KILLED,), "worker-killed"),
        ((EVENT.WORKER_CRASHED,), "worker-crashed"),
        ((EVENT.HARAKIRI,), "harakiri"),
        ((EVENT.EVIL_RELOAD,), "memory-reload"),
        ((EVENT.KILLED_WHILE_LEAVING,), "worker-mercy-expired"),
        ((EVENT.GRACEFUL_TIMEOUT,), "graceful-timeout-cut"),
        ((EVENT.WORKER_TIMEOUT,), "gunicorn-timeout-502"),
        ((EVENT.WORKER_TIMEOUT, EVENT.WORKER_KILLED), "gunicorn-timeout-blocked-in-c"),
    ],
)
def test_the_death_of_the_very_process_goes_before_what_was_only_near(events, found):
    evidence = (
        Evidence().closed(app_pid=71, app_started_s=NOON - 1).event(EVENT.EMPTY_500).event(EVENT.LATE_MONKEY_PATCH)
    )
    for event in events:
        evidence.event(event, pid=71)
    assert evidence.found() == {found: 1}


@pytest.mark.parametrize("asked", [EVENT.SHUTDOWN, EVENT.WORKER_RECYCLED])
@pytest.mark.parametrize(("waited_s", "found"), [(0, "header-before-the-exception"), (30, "worker-mercy-expired")])
def test_a_worker_that_granian_says_it_killed_at_once_had_left_by_itself(asked, waited_s, found):
    evidence = Evidence().event(asked, at=30 - waited_s, server="granian", pid=71)
    evidence.event(EVENT.KILLED_WHILE_LEAVING, at=30, server="granian", pid=71).cut(at=30.4)
    if not waited_s:
        evidence.event(EVENT.APPLICATION_EXCEPTION, at=30, server="granian", pid=72)
    assert evidence.found() == {found: 1}


def test_a_worker_cannot_have_been_recycled_in_the_second_before_it_was_ready():
    evidence = Evidence()
    journal: dict[str, Any] = {"file": "journal.csv", "instance": "server.log"}
    for pid, ready_s in ((71, 0.5), (72, 0.6), (73, 10.5), (74, 10.6), (75, 13.5), (76, 13.6)):
        evidence.event(EVENT.WORKER_READY, pid=pid, time_s=NOON + ready_s, **journal)
    for pid, recycled_s in ((71, 7), (72, 7), (73, 10), (74, 10)):
        evidence.event(EVENT.WORKER_RECYCLED, at=recycled_s, pid=pid)
    queue_full(queue_full(evidence, at=9.0), at=12.0)
    assert evidence.found() == {"workers-recycled-together": 2}


def test_an_exception_in_the_second_of_a_death_makes_the_death_doubtful():
    evidence = Evidence().cut().event(EVENT.WORKER_LOST, server="granian", pid=71)
    evidence.event(EVENT.APPLICATION_EXCEPTION, server="granian", pid=72)
    (found,) = evidence.diagnosis().causes
    assert found.certainty is Certainty.FAMILY


def test_a_worker_that_said_it_read_no_request_was_not_blocked_in_c_when_it_was_killed_after():
    evidence = Evidence().closed().event(EVENT.WORKER_TIMEOUT, pid=71)
    evidence.event(EVENT.WORKER_TIMEOUT, pid=71, uri="(no URI read)").event(EVENT.WORKER_KILLED, pid=71, signal=9)
    assert evidence.found() == {"worker-held-by-idle-connection": 1}


def test_the_timeout_of_the_very_process_cut_the_body():
    evidence = Evidence().cut(app_pid=71, app_started_s=NOON - 1).event(EVENT.WORKER_TIMEOUT, pid=71)
    assert evidence.event(EVENT.WORKER_KILLED, pid=72, signal=9).found() == {"timeout-cut-the-body": 1}


def test_a_traceback_beside_a_500_of_gunicorn_is_its_cause():
    evidence = answered().event(EVENT.APPLICATION_EXCEPTION, at=10, uri="/members/")
    assert evidence.found() == {"exception-outside-django": 1}


def test_a_death_of_another_process_than_the_journals_explains_nothing():
    evidence = Evidence().closed(app_pid=70, app_started_s=NOON - 1).event(EVENT.WORKER_KILLED, pid=71, signal=9)
    assert evidence.found() == {"worker-died-unseen": 1}


def test_two_unlike_deaths_equally_near_are_not_guessed_between():
    evidence = Evidence().closed().event(EVENT.WORKER_KILLED, pid=71, signal=9).event(EVENT.EVIL_RELOAD, pid=72)
    (found,) = evidence.diagnosis().causes
    assert (found.cause.id, found.certainty) == ("502-one-of-several-worker-deaths", Certainty.FAMILY)


def test_the_nearer_of_two_unlike_deaths_is_taken():
    evidence = Evidence().closed(at=10.5).event(EVENT.WORKER_KILLED, at=10, pid=71, signal=9)
    assert evidence.event(EVENT.EVIL_RELOAD, at=9, pid=72).found() == {"worker-killed": 1}


DEATHS = [
    ((EVENT.WORKER_KILLED,), "worker-killed"),
    ((EVENT.WORKER_CRASHED,), "worker-crashed"),
    ((EVENT.WORKER_TIMEOUT,), "gunicorn-timeout-502"),
    ((EVENT.WORKER_TIMEOUT, EVENT.WORKER_KILLED), "gunicorn-timeout-blocked-in-c"),
    ((EVENT.EVIL_RELOAD,), "memory-reload"),
]


def died(evidence: Evidence, events: tuple[ServerEvent, ...], pid: int) -> Evidence:
    for event in events:
        evidence.event(event, pid=pid)
    return evidence


@pytest.mark.parametrize(("events", "cause"), DEATHS)
def test_one_dead_worker_proves_the_end_of_one_request_and_not_of_two(events, cause):
    one = died(Evidence().closed(), events, 71).diagnosis()
    two = died(Evidence().closed().closed(uri="/other/"), events, 71).diagnosis()

    assert [(found.cause.id, found.certainty) for found in one.causes] == [(cause, Certainty.PROVEN)]
    assert [(found.cause.id, found.certainty, found.count) for found in two.causes] == [(cause, Certainty.FAMILY, 2)]


@pytest.mark.parametrize(("events", "cause"), DEATHS)
def test_two_dead_workers_or_one_that_runs_several_at_once_prove_the_end_of_two_requests(events, cause):
    dead = died(died(Evidence().closed().closed(uri="/other/"), events, 71), events, 72).diagnosis()
    threaded = Evidence().closed().closed(uri="/other/").event(EVENT.SEVERAL_AT_ONCE, at=-60, uri="gthread")
    shared = died(threaded, events, 71).diagnosis()

    for found in (*dead.causes, *shared.causes):
        assert (found.cause.id, found.certainty, found.count) == (cause, Certainty.PROVEN, 2)


def test_two_workers_that_died_a_second_apart_prove_the_end_of_one_request_each_although_each_line_came_late():
    evidence = Evidence().event(EVENT.SERVER_STARTED, at=-60).closed(at=0.1).closed(at=1.1)
    for at in (1, 2):
        evidence.event(EVENT.WORKER_KILLED, at=at, pid=70 + at, signal=9)

    assert {found.certainty: found.count for found in evidence.diagnosis().causes} == {Certainty.PROVEN: 2}


def test_one_dead_worker_proves_the_end_of_none_of_two_requests_of_neighbouring_seconds():
    evidence = Evidence().closed(at=0.1).closed(at=1.1).event(EVENT.WORKER_KILLED, at=1, pid=71, signal=9)

    assert {found.certainty: found.count for found in evidence.diagnosis().causes} == {Certainty.FAMILY: 2}


def test_threads_of_another_server_do_not_let_one_dead_worker_prove_two():
    evidence = Evidence().closed().closed(uri="/other/").event(EVENT.WORKER_KILLED, pid=71, signal=9)
    evidence.event(EVENT.SEVERAL_AT_ONCE, at=-60, file="other.log")

    (found,) = evidence.diagnosis().causes
    assert (found.cause.id, found.certainty) == ("worker-killed", Certainty.FAMILY)


ELSEWHERE: dict[str, Any] = {"file": "other.log"}


def listens_elsewhere(evidence: Evidence) -> Evidence:
    return evidence.event(EVENT.LISTENING, at=-9, uri="http://127.0.0.1:9000", **ELSEWHERE)


@pytest.mark.parametrize("event", [EVENT.RELOAD, EVENT.RESPAWN_THROTTLED])
def test_what_a_server_at_another_address_does_fills_no_queue_here(event):
    evidence = listens_elsewhere(Evidence()).event(event, **ELSEWHERE)

    assert queue_full(evidence, at=0.5).found() == {"listen-queue-full": 1}


@pytest.mark.parametrize("event", [EVENT.RELOAD, EVENT.SHUTDOWN])
def test_a_reload_of_a_server_at_another_address_drops_nothing_here(event):
    evidence = listens_elsewhere(Evidence().closed(at=0.8)).event(event, **ELSEWHERE)

    assert evidence.found() == {"502-connection-closed": 1}


def test_the_full_queue_of_a_server_at_another_address_is_not_this_one():
    evidence = connect_timeout(listens_elsewhere(Evidence()), at=3.0)

    assert evidence.event(EVENT.LISTEN_QUEUE_FULL, at=2, server="uwsgi", **ELSEWHERE).found() == {
        "504-connect-timeout": 1
    }


def test_a_worker_whose_request_the_journal_knows_proves_no_other_ones_end():
    evidence = Evidence().closed(app_pid=71, app_started_s=NOON - 1).closed(uri="/other/")
    evidence.event(EVENT.WORKER_KILLED, pid=71, signal=9)

    found = {found.certainty: found.count for found in evidence.diagnosis().causes}
    assert found == {Certainty.PROVEN: 1, Certainty.FAMILY: 1}


def test_of_one_harakiri_the_longest_request_is_to_blame_and_the_others_are_not():
    evidence = harakiri("/export/", "/members/", "/members/")
    evidence.closed(at=11.1, uri="/export/?year=2026", duration_s=6.0)
    evidence.closed(at=11.1, duration_s=5.0).closed(at=11.1, duration_s=4.0)
    assert evidence.found() == {"harakiri": 1, "harakiri-collateral": 2}


def test_a_request_that_a_harakiri_does_not_name_was_not_in_that_worker():
    evidence = harakiri("/export/").closed(at=11.1, uri="/export/").closed(at=11.1, uri="/other/")
    assert evidence.found() == {"harakiri": 1, "502-connection-closed": 1}


def test_two_workers_under_harakiri_for_the_same_path_have_a_culprit_each():
    evidence = Evidence()
    for pid in (71, 72):
        evidence.event(EVENT.HARAKIRI, at=10, server="uwsgi", pid=pid)
        evidence.event(EVENT.HARAKIRI, at=10, server="uwsgi", uri="/export/", request_started_s=NOON + 4)
        evidence.closed(at=10.6, uri="/export/", duration_s=6.0)
    assert evidence.found() == {"harakiri": 2}


def test_a_harakiri_without_names_takes_what_was_closed_at_its_time():
    evidence = Evidence().closed(at=10.5).event(EVENT.HARAKIRI, at=10, server="uwsgi", pid=71)
    assert evidence.found() == {"harakiri": 1}


def test_the_journal_finds_collateral_that_no_line_names():
    evidence = harakiri("/export/").closed(at=11.1, uri="/other/", app_pid=71, app_started_s=NOON + 9)
    assert evidence.found() == {"harakiri-collateral": 1}


def test_a_worker_that_took_the_next_request_is_killed_for_the_one_before():
    # As seen under 128 workers that serve one request each: the first had been given up by nginx, ended at last, and
    # the second was in the worker when the signal came.
    evidence = harakiri("/members/").slow(at=9.7, duration_s=5.0, app_pid=71, app_started_s=NOON + 6.2)
    evidence.closed(at=10.7, uri="/wait/?db_ms=...", duration_s=0.8, app_pid=71, app_started_s=NOON + 10.4)
    assert evidence.found() == {"slow-request": 1, "harakiri-collateral": 1}


@pytest.mark.parametrize(("started_s", "found"), [(5.3, "harakiri"), (10.4, "harakiri-collateral")])
def test_the_next_request_of_a_killed_worker_may_have_the_same_path(started_s, found):
    evidence = harakiri("/members/").closed(at=10.7, app_pid=71, app_started_s=NOON + started_s)
    assert evidence.found() == {found: 1}


def test_a_harakiri_of_another_process_is_no_ones_of_the_same_path():
    evidence = harakiri("/members/").closed(at=10.7, app_pid=72, app_started_s=NOON + 5.2)
    assert evidence.found() == {"worker-died-unseen": 1}


def test_a_named_harakiri_explains_a_502_of_a_stock_access_log():
    evidence = harakiri("/export/", "/members/").combined(502, at=11, uri="/export/").combined(502, at=11)
    assert evidence.combined(502, at=11, uri="/other/").found() == {
        "harakiri": 1,
        "harakiri-collateral": 1,
        "502-unexplained-by-this-log": 1,
    }


def test_a_stock_access_log_alone_proves_nothing():
    diagnosis = Evidence().combined(502).combined(504).combined(503).combined(500).diagnosis()
    assert {found.certainty for found in diagnosis.causes} == {Certainty.FAMILY}
    assert diagnosis.unattributed == 0


def test_a_502_of_a_stock_access_log_beside_a_death_is_still_open():
    evidence = Evidence().combined(502).event(EVENT.WORKER_TIMEOUT, pid=71)
    (found,) = evidence.diagnosis().causes
    assert (found.cause.id, found.certainty) == ("502-near-a-worker-death", Certainty.FAMILY)


def test_a_retry_that_went_well_shows_what_ended_the_first_try():
    evidence = Evidence().failure(200, at=12.0, upstream_status="502, 200", upstream_tries=2, duration_s=12.0)
    evidence.proxy_line(CLOSED, at=4.2).event(EVENT.WORKER_KILLED, at=4, pid=71, signal=9)
    (found,) = evidence.diagnosis().causes
    assert [line.file for line in found.evidence] == ["server.log", "error.log"]


def test_a_retry_shows_no_death_of_another_hour():
    evidence = Evidence().failure(200, at=4000.0, upstream_status="502, 200", upstream_tries=2, duration_s=1.0)
    evidence.proxy_line(CLOSED, at=4.2).event(EVENT.WORKER_KILLED, at=4, pid=71, signal=9)
    (found,) = evidence.diagnosis().causes
    assert [line.file for line in found.evidence] == ["access.log"]


def test_the_last_try_decides_when_all_failed():
    evidence = Evidence().failed(TIMED_OUT, status=504, at=10, errno=110, upstream_tries=2, upstream_status="502, 504")
    assert evidence.proxy_line(CLOSED, at=7).found() == {"504-no-answer-in-time": 1}


def test_an_own_502_of_the_application_is_not_the_proxys():
    assert Evidence().failure(502, upstream_header_s=0.2).found() == {"application-answered-5xx": 1}
    assert Evidence().combined(502, app_status=502).found() == {"application-answered-5xx": 1}


def test_a_500_that_nginx_made_and_did_not_explain_stays_open():
    diagnosis = Evidence().failure(500, upstream_header_s=None).diagnosis()
    assert (diagnosis.causes, diagnosis.unattributed) == ((), 1)
    assert diagnosis.unattributed_lines[0].text == "access line 1"


def test_a_quick_500_beside_a_timeout_was_not_interrupted_by_it():
    assert answered(duration_s=0.1).event(EVENT.WORKER_TIMEOUT, at=10, pid=71).found() == {
        "application-answered-5xx": 1
    }


def test_an_error_of_another_page_explains_nothing():
    evidence = answered().event(EVENT.DB_TOO_MANY_CONNECTIONS, at=10, uri="/scores/?page=*")
    assert evidence.found() == {"application-answered-5xx": 1}


def test_an_error_of_another_process_explains_nothing():
    evidence = Evidence().failure(500, upstream_header_s=0.1, app_pid=70).event(EVENT.DB_POOL_EXHAUSTED, pid=71)
    assert evidence.found() == {"application-answered-5xx": 1}


def waited_for_a_pool() -> Evidence:
    return answered(at=32.2, duration_s=30.2)


def test_a_pool_that_gave_no_connection_is_no_proof_that_all_were_lent():
    diagnosis = waited_for_a_pool().event(EVENT.DB_POOL_TIMEOUT, at=32).diagnosis()

    assert [(found.cause.id, found.certainty) for found in diagnosis.causes] == [
        ("db-pool-exhausted", Certainty.FAMILY)
    ]


@pytest.mark.parametrize(
    ("refused", "cause"),
    [
        (EVENT.DB_UNREACHABLE, "db-unreachable"),
        (EVENT.NO_LOCAL_PORT, "application-out-of-ports"),
        (EVENT.DB_TOO_MANY_CONNECTIONS, "db-connections-exhausted"),
    ],
)
def test_what_a_pool_was_told_while_a_request_waited_is_why_it_got_no_connection(refused, cause):
    evidence = waited_for_a_pool().event(refused, at=17).event(EVENT.DB_POOL_TIMEOUT, at=32)

    assert [(found.cause.id, found.certainty) for found in evidence.diagnosis().causes] == [(cause, Certainty.PROVEN)]


def test_a_database_that_was_away_before_a_request_came_is_only_likely_to_be_away_still():
    evidence = waited_for_a_pool().event(EVENT.DB_UNREACHABLE, at=-60).event(EVENT.DB_POOL_TIMEOUT, at=32)

    assert [(found.cause.id, found.certainty) for found in evidence.diagnosis().causes] == [
        ("db-unreachable", Certainty.FAMILY)
    ]


@pytest.mark.parametrize(
    ("told", "cause", "certainty"),
    [
        ((EVENT.NO_LOCAL_PORT,), "application-out-of-ports", Certainty.PROVEN),
        ((EVENT.NO_LOCAL_ADDRESS,), "application-out-of-ports", Certainty.FAMILY),
        ((EVENT.NO_LOCAL_ADDRESS, EVENT.DB_UNREACHABLE), "db-unreachable", Certainty.PROVEN),
    ],
)
def test_no_local_port_is_proven_only_of_an_address_that_needs_no_ipv6(told, cause, certainty):
    failed = answered()
    for event in told:
        failed = failed.event(event, at=10, uri="/members/")

    assert [(found.cause.id, found.certainty) for found in failed.diagnosis().causes] == [(cause, certainty)]


def test_a_database_that_was_away_long_ago_says_nothing_of_a_pool():
    evidence = waited_for_a_pool().event(EVENT.DB_UNREACHABLE, at=-600).event(EVENT.DB_POOL_TIMEOUT, at=32)

    assert evidence.found() == {"db-pool-exhausted": 1}


def test_a_traceback_of_a_worker_that_was_stopped_is_not_the_cause():
    evidence = Evidence().closed(at=10.4).event(EVENT.WORKER_TIMEOUT, at=10, pid=71)
    evidence.event(EVENT.APPLICATION_EXCEPTION, at=10, pid=71, uri="/members/")
    assert evidence.found() == {"gunicorn-timeout-502": 1}


def test_a_traceback_alone_is_the_cause_of_a_cut_body():
    assert Evidence().cut().event(EVENT.APPLICATION_EXCEPTION).found() == {"exception-outside-django": 1}


def test_a_late_patch_is_found_behind_a_502_too():
    evidence = Evidence().closed().event(EVENT.LATE_MONKEY_PATCH).event(EVENT.EMPTY_500)
    assert evidence.found() == {"late-monkey-patch": 1}


def test_a_header_too_large_is_refused_at_once():
    evidence = Evidence().closed(duration_s=5.0).event(EVENT.BLOCK_SIZE_EXCEEDED, value=5411, limit_value=4096)
    assert evidence.found() == {"502-connection-closed": 1}


def test_a_request_that_the_application_started_had_no_header_too_large():
    evidence = Evidence().closed(app_pid=71, app_started_s=NOON, app_ended_s=NOON)
    assert evidence.event(EVENT.BLOCK_SIZE_EXCEEDED, value=5411).found() == {"502-connection-closed": 1}


def test_not_http_is_a_mismatch_seen_from_nginx():
    evidence = Evidence().failed("upstream sent no valid HTTP/1.0 header while reading response header from upstream")
    assert evidence.found() == {"protocol-mismatch": 1}


def test_a_fast_page_behind_a_loop_that_was_free_most_of_the_time_was_slow_itself():
    assert Evidence().slow(at=10).blocked(1.0, at=9).found() == {"504-no-answer-in-time": 1}
    evidence = Evidence().slow(at=10).blocked(9.0, at=6.9).blocked(1.4, at=9)
    assert evidence.found() == {"504-no-answer-in-time": 1}


def test_a_loop_that_stood_still_until_after_the_proxy_gave_up_is_to_blame():
    assert Evidence().slow(at=10).blocked(5.0, at=12).found() == {"event-loop-blocked": 1}
    assert Evidence().slow(at=10).blocked(3.0, at=12).found() == {"504-no-answer-in-time": 1}


@pytest.mark.parametrize(("started", "found"), [(10.2, "tcp-accept-queue-full"), (7.2, "slow-request")])
def test_a_request_that_the_server_took_from_its_queue_too_late_was_not_slow(started, found):
    evidence = Evidence().queued(at=10, app_pid=71, app_started_s=NOON + started, app_ended_s=NOON + 12)
    assert evidence.event(EVENT.LISTEN_QUEUE_FULL, at=8, server="uwsgi").found() == {found: 1}


def test_who_stopped_the_loop_is_told_apart_from_who_waited_for_it():
    evidence = Evidence().blocked(4.0, at=11.0, pid=71, request_started_s=NOON + 6.9)
    evidence.slow(at=9.9, uri="/wait/", app_pid=71, app_started_s=NOON + 6.9, app_ended_s=NOON + 10.9)
    evidence.slow(at=9.9, app_pid=71, app_started_s=NOON + 6.8, app_ended_s=NOON + 11.1).slow(at=10.1)
    assert evidence.found() == {"event-loop-blocked": 2, "blocks-the-event-loop": 1}


def test_who_stopped_the_loop_for_a_moment_is_a_victim_of_who_stopped_it_for_long():
    evidence = Evidence().slow(at=10, app_pid=71, app_started_s=NOON + 7, app_ended_s=NOON + 12)
    evidence.blocked(2.5, at=9.6, pid=71).blocked(0.3, at=12.0, pid=71, request_started_s=NOON + 7)
    assert evidence.blocked(0.3, at=9.95, pid=71, request_started_s=NOON + 7).found() == {"event-loop-blocked": 1}


def test_the_loop_of_another_worker_stops_nobody():
    evidence = Evidence().slow(at=10, app_pid=72, app_started_s=NOON + 7, app_ended_s=NOON + 12)
    assert evidence.blocked(4.0, at=11.0, pid=71).found() == {"slow-request": 1}


def test_short_blocks_of_the_loop_add_up():
    evidence = Evidence().slow(at=10)
    for at in (8.0, 9.0, 10.0):
        evidence.blocked(0.6, at=at)
    assert evidence.found() == {"event-loop-blocked": 1}


@pytest.mark.parametrize("connect_s", [0.996, 1.004, 1.02, 2.004, 3.06, 4.01, 5.118, 7.01, 11.05, 15.01])
def test_a_retransmitted_handshake_is_told_by_its_time(connect_s):
    assert Evidence().queued(upstream_connect_s=connect_s).found() == {"tcp-accept-queue-full": 1}


@pytest.mark.parametrize("connect_s", [0.004, 0.4, 0.95, 1.5, 1.97, 2.5, 4.2, 6.01, 8.0])
def test_another_slow_connect_is_no_retransmitted_handshake(connect_s):
    assert Evidence().queued(upstream_connect_s=connect_s).found() == {"504-no-answer-in-time": 1}


@pytest.mark.parametrize("limit_s", [2.0, 4.0, 5.0])
def test_a_connect_that_a_time_limit_cut_is_no_retransmitted_handshake(limit_s):
    there = {"upstream_addr": "10.0.0.5:8000", "duration_s": limit_s}
    untold = Evidence().failure(504, upstream_connect_s=None, **there)
    told = Evidence().failure(504, upstream_connect_s=limit_s, **there)
    told.proxy_line(CONNECT_TIMED_OUT, errno=110, phase=Phase.CONNECTING, upstream="http://10.0.0.5:8000/")
    assert untold.found() == told.found() == {"504-connect-timeout": 1}


def test_nothing_is_retransmitted_to_a_unix_socket():
    assert Evidence().slow(upstream_connect_s=1.02).found() == {"504-no-answer-in-time": 1}


def test_with_a_journal_a_full_queue_explains_a_request_that_never_started():
    evidence = Evidence().queued(at=10).event(EVENT.LISTEN_QUEUE_FULL, at=8, server="uwsgi")
    assert evidence.found(journal=True) == {"tcp-accept-queue-full": 1}
    assert evidence.found(journal=False) == {"504-no-answer-in-time": 1}


def test_a_full_queue_of_a_unix_socket_is_not_that_of_a_port():
    evidence = Evidence().slow(at=10).sample("accept_queue", 101, at=8, limit=100)
    assert evidence.found(journal=True) == {"queued-too-long": 1}
    assert evidence.found(journal=False) == {"504-no-answer-in-time": 1}


@pytest.mark.parametrize(("started_s", "found"), [(7.6, "queued-too-long"), (7.4, "slow-request")])
def test_who_waited_for_a_worker_for_most_of_the_time_was_not_slow(started_s, found):
    evidence = Evidence().slow(at=10, duration_s=5.0, app_pid=71, app_started_s=NOON + started_s)
    assert evidence.found() == {found: 1}


def test_a_request_that_the_application_started_did_not_wait_in_the_queue():
    evidence = Evidence().slow(at=10, app_pid=71, app_started_s=NOON + 7, app_ended_s=NOON + 20, app_status=200)
    evidence.event(EVENT.LISTEN_QUEUE_FULL, at=8).event(EVENT.ASYNC_QUEUE_FULL, at=8)
    assert evidence.found() == {"slow-request": 1}


@pytest.mark.parametrize(
    ("series", "values", "limit", "found"),
    [
        ("listen_overflows", (5, 9), None, "tcp-accept-queue-full"),
        ("listen_overflows", (5, 5), None, "504-connect-timeout"),
        ("accept_queue", (9, 11), 10, "tcp-accept-queue-full"),
        ("accept_queue", (9, 9), 10, "504-connect-timeout"),
    ],
)
def test_probes_prove_a_full_queue_of_another_machine(series, values, limit, found):
    evidence = connect_timeout(Evidence(), at=3.0)
    for at, value in enumerate(values):
        evidence.sample(series, value, at=at, limit=limit)
    assert evidence.found() == {found: 1}


def test_workers_that_are_recycled_one_after_the_other_leave_no_gap():
    evidence = Evidence()
    for worker, pid in ((1, 71), (2, 72)):
        evidence.event(EVENT.WORKER_READY, pid=pid, worker=worker)
    evidence.event(EVENT.WORKER_RECYCLED, at=60, pid=71).event(EVENT.WORKER_READY, at=62, pid=81, worker=1)
    evidence.event(EVENT.WORKER_RECYCLED, at=63, pid=72).event(EVENT.WORKER_READY, at=65, pid=82, worker=2)
    queue_full(evidence, at=61.0)
    queue_full(evidence, at=64.0)
    assert evidence.found() == {"listen-queue-full": 2}


def test_a_worker_seen_by_its_number_only_is_counted_as_there():
    evidence = Evidence().event(EVENT.WORKER_RECYCLED, at=60, pid=72, worker=2)
    assert queue_full(evidence, at=61.0).found() == {"listen-queue-full": 1}


def test_all_workers_of_a_log_that_begins_later_can_still_be_gone():
    evidence = Evidence().event(EVENT.WORKER_RECYCLED, at=60, pid=71).event(EVENT.WORKER_RECYCLED, at=60, pid=72)
    evidence.event(EVENT.WORKER_BOOTED, at=61, pid=81)
    assert queue_full(evidence, at=63.0).found() == {"workers-recycled-together": 1}


def journalled(at: float) -> Evidence:
    """Two workers of Gunicorn recycled by its log at 60 s; when the new ones were ready only the journal tells."""
    evidence = Evidence()
    journal: dict[str, Any] = {"file": "journal.csv", "instance": "server.log"}
    for pid, ready in ((71, 0.2), (72, 0.3), (81, 62.4), (82, 62.6)):
        evidence.event(EVENT.WORKER_BOOTED, at=int(ready / 60) * 60, pid=pid)
        evidence.event(EVENT.WORKER_READY, pid=pid, time_s=NOON + ready, **journal)
    for pid in (71, 72):
        evidence.event(EVENT.WORKER_RECYCLED, at=60, pid=pid).event(EVENT.WORKER_EXITED, at=60, pid=pid)
    return queue_full(evidence, at=at)


@pytest.mark.parametrize(
    ("at", "found"),
    [(58.5, "listen-queue-full"), (62.0, "workers-recycled-together"), (63.5, "listen-queue-full")],
)
def test_a_worker_that_was_forked_takes_no_requests_before_it_is_ready(at, found):
    assert journalled(at).found() == {found: 1}


def test_workers_that_uwsgi_buries_at_its_end_without_their_pids_are_none_more():
    evidence = recycled().event(EVENT.WORKER_EXITED, at=90, server="uwsgi", worker=1)
    assert evidence.event(EVENT.WORKER_EXITED, at=90, server="uwsgi", worker=2).found() == {
        "workers-recycled-together": 1
    }


def test_a_killed_only_worker_is_not_called_recycled():
    evidence = Evidence().event(EVENT.WORKER_READY, pid=71).event(EVENT.WORKER_KILLED, at=60, pid=71, signal=9)
    assert queue_full(evidence, at=60.5).found() == {"listen-queue-full": 1}


def test_a_count_of_workers_with_a_hole_proves_nothing():
    evidence = recycled().event(EVENT.WORKER_READY, at=None, pid=99)
    assert evidence.found() == {"listen-queue-full": 1}


@pytest.mark.parametrize(
    ("events", "found"),
    [
        ((EVENT.RELOAD,), "reload-gap"),
        ((EVENT.RELOAD, EVENT.WORKER_READY), "reload-gap"),
        ((EVENT.SHUTDOWN,), "restart-gap"),
    ],
)
def test_what_waited_in_the_queue_is_dropped_by_a_reload_or_a_stop(events, found):
    evidence = Evidence().closed(at=0.8)
    for event in events:
        evidence.event(event)
    assert evidence.found() == {found: 1}


def without_socket(evidence: Evidence) -> str:
    missing = "connect() to unix:/tmp/g.sock failed (2: No such file or directory) while connecting to upstream"
    evidence.failed(
        missing,
        at=5,
        errno=2,
        phase=Phase.CONNECTING,
        upstream="http://unix:/tmp/g.sock:/",
        upstream_addr="unix:/tmp/g.sock",
        upstream_connect_s=None,
    )
    (found,) = evidence.diagnosis().causes
    return f"{found.cause.id}: {found.certainty}"


def test_a_socket_that_the_server_says_it_listens_on_may_be_in_a_folder_of_its_own():
    def listening(uri: str) -> Evidence:
        return Evidence().event(EVENT.LISTENING, at=0, uri=uri)

    assert without_socket(listening("unix:/tmp/g.sock")) == "nothing-listening: family"
    assert without_socket(Evidence()) == "nothing-listening: proven"
    assert without_socket(listening("unix:/tmp/a.sock")) == "nothing-listening: proven"
    stopped = listening("unix:/tmp/g.sock").event(EVENT.SHUTDOWN, at=1)
    assert without_socket(stopped) == "nothing-listening: proven"


def test_a_socket_that_is_gone_after_a_stop_is_no_reload():
    assert refused(Evidence().event(EVENT.SHUTDOWN), at=1.0).found() == {"nothing-listening": 1}


@pytest.mark.parametrize(
    ("event", "found"),
    [(EVENT.RELOAD, "reload-gap"), (EVENT.RESPAWN_THROTTLED, "respawn-throttled")],
)
def test_a_wait_in_the_queue_must_be_most_of_the_wait(event, found):
    assert Evidence().slow(at=4.0).event(event, at=1).found() == {found: 1}
    assert Evidence().slow(at=300.0, duration_s=299.0).event(event, at=1).found() == {"504-no-answer-in-time": 1}


def test_all_workers_gone_explains_a_request_that_waited_for_one():
    evidence = recycled()
    evidence.rows["failures"].clear()
    evidence.rows["proxy_errors"].clear()
    assert evidence.slow(at=63.2).found() == {"workers-recycled-together": 1}


@pytest.mark.parametrize("addr", ["unix:/run/web.sock", "127.0.0.1:8000"])
def test_all_workers_gone_goes_before_the_queue_that_was_full_by_it(addr):
    evidence = recycled().sample("accept_queue", 101, at=61, limit=100)
    evidence.slow(at=65.3, duration_s=5.0, upstream_addr=addr, app_pid=81, app_started_s=NOON + 65.6)
    assert evidence.found() == {"workers-recycled-together": 2}


def test_times_without_an_error_log_tell_connected_from_not_connected():
    evidence = Evidence().failure(502, upstream_connect_s=None).failure(502).failure(504)
    evidence.failure(504, upstream_connect_s=None, upstream_addr="10.0.0.7:80")
    evidence.failure(502, upstream_connect_s=None, upstream_addr="app")
    assert evidence.found() == {
        "502-not-connected": 1,
        "502-answer-lost": 1,
        "504-no-answer-in-time": 1,
        "504-connect-timeout": 1,
        "no-live-upstreams": 1,
    }


def test_a_502_without_any_upstream_is_not_called_unconnected():
    evidence = Evidence().failure(502, upstream_connect_s=None, upstream_addr=None, upstream_status=None)
    assert evidence.found() == {"502-unexplained-by-this-log": 1}


def test_a_race_needs_a_journal_and_a_connection_that_took_no_time():
    assert Evidence().closed().found(journal=True) == {"keepalive-race": 1}
    assert Evidence().closed().found(journal=False) == {"502-connection-closed": 1}
    assert Evidence().closed(upstream_connect_s=0.02).found(journal=True) == {"502-connection-closed": 1}


def test_a_death_goes_before_a_race():
    evidence = Evidence().closed().event(EVENT.WORKER_KILLED, pid=71, signal=9)
    assert evidence.found(journal=True) == {"worker-killed": 1}


@pytest.mark.parametrize("status", [499, 460])
def test_who_gave_up_is_told_by_the_status_whatever_else_happened(status):
    evidence = Evidence().failure(status).event(EVENT.WORKER_KILLED, pid=71, signal=9)
    assert evidence.found() == {"client-gave-up": 1}


@pytest.mark.parametrize("outcome", ["CLIENT_TIMEOUT", "CLIENT_CLOSED"])
def test_the_ledgers_clients_that_gave_up_have_no_status(outcome):
    diagnosis = Evidence().failure(None, outcome=outcome, source="ledger").diagnosis()
    assert [(found.cause.id, found.statuses) for found in diagnosis.causes] == [("client-gave-up", ((0, 1),))]


def test_a_limit_that_is_only_tried_out_turns_nobody_away():
    evidence = Evidence().failure(503, upstream_header_s=None)
    evidence.proxy_line('limiting requests, dry run, excess: 5.0 by zone "one"', phase=Phase.OTHER)
    assert evidence.found() == {"503-unexplained-by-this-log": 1}


def test_behind_a_balancer_nginxs_own_line_goes_deeper():
    evidence = Evidence().balanced(502, upstream_status="502")
    queue = "connect() to unix:/s failed (11: Resource temporarily unavailable) while connecting to upstream"
    assert evidence.proxy_line(queue, errno=11, phase=Phase.CONNECTING).found() == {"listen-queue-full": 1}


def test_what_a_balancer_made_itself_is_not_explained_by_nginx():
    assert Evidence().balanced(502).proxy_line(CLOSED).found() == {"alb-502-from-target": 1}


def test_a_targets_own_500_is_the_applications():
    evidence = Evidence().balanced(500, kind=LogKind.CLASSIC_ELB, upstream_status="500")
    assert evidence.found() == {"application-answered-5xx": 1}


def test_a_failure_without_a_time_is_still_counted():
    evidence = Evidence().failure(502, at=None).event(EVENT.WORKER_KILLED, pid=71, signal=9)
    diagnosis = evidence.diagnosis()
    assert [(found.cause.id, found.minutes) for found in diagnosis.causes] == [("502-answer-lost", ())]


def test_a_line_without_a_time_lies_between_its_neighbours():
    evidence = Evidence().closed(at=10.4).event(EVENT.WORKER_BOOTED, at=9, pid=5)
    evidence.event(EVENT.WORKER_KILLED, at=None, pid=71, signal=9).event(EVENT.WORKER_BOOTED, at=11, pid=6)
    assert evidence.found() == {"worker-killed": 1}


@pytest.mark.parametrize(("after_s", "found"), [(9.0, "worker-killed"), (8.0, "502-connection-closed")])
def test_clocks_of_one_log_may_differ_by_a_second(after_s, found):
    evidence = Evidence().event(EVENT.WORKER_BOOTED, at=10, server="uwsgi", pid=70)
    evidence.event(EVENT.WORKER_KILLED, at=None, server="uwsgi", pid=71, signal=9)
    evidence.event(EVENT.EMPTY_500, at=after_s, server="uwsgi", uri="/other/")
    assert evidence.closed(at=10.2).found() == {found: 1}


@pytest.mark.parametrize("after", [None, 300])
def test_a_line_without_a_time_and_without_near_neighbours_proves_nothing(after):
    evidence = Evidence().closed(at=10.4).event(EVENT.WORKER_BOOTED, at=9, pid=5)
    evidence.event(EVENT.WORKER_KILLED, at=None, pid=71, signal=9)
    if after is not None:
        evidence.event(EVENT.WORKER_BOOTED, at=after, pid=6)
    assert evidence.found() == {"502-connection-closed": 1}


def test_a_busy_database_explains_a_wait_only_when_it_was_busy_for_most_of_it():
    def wait(*seconds: int) -> dict[str, int]:
        return saturated(Evidence().slow(at=10), seconds=seconds).found()

    assert wait(8, 9) == {"database-saturated": 1}
    assert wait(9) == {"504-no-answer-in-time": 1}
    assert wait(3, 4, 5) == {"504-no-answer-in-time": 1}


def test_who_waits_for_a_worker_while_the_database_is_busy_waits_for_the_database():
    waiting = Evidence().slow(at=10, app_pid=71, app_started_s=NOON + 9.5, app_ended_s=NOON + 11)

    assert saturated(waiting, seconds=(7, 8, 9)).found() == {"database-saturated": 1}


def test_a_blocked_event_loop_is_named_before_a_busy_database():
    waiting = Evidence().slow(at=10).blocked(2.0, at=9.5)

    assert saturated(waiting, seconds=(7, 8, 9)).found() == {"event-loop-blocked": 1}


@pytest.mark.parametrize("goodbye", [EVENT.WORKER_RECYCLED, EVENT.WORKER_EXITED])
def test_a_worker_that_had_said_goodbye_did_not_die_although_uvicorn_says_so(goodbye):
    assert dying(goodbye, EVENT.WORKER_LOST, server="uvicorn").found() == {"502-connection-closed": 1}


def test_a_server_that_starts_is_no_worker_that_dies():
    evidence = Evidence().closed(at=10.4).event(EVENT.SERVER_STARTED, at=10, pid=1)
    assert evidence.found() == {"502-connection-closed": 1}


def test_all_that_was_in_a_worker_of_granian_was_lost_with_it():
    evidence = Evidence().closed(at=10.2).closed(at=10.3).closed(at=10.4)
    assert evidence.event(EVENT.WORKER_LOST, at=10, server="granian", pid=71).found() == {"worker-lost": 3}
    assert {found.certainty for found in evidence.diagnosis().causes} == {Certainty.PROVEN}


@pytest.mark.parametrize(
    "events",
    [
        (EVENT.SHUTDOWN,),
        (EVENT.WORKER_LOST, EVENT.WORKER_BOOTED, EVENT.SHUTDOWN),
        (EVENT.SHUTDOWN, EVENT.WORKER_LOST),
    ],
)
def test_granian_did_not_end_with_a_worker_that_it_replaced_or_when_it_was_stopped(events):
    assert after(*events).found() == {"nothing-listening": 1}


def test_granian_that_listens_again_has_not_ended():
    evidence = Evidence().event(EVENT.WORKER_LOST, server="granian", pid=71).event(EVENT.SHUTDOWN, server="granian")
    evidence.event(EVENT.LISTENING, at=5, server="granian", uri="http://unix:/run/web.sock")
    assert refused(evidence, at=60).found() == {"nothing-listening": 1}


def test_another_server_of_the_machine_did_not_end():
    evidence = Evidence().event(EVENT.LISTENING, server="granian", uri="http://unix:/run/other.sock")
    evidence.event(EVENT.WORKER_LOST, server="granian", pid=71).event(EVENT.CRASH_LOOP, server="granian")
    assert refused(evidence, at=2).found() == {"nothing-listening": 1}


def test_connections_run_out_under_threads_as_they_did_before():
    evidence = answered().event(EVENT.SEVERAL_AT_ONCE, at=-60, uri="gthread")
    evidence.event(EVENT.DB_TOO_MANY_CONNECTIONS, at=10, uri="/members/")
    assert evidence.found() == {"db-connections-exhausted": 1}


@pytest.mark.parametrize("worker_class", ["asgi", "uvicorn_worker.UvicornWorker"])
def test_gunicorns_workers_for_asgi_have_no_limit_either(worker_class):
    evidence = answered().event(EVENT.SEVERAL_AT_ONCE, at=-60, uri=worker_class)
    evidence.event(EVENT.DB_TOO_MANY_CONNECTIONS, at=10, uri="/members/")
    assert evidence.found() == {"asgi-connections-exhausted": 1}


def test_gunicorn_that_cut_a_body_had_not_sent_its_header_too_early():
    evidence = Evidence().cut(at=10.4).event(EVENT.APPLICATION_EXCEPTION, at=10, pid=71)
    assert evidence.found() == {"exception-outside-django": 1}


def test_a_request_that_waited_while_nobody_had_been_given_up_only_waited():
    assert crowded(behind=0).found() == {"queued-too-long": 1}


def test_work_for_nobody_is_known_of_servers_without_a_limit_only():
    evidence = crowded(behind=1)
    for event in evidence.rows["server_events"]:
        event["server"] = "gunicorn"
    assert evidence.found() == {"queued-too-long": 1, "client-gave-up": 1}


def test_a_full_queue_here_is_seen_behind_a_later_one_elsewhere():
    evidence = listens_elsewhere(Evidence()).event(EVENT.LISTEN_QUEUE_FULL, at=1, server="uwsgi")
    evidence.event(EVENT.LISTEN_QUEUE_FULL, at=2, server="uwsgi", **ELSEWHERE)

    assert connect_timeout(evidence, at=3.0).found() == {"tcp-accept-queue-full": 1}


def test_a_reload_here_is_seen_behind_a_later_one_elsewhere():
    evidence = listens_elsewhere(Evidence()).event(EVENT.RELOAD).event(EVENT.RELOAD, at=1, **ELSEWHERE)

    assert queue_full(evidence, at=1.5).found() == {"reload-gap": 1}


@pytest.mark.parametrize("ready", [EVENT.WORKER_READY, EVENT.WORKER_BOOTED])
def test_a_worker_that_came_in_the_second_before_a_reload_is_not_its_end(ready):
    evidence = Evidence().event(ready, pid=8).event(EVENT.RELOAD).event(ready, at=3, pid=9)

    assert queue_full(evidence, at=2.5).found() == {"reload-gap": 1}


def test_a_line_between_two_times_is_seen_behind_a_later_one_that_was_over_before():
    # It is of some moment from 1 to 9 s; the sharp one after it, at 2 s, is over before the request begins at 5 s.
    evidence = Evidence().event(EVENT.WORKER_BOOTED, at=1, pid=5)
    evidence.event(EVENT.ASYNC_QUEUE_FULL, at=None, server="uwsgi").event(EVENT.WORKER_BOOTED, at=9, pid=6)
    evidence.event(EVENT.ASYNC_QUEUE_FULL, at=2, server="uwsgi", file="server.log.1", instance="server.log")

    assert evidence.slow(at=8.0).found() == {"async-cores-exhausted": 1}


def test_workers_that_all_start_within_two_seconds_are_no_loop():
    assert boots(seconds=(8, 8, 8, 9, 9, 9, 10, 10, 10, 10)).found() == {"502-connection-closed": 1}


def test_workers_whose_ends_are_told_are_no_silent_loop():
    evidence = boots().event(EVENT.WORKER_CRASHED, at=8, pid=80, value=1)
    assert "worker-boot-loop" not in evidence.found()


@pytest.mark.parametrize(
    ("uri", "ended_s", "took_ms"), [("/other/", 20, 80_000), ("/members/", -2, 60_000), ("/members/", 15, 16_000)]
)
def test_a_line_of_another_request_or_of_another_time_does_not_tell_that_this_one_was_slow(uri, ended_s, took_ms):
    evidence = (
        Evidence()
        .slow(duration_s=60.0)
        .event(EVENT.REQUEST_TOOK_LONG, at=ended_s, server="uwsgi", uri=uri, value=took_ms)
    )
    assert evidence.found() == {"504-no-answer-in-time": 1}


def test_the_servers_own_line_about_a_request_tells_that_it_was_slow_and_is_of_one_request():
    evidence = Evidence().slow(duration_s=60.0).slow(at=1, duration_s=60.0)
    evidence.event(EVENT.REQUEST_TOOK_LONG, at=15, server="uwsgi", uri="/members/", value=75_000)
    assert evidence.found() == {"slow-request": 1, "504-no-answer-in-time": 1}


def test_a_server_that_stopped_since_is_not_at_another_address():
    given: dict[str, Any] = {"upstream_addr": "172.19.0.4:8000", "upstream": "http://172.19.0.4:8000/"}
    evidence = Evidence().event(EVENT.LISTENING, at=-60, uri="http://0.0.0.0:8000").event(EVENT.SHUTDOWN, at=-30)
    assert refused(evidence, **given).found() == {"nothing-listening": 1}
    elsewhere = Evidence().event(EVENT.LISTENING, at=-60, uri="http://0.0.0.0:9000")
    assert refused(elsewhere, **given).found() == {"nothing-listening": 1}


def test_the_one_server_that_listens_elsewhere_is_shown_as_proof():
    evidence = Evidence().event(EVENT.LISTENING, at=None, server="uvicorn", uri="http://127.0.0.1:8000")
    (found,) = refused(evidence).diagnosis().causes
    assert (found.cause.id, found.certainty) == ("nothing-listening", Certainty.PROVEN)
    assert found.evidence[0].file == "server.log"


def test_a_worker_of_uwsgi_that_had_lived_long_enough_may_have_taken_the_request_with_it():
    evidence = Evidence().closed().event(EVENT.LIFETIME_REACHED, server="uwsgi", worker=8)
    assert evidence.found() == {"worker-recycled-meanwhile": 1}


def test_the_exception_that_django_answered_is_shown():
    evidence = answered().event(EVENT.HANDLED_EXCEPTION, at=10, uri="/members/", line="KeyError: 'price'")
    (found,) = evidence.diagnosis().causes
    assert (found.cause.id, found.certainty) == ("application-answered-5xx", Certainty.FAMILY)
    assert found.evidence[0].text == "KeyError: 'price'"


def test_a_log_of_an_application_may_be_of_another_program_unless_it_names_the_path():
    of_log: dict[str, Any] = {"at": 10, "server": str(LogKind.APPLICATION)}
    for path, certainty in ((None, Certainty.FAMILY), ("/members/", Certainty.PROVEN)):
        evidence = answered().event(EVENT.DB_CONNECTION_LOST, uri=path, **of_log)
        assert [(each.cause.id, each.certainty) for each in evidence.diagnosis().causes] == [
            ("db-connection-lost", certainty)
        ]
