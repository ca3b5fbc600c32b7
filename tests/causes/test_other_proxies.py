"""Decoys for what servers and other proxies say: the same second, but another process, address, status or clock."""

from typing import Any

import pytest

from badgateway.causes import BY_ID
from badgateway.model.diagnosis import Certainty
from badgateway.model.evidence import Phase, Reason, ServerEvent
from badgateway.model.log_kind import LogKind, Proxy
from badgateway.servers.advice import advice_for
from tests.causes.evidence import Evidence
from tests.causes.samples import answered, apache, behind, dying, refused

EVENT = ServerEvent


def proven(evidence: Evidence) -> set[str]:
    return {each.cause.id for each in evidence.diagnosis().causes if each.certainty is Certainty.PROVEN}


def test_the_kernel_killed_another_process_in_that_second():
    evidence = dying(EVENT.WORKER_KILLED, server="gunicorn", signal=9)
    evidence.event(EVENT.OUT_OF_MEMORY, at=10, server="kernel", pid=4711, uri="mysqld", file="kern.log")
    assert evidence.found() == {"worker-killed": 1}


def test_a_pid_of_another_container_does_not_prove_that_memory_ran_out():
    evidence = dying(EVENT.WORKER_KILLED, server="gunicorn", signal=9)
    evidence.event(EVENT.OUT_OF_MEMORY, at=10, server="kernel", pid=4711, uri="gunicorn", file="kern.log")
    assert "out-of-memory" not in proven(evidence)


def test_a_server_at_another_address_that_did_not_load_is_no_cause():
    evidence = Evidence().event(EVENT.LISTENING, at=-9, uri="http://127.0.0.1:9000")
    evidence = refused(evidence.event(EVENT.APPLICATION_NOT_LOADED), at=2.0)
    assert evidence.found() == {"nothing-listening": 1}


def test_a_server_that_loaded_in_the_end_is_there_again():
    evidence = Evidence().event(EVENT.APPLICATION_NOT_LOADED).event(EVENT.LISTENING, at=20, uri="unix:/run/web.sock")
    assert refused(evidence, at=60.0).found() == {"nothing-listening": 1}


def test_a_restart_of_another_server_is_no_reload_gap():
    evidence = Evidence().event(EVENT.LISTENING, at=-9, uri="http://127.0.0.1:9000")
    evidence.event(EVENT.SHUTDOWN).event(EVENT.WORKER_BOOTED, at=8, pid=9)
    assert refused(evidence, at=4.0).found() == {"nothing-listening": 1}


def test_a_restart_is_told_from_a_stop_by_what_came_back():
    evidence = Evidence().event(EVENT.SHUTDOWN).event(EVENT.WORKER_BOOTED, at=8, pid=9)
    assert refused(evidence, at=4.0).found() == {"restart-gap": 1}


def test_a_lost_database_connection_of_another_path_explains_nothing():
    evidence = answered().event(EVENT.DB_CONNECTION_LOST, at=10, uri="/other/")
    assert evidence.found() == {"application-answered-5xx": 1}


def test_a_worker_whose_predecessor_said_goodbye_was_not_replaced_silently():
    evidence = Evidence().closed(at=10.4).event(EVENT.WORKER_BOOTED, at=10, pid=72)
    assert evidence.event(EVENT.WORKER_EXITED, at=9, pid=71).found() == {"502-connection-closed": 1}


def test_the_write_that_timed_out_later_cut_another_answer():
    evidence = Evidence().cut(at=10.4).event(EVENT.WRITE_TIMEOUT, at=20, server="uwsgi")
    assert evidence.found() == {"body-cut-unexplained": 1}


def test_a_close_after_seconds_is_no_race():
    assert Evidence().closed(duration_s=4.0).found() == {"502-connection-closed": 1}


def test_a_router_is_not_behind_a_unix_socket():
    evidence = Evidence().closed().event(EVENT.LISTEN_QUEUE_FULL, at=None, server="uwsgi")
    assert evidence.found() == {"502-connection-closed": 1}


def test_a_line_of_apache_about_another_status_is_not_of_this_request():
    evidence = Evidence().combined(503)
    evidence.proxy_line(
        "Timeout when reading response headers from daemon process 'a'", proxy=Proxy.APACHE, request=None, status=504
    )
    assert evidence.found() == {"503-unexplained-by-this-log": 1}


