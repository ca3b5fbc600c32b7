from dataclasses import replace

import pytest

from badgateway.judge.confirm import confirm
from badgateway.model.experiment import Objective
from badgateway.model.trial import TrialStatus
from badgateway.words.choice import confirmed
from tests.judge.evidence_of import BAD_GATEWAY, OK, evidence, record

OBJECTIVE = Objective(max_failure_share=0.01, p95_ms=1000)
RATE = 19_000
SENT = 3167
"""Requests in a window of 10 s at that rate."""


def sentence(counts, *, latencies_ms=(41.0,), **given):
    trial = evidence(counts, record("pick", **given), latencies_ms=latencies_ms)
    return confirmed(confirm("pick", (trial,), OBJECTIVE, rate_per_minute=RATE))


def test_a_pick_that_holds_is_confirmed_with_its_numbers():
    found = confirm("pick", (evidence({OK: SENT}, record("pick"), latencies_ms=[41]),), OBJECTIVE, rate_per_minute=RATE)
    assert confirmed(found) == "Confirmed: pick at 19,000 tasks a minute: 0 of 3,167 failed, p95 41 ms."
    assert found.sent_per_minute == pytest.approx(19_002)


def test_failures_or_slow_answers_do_not_confirm_it():
    failing = sentence({OK: SENT - 1000, BAD_GATEWAY: 1000})
    assert failing.startswith("Not confirmed: pick at 19,000 tasks a minute: 1,000 of 3,167 requests failed")
    assert ": 3,167 of 3,167 requests failed or took longer" in sentence({OK: SENT}, latencies_ms=(1500,))


def test_too_close_to_the_limit_is_not_decided():
    assert sentence({OK: SENT - 31, BAD_GATEWAY: 31}).startswith("Not decided: pick at 19,000 tasks a minute:")


def test_a_generator_that_sent_less_confirms_nothing():
    assert sentence({OK: SENT // 2}) == (
        "Not confirmed: pick at 19,000 tasks a minute was not measured, only 9,498 a minute were sent."
    )


def test_a_trial_that_cannot_be_trusted_confirms_nothing():
    found = sentence(None, status=TrialStatus.ABORTED, reason="nginx did not start")
    assert found.startswith(
        "Not confirmed: pick at 19,000 tasks a minute was not measured, 1 of 1 trial not got through:"
    )


def test_without_a_trial_nothing_is_confirmed():
    found = confirm("pick", (), OBJECTIVE, rate_per_minute=RATE)
    assert found.sent_per_minute is None
    assert confirmed(found).endswith("was not measured, no trial was run.")


def test_a_pick_that_ran_in_an_open_loop_is_confirmed_at_its_rate():
    one = record("pick")
    at_rate = replace(one, trial=replace(one.trial, users=0, rate_per_s=316.7))
    found = confirm("pick", (evidence({OK: SENT}, at_rate),), OBJECTIVE, rate_per_minute=RATE)
    assert (found.level.users, found.level.rate_per_s) == (0, 316.7)
