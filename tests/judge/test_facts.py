"""What a trial adds up to for the judge."""

import dataclasses

import duckdb

from badgateway.judge.facts import facts_of
from badgateway.model.design import Facts
from badgateway.model.experiment import Objective
from badgateway.model.samples import DatabaseConnections
from badgateway.model.summary import ProcessUse
from badgateway.model.trial import SendingCheck, Trial
from tests.judge.evidence_of import BAD_GATEWAY, OK, WINDOW, evidence, record

OBJECTIVE = Objective(max_failure_share=0.01, p95_ms=1000)
SERVER = ProcessUse(part="server", cpu_s=1.0, peak_rss_bytes=7, rss_growth_bytes=0)
OTHER = ProcessUse(part="database", cpu_s=9.0, peak_rss_bytes=99, rss_growth_bytes=0)


def facts(counts, *, uses=(OTHER, SERVER), **given) -> Facts | None:
    found = dataclasses.replace(evidence(counts, **given), uses=uses)
    return facts_of(found, OBJECTIVE)


def test_all_requests_of_the_window_are_counted_with_the_late_ones_among_the_good():
    found = facts({OK: 100, BAD_GATEWAY: 4}, latencies_ms=(100, 1001))

    assert found is not None
    assert (found.requests, found.failures, found.late) == (104, 4, 50)
    assert found.throughput_rps == 100 / WINDOW.length_s
    assert (found.cpu_ms, found.rss_bytes) == (10.0, 7.0)
    assert found.p95_ms == 1001


def test_a_p95_that_falls_on_a_failed_request_is_none():
    found = facts({OK: 90, BAD_GATEWAY: 10})

    assert found is not None
    assert found.p95_ms is None


def test_what_was_not_measured_is_none_and_never_zero():
    found = facts({OK: 100}, uses=(OTHER,))

    assert found is not None
    assert (found.cpu_ms, found.rss_bytes, found.db_connections) == (None, None, None)


def test_the_most_connections_are_those_of_the_window():
    sampled = DatabaseConnections(window_s=10.0, held=(3, 8, None), peak=8, limit=151, opened_per_s=None)
    found = facts({OK: 100}, connections=sampled)

    assert found is not None
    assert found.db_connections == 8


def test_an_invalid_trial_has_no_facts():
    assert facts({OK: 100}, problem="the books do not balance") is None


def test_in_an_open_loop_the_answers_that_came_in_the_window_are_held_against_what_was_sent():
    connection = duckdb.connect()
    connection.execute(
        "CREATE TABLE ledger AS SELECT 'GET /' AS name, 'OK' AS outcome, 'window' AS phase, "
        "1000 + i / 10 AS intended_start_s, 1000 + i / 10 AS start_s, "
        "2000.0 AS latency_ms, 1.0 AS first_byte_ms FROM range(100) AS numbers(i)"
    )
    sent = SendingCheck(arrivals=100, missed_arrivals=0, send_lag_p99_ms=1.0)
    trial = Trial(block=1, position=1, configuration="first", rate_per_s=10, seed=1)
    measured = evidence({OK: 1}, dataclasses.replace(record(sending=sent), trial=trial))
    given = dataclasses.replace(measured, relation=connection.table("ledger"), uses=(SERVER,))
    found = facts_of(given, OBJECTIVE)

    assert found is not None
    assert found.answered == 0.8