def test_two_answers_of_one_second_take_one_line_of_apache_each():
    evidence = apache(504, "Timeout when reading response headers from daemon process 'a'").combined(504)
    assert evidence.found() == {"mod-wsgi-no-answer": 1, "504-unexplained-by-this-log": 1}


@pytest.mark.parametrize("kind", [LogKind.HEROKU, LogKind.HAPROXY])
def test_a_death_in_that_second_behind_another_proxy_is_a_family(kind):
    evidence = behind(kind, 502, Reason.CLOSED).event(EVENT.WORKER_KILLED, pid=71, signal=9)
    assert evidence.found() == {"worker-killed": 1}
    assert proven(evidence) == set()


@pytest.mark.parametrize("kind", [LogKind.TRAEFIK, LogKind.CADDY, LogKind.CLOUDFRONT])
def test_a_500_of_a_proxy_that_does_not_say_whose_it_is_is_nobodys(kind):
    assert behind(kind, 500, None).found() == {"proxy-5xx-untold": 1}


def raced(*, at):
    """Return two failures with one status, and one line that names neither of them."""
    evidence = Evidence().combined(500).combined(500, at=at)
    line = "'500 Internal Server Error' caused by: http: server closed idle connection"
    return evidence.proxy_line(line, proxy=Proxy.TRAEFIK, request=None, status=500, of=0)


def test_a_line_that_names_no_request_proves_nothing_where_two_of_that_second_have_its_status():
    assert proven(raced(at=0.0)) == set()
    assert "idle-connection-reused" in raced(at=0.0).found()


def test_a_line_that_names_no_request_proves_the_cause_of_the_one_failure_of_that_second():
    assert proven(raced(at=90.0)) == {"idle-connection-reused"}


def test_a_connection_that_haproxy_did_not_get_is_no_proof_that_nothing_listened():
    evidence = behind(LogKind.HAPROXY, 503, Reason.REFUSED_OR_NO_ROUTE)
    assert "nothing-listening" not in proven(evidence)
    assert evidence.found() == {"haproxy-not-connected": 1}


DAEMON_LOST = "Truncated or oversized response headers received from daemon process 'a'"


def apache_of(client: str, *, at: float) -> Evidence:
    """A 500 of 203.0.113.7 in Apache's access log, which has its start, and a line of its error log for a client."""
    access = '203.0.113.7 - - [21/Nov/2026:12:00:00 +0000] "GET /members/ HTTP/1.1" 500 528'
    line = f"[Sat Nov 21 12:00:14 2026] [wsgi:error] [pid 9] [client {client}:9787] {DAEMON_LOST}"
    given: dict[str, Any] = {"proxy": Proxy.APACHE, "request": None, "status": 500, "phase": Phase.OTHER, "line": line}
    return Evidence().combined(500, line=access, client="203.0.113.7").proxy_line(DAEMON_LOST, at=at, **given)


def test_apaches_two_logs_are_put_together_by_client_however_long_the_request_took():
    assert apache_of("203.0.113.7", at=14).found() == {"mod-wsgi-daemon-died": 1}


@pytest.mark.parametrize(("client", "at"), [("203.0.113.8", 14), ("203.0.113.7", -3), ("203.0.113.7", 400)])
def test_another_client_or_another_time_is_another_request(client, at):
    assert apache_of(client, at=at).found() == {"application-answered-5xx": 1}


def test_a_daemon_that_crashed_in_the_second_of_the_failure_is_proven():
    evidence = apache_of("203.0.113.7", at=14)
    assert proven(evidence) == set()
    evidence.event(EVENT.WORKER_CRASHED, at=14, server=Proxy.APACHE, pid=27, signal=11)
    assert proven(evidence) == {"mod-wsgi-daemon-died"}


def test_what_a_limit_of_envoy_turned_away_is_advised_in_envoys_own_settings():
    advice = advice_for(BY_ID["rate-limited"], {"gunicorn": ()}, {"Envoy"})
    assert [set(each.settings) for each in advice] == [{"Envoy"}]
