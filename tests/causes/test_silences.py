"""Times in which no request succeeded any more: told apart from a full queue, and from a single page that is slow."""

import pytest

from badgateway.model.diagnosis import Certainty
from badgateway.model.log_kind import LogKind
from tests.causes.evidence import NOON, TIMED_OUT, Evidence
from tests.causes.samples import queue_full, silence

NGINX = str(LogKind.NGINX_JSON)


def answered(evidence: Evidence, *, minute: int, source: str = NGINX) -> Evidence:
    row = {"source": source, "minute_s": int(NOON) + 60 * minute, "status": 200, "requests": 3}
    evidence.rows["volume"].append(row)
    return evidence


def timed_out(evidence: Evidence, *, paths: int, at: float = 150.0, seconds: float = 3.0) -> Evidence:
    for number in range(5):
        evidence.failed(TIMED_OUT, status=504, at=at + number, errno=110, duration_s=seconds, uri=f"/{number % paths}/")
    return evidence


def test_a_full_queue_while_nothing_is_answered_any_more_is_an_echo():
    (found,) = silence().diagnosis().causes
    assert (found.cause.id, found.certainty, found.count) == ("no-request-answered", Certainty.FAMILY, 5)
    assert found.cause.remedies[0].settings == {"command": "py-spy dump --pid"}


def test_read_timeouts_while_nothing_is_answered_any_more_are_of_hanging_workers():
    assert timed_out(answered(Evidence(), minute=0), paths=3).found() == {"no-request-answered": 5}


def test_a_request_that_succeeded_in_that_minute_shows_that_workers_work():
    assert answered(silence(), minute=2).found() == {"listen-queue-full": 5}


def test_a_log_in_which_nothing_ever_succeeded_may_hold_failures_only():
    evidence = silence()
    evidence.rows["volume"].clear()
    assert evidence.found() == {"listen-queue-full": 5}


def test_one_slow_page_alone_is_no_silence():
    assert timed_out(answered(Evidence(), minute=0), paths=1).found() == {"504-no-answer-in-time": 5}


def test_four_failures_are_no_silence():
    evidence = silence()
    evidence.rows["failures"].pop()
    evidence.rows["proxy_errors"].pop()
    assert evidence.found() == {"listen-queue-full": 4}


def test_who_began_to_wait_while_others_were_answered_is_not_of_it():
    evidence = timed_out(answered(Evidence(), minute=1), paths=3, at=125.0, seconds=60.0)
    assert evidence.found() == {"504-no-answer-in-time": 5}


@pytest.mark.parametrize("journal", [True, False])
def test_where_starts_are_kept_they_tell_who_waited(journal):
    expected = "queued-too-long" if journal else "no-request-answered"
    assert timed_out(answered(Evidence(), minute=0), paths=3).found(journal=journal) == {expected: 5}


def test_successes_of_a_trial_are_no_measure():
    evidence = answered(Evidence(), minute=0, source="ledger")
    for number in range(5):
        queue_full(evidence, at=150.0 + number)
    assert evidence.found() == {"listen-queue-full": 5}
