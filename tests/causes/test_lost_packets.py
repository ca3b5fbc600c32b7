"""A line that loses packets: what only took long is no proof of a queue, of busy workers or of a slow page."""

from math import inf

import pytest

from badgateway.causes import Way, over_lines_that_explain
from badgateway.model.diagnosis import Certainty
from badgateway.model.evidence import Phase, ServerEvent
from tests.causes.evidence import NOON, Evidence
from tests.causes.samples import connect_timeout, crowded

SERVER, DATABASE, PROXY = (f"packets-lost-before-{part}" for part in ("server", "database", "proxy"))
EVENT = ServerEvent
THERE = "198.18.0.2:8000"


def verdicts(evidence: Evidence) -> dict[str, Certainty]:
    return {found.cause.id: found.certainty for found in evidence.diagnosis(journal=True).causes}


def late_start(**given) -> Evidence:
    """A request that began in the application when most of its wait was over."""
    return Evidence().queued(app_pid=71, app_started_s=NOON - 0.5, app_ended_s=NOON + 1, upstream_addr=THERE, **given)


def ran_on(ended_at: float) -> Evidence:
    """A request that began at once."""
    return Evidence().slow(app_pid=71, app_started_s=NOON - 2.9, app_ended_s=NOON + ended_at, upstream_addr=THERE)


def connected_late() -> Evidence:
    return Evidence().queued(upstream_connect_s=3.01, upstream_addr=THERE)


def in_middle() -> Evidence:
    return Evidence().failed(
        "upstream timed out (110: Connection timed out) while reading upstream",
        status=200,
        errno=110,
        phase=Phase.READING_BODY,
        outcome="TRUNCATED",
        upstream_header_s=0.1,
    )


def answered(event: ServerEvent) -> Evidence:
    return Evidence().failure(500, at=10.2, upstream_header_s=0.2, duration_s=0.2).event(event, at=10, uri="/members/")


@pytest.mark.parametrize(
    ("failed", "cause", "way", "line"),
    [
        (connected_late, "tcp-accept-queue-full", Way.TO_SERVER, SERVER),
        (lambda: connect_timeout(Evidence(), addr="127.0.0.1:8000"), "tcp-accept-queue-full", Way.TO_SERVER, SERVER),
        (late_start, "queued-too-long", Way.TO_SERVER, SERVER),
        (lambda: Evidence().queued(upstream_addr=THERE), "queued-too-long", Way.TO_SERVER, SERVER),
        (lambda: ran_on(-1.0), "slow-request", Way.TO_SERVER, SERVER),
        (in_middle, "stalled-mid-body", Way.TO_SERVER, SERVER),
        (lambda: ran_on(2.0), "slow-request", Way.TO_DATABASE, DATABASE),
        (lambda: answered(EVENT.DB_UNREACHABLE), "db-unreachable", Way.TO_DATABASE, DATABASE),
        (lambda: answered(EVENT.DB_CONNECTION_LOST), "db-connection-lost", Way.TO_DATABASE, DATABASE),
        (lambda: Evidence().failure(499), "client-gave-up", Way.TO_PROXY, PROXY),
    ],
)
def test_what_a_lost_packet_looks_like_is_proven_only_where_none_is_lost(failed, cause, way, line):
    assert verdicts(failed()) == {cause: Certainty.PROVEN}
    assert verdicts(failed().losing(way)) == {line: Certainty.FAMILY}
    others = set(Way) - {way}
    assert verdicts(failed().losing(*others)) == {cause: Certainty.PROVEN}


def test_a_connection_that_never_came_about_had_a_cause_only_where_packets_are_lost():
    def failed(duration_s: float) -> Evidence:
        nothing = dict.fromkeys(("upstream_addr", "upstream_status", "upstream_tries", "upstream_connect_s"))
        return Evidence().failure(
            None, outcome="CONNECT_ERROR", duration_s=duration_s, has_upstream_times=False, **nothing
        )

    assert verdicts(failed(3.0)) == {}
    assert verdicts(failed(3.0).losing(Way.TO_PROXY)) == {PROXY: Certainty.FAMILY}
    assert verdicts(failed(0.001).losing(Way.TO_PROXY)) == {}


