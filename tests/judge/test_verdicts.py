"""Why a level has its verdict, in sentences."""

from badgateway.judge.verdicts import judge
from badgateway.model.design import Counts
from badgateway.model.experiment import Objective
from badgateway.model.outcome import Outcome
from badgateway.model.summary import Verdict
from badgateway.model.verdict_reason import Unit
from badgateway.words.verdict_reasons import said
from tests.judge.evidence_of import BAD_GATEWAY, OK, measurement


def judged(counts, *, allowed=0.01, p95_ms=1000.0, latencies_ms=(100.0,), trials=2):
    """Judge that many trials, each of which is the measurement."""
    objective = Objective(max_failure_share=allowed, p95_ms=p95_ms)
    found = measurement(counts, latencies_ms=latencies_ms, limit_ms=p95_ms)
    late = found.over_objective.count if found.over_objective else 0
    unit = Counts(requests=found.requests, failures=found.failures.count, late=late)
    return judge([unit] * trials, found, objective, of=Unit.TRIAL)


def test_clearly_more_failures_than_allowed_fail_with_the_numbers_and_the_kinds():
    found = judged({OK: 2026, BAD_GATEWAY: 280, Outcome.TRUNCATED: 4})

    assert found.verdict is Verdict.FAIL
    assert said(found.reasons) == ("568 of 4,620 requests failed (12.3 %); allowed are 1 %: 280 x 502, 4 x TRUNCATED",)


def test_clearly_fewer_failures_than_allowed_pass_without_a_word():
    assert judged({OK: 9999, BAD_GATEWAY: 1}).verdict is Verdict.PASS
    assert said(judged({OK: 9999, BAD_GATEWAY: 1}).reasons) == ()


def test_one_trial_alone_is_never_a_pass_and_says_so():
    found = judged({OK: 9999}, trials=1)

    assert found.verdict is Verdict.INCONCLUSIVE
    assert said(found.reasons)[0] == (
        "0 of 9,999 requests failed (0 %); allowed are 1 %; one trial alone shows nothing of how trials differ, so it "
        "takes another"
    )


def test_too_few_requests_say_how_many_more_trials_it_takes():
    assert said(judged({OK: 100}).reasons) == (
        (
            "0 of 200 requests failed (0 %); allowed are 1 %; by how unevenly it fell on 2 trials, it may be up to "
            "1.83 %; it needs about 2 more trials to decide, if all goes on so"
        ),
    )


def test_what_more_requests_cannot_decide_is_said():
    (at_the_limit,) = said(judged({OK: 297, BAD_GATEWAY: 3}).reasons)
    (none_allowed,) = said(judged({OK: 5000}, allowed=0).reasons)

    assert at_the_limit.endswith("and more trials will hardly decide it")
    assert none_allowed.endswith("allowed are 0 %; no number of requests can prove that none ever fails")


def test_one_failure_is_too_many_when_none_is_allowed():
    assert judged({OK: 5000, BAD_GATEWAY: 1}, allowed=0).verdict is Verdict.FAIL


def test_slow_requests_fail_by_their_share_over_the_limit_with_the_failed_ones():
    found = judged({OK: 900, BAD_GATEWAY: 100}, allowed=0.05, latencies_ms=[*[100.0] * 2, 1500.0])

    assert found.verdict is Verdict.FAIL
    assert said(found.reasons)[0].startswith("800 of 2,000 requests failed or took longer than 1 s (40.0 %)")
    assert said(found.reasons)[0].endswith("the p95 of OK requests was 1.50 s")


def test_beside_a_fail_nothing_is_said_of_what_is_merely_open():
    found = judged({OK: 100}, latencies_ms=[2000.0])

    assert found.verdict is Verdict.FAIL
    assert len(found.reasons) == 1


def test_a_server_that_fails_everything_fails_and_is_not_invalid():
    found = judged({BAD_GATEWAY: 2, Outcome.CONNECT_ERROR: 1}, allowed=1, trials=1)

    assert found.verdict is Verdict.FAIL
    assert said(found.reasons) == ("none of 3 requests was OK: 2 x 502, 1 x CONNECT_ERROR",)