@pytest.mark.parametrize("event", [EVENT.LISTEN_QUEUE_FULL, EVENT.LISTEN_OVERFLOW, EVENT.ACCEPT_QUEUE_FULL])
@pytest.mark.parametrize(
    "failed",
    [connected_late, late_start, lambda: connect_timeout(Evidence(), addr=THERE)],
    ids=["late", "queued", "no"],
)
def test_a_queue_that_was_seen_full_stays_proven(failed, event):
    assert verdicts(failed().event(event, at=-1).losing(*Way)) == {"tcp-accept-queue-full": Certainty.PROVEN}


@pytest.mark.parametrize(
    ("series", "limit", "free", "taken"), [("accept_queue", 128, 0, 1), ("uwsgi_busy_workers", 4, 3, 4)]
)
def test_a_wait_is_one_for_a_worker_where_none_was_free_for_half_of_it(series, limit, free, taken):
    def seen(*values: int) -> dict[str, Certainty]:
        evidence = late_start()
        for number, value in enumerate(values):
            evidence.sample(series, value, at=number - 2.9, limit=limit)
        return verdicts(evidence.losing(*Way))

    assert seen(taken, taken, free) == {"queued-too-long": Certainty.PROVEN}
    assert seen(taken, free, free) == {SERVER: Certainty.FAMILY}
    assert seen() == {SERVER: Certainty.FAMILY}


def test_what_was_still_running_when_the_proxy_gave_up_was_slow_whatever_is_lost_before_the_server():
    assert verdicts(ran_on(2.0).losing(Way.TO_SERVER, Way.TO_PROXY)) == {"slow-request": Certainty.PROVEN}


def test_what_was_given_up_and_ran_on_is_no_proof_either():
    assert verdicts(crowded(behind=1))["work-for-nobody"] is Certainty.PROVEN
    assert verdicts(crowded(behind=1).losing(Way.TO_SERVER)) == {
        SERVER: Certainty.FAMILY,
        "client-gave-up": Certainty.PROVEN,
    }


@pytest.mark.parametrize(
    ("lost", "cause"),
    [
        # A loss of 0.001, of 1,024 packets: before one worker and 40 users all but one failed of the queue.
        ({Way.TO_SERVER: 1.024}, {"queued-too-long": Certainty.PROVEN}),
        ({Way.TO_SERVER: 1.024, Way.TO_PROXY: inf}, {"queued-too-long": Certainty.PROVEN}),
        ({Way.TO_SERVER: 36.0}, {SERVER: Certainty.FAMILY}),
        ({Way.TO_SERVER: 3.0}, {SERVER: Certainty.FAMILY}),
        ({Way.TO_SERVER: inf}, {SERVER: Certainty.FAMILY}),
    ],
)
def test_a_line_is_blamed_for_as_many_failures_as_so_many_lost_packets_may_explain(lost, cause):
    evidence = Evidence()
    for number in range(52):
        evidence.queued(upstream_addr=THERE, at=float(number))

    found = over_lines_that_explain(lambda ways: evidence.losing(*ways).diagnosis(journal=True), lost)

    assert {one.cause.id: one.certainty for one in found.causes} == cause


def test_one_failure_beside_many_that_were_seen_to_queue_may_be_of_the_one_packet_that_was_lost():
    evidence = late_start().queued(upstream_addr=THERE, at=100.0)
    for second in range(4):
        evidence.sample("accept_queue", 1, at=second - 2.9, limit=128)

    found = over_lines_that_explain(
        lambda ways: evidence.losing(*ways).diagnosis(journal=True), {Way.TO_SERVER: 1.0, Way.TO_DATABASE: 0.0}
    )

    assert {one.cause.id: one.count for one in found.causes} == {"queued-too-long": 1, SERVER: 1}
