import pytest

from badgateway.judge.verdicts import judge
from badgateway.model.experiment import Objective
from badgateway.model.outcome import Outcome
from badgateway.model.summary import Verdict
from tests.judge.evidence_of import BAD_GATEWAY, OK, measurement


def judged(counts, *, allowed=0.01, p95_ms=1000.0, latencies_ms=(100.0,)):
    objective = Objective(max_failure_share=allowed, p95_ms=p95_ms)
    return judge(measurement(counts, latencies_ms=latencies_ms, limit_ms=p95_ms), objective)


def test_clearly_more_failures_than_allowed_fail_with_the_numbers_and_the_kinds():
    found = judged({OK: 2026, BAD_GATEWAY: 280, Outcome.TRUNCATED: 4})

    assert found.verdict is Verdict.FAIL
    assert found.reasons == (
        "12.3 % of 2,310 requests failed (95 % interval 11.0-13.7 %); allowed are 1 %: 280 x 502, 4 x TRUNCATED",
    )


def test_clearly_fewer_failures_than_allowed_pass_without_a_word():
    found = judged({OK: 9999, BAD_GATEWAY: 1})

    assert (found.verdict, found.reasons) == (Verdict.PASS, ())


@pytest.mark.parametrize(("requests", "verdict"), [(367, Verdict.INCONCLUSIVE), (368, Verdict.PASS)])
def test_no_failure_at_all_passes_only_when_there_were_enough_requests(requests, verdict):
    assert judged({OK: requests}).verdict is verdict


def test_too_few_requests_say_how_many_more_it_takes():
    assert judged({OK: 100}).reasons == (
        (
            "0 % of 100 requests failed (95 % interval 0-3.6 %); allowed are 1 %; "
            "it needs about 270 more requests to decide, if the share stays so"
        ),
    )


def test_more_failures_than_allowed_by_bad_luck_are_inconclusive():
    found = judged({OK: 98, BAD_GATEWAY: 2})

    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.reasons[0].startswith(
        "2.0 % of 100 requests failed (95 % interval 0.24-7.0 %); allowed are 1 %: 2 x 502;"
    )


def test_what_more_requests_cannot_decide_is_said():
    (at_the_limit,) = judged({OK: 297, BAD_GATEWAY: 3}).reasons
    (none_allowed,) = judged({OK: 5000}, allowed=0).reasons

    assert at_the_limit.endswith("the share is so close to what is allowed that more requests will hardly decide it")
    assert none_allowed.endswith("allowed are 0 %; no number of requests can prove that none ever fails")


def test_one_failure_is_too_many_when_none_is_allowed():
    assert judged({OK: 5000, BAD_GATEWAY: 1}, allowed=0).verdict is Verdict.FAIL


def test_slow_requests_fail_by_their_share_over_the_limit():
    found = judged({OK: 1000}, latencies_ms=[*[100.0] * 9, 1500.0])

    assert found.verdict is Verdict.FAIL
    assert found.reasons == (
        (
            "10.0 % of 1,000 OK requests took longer than 1,000 ms (95 % interval 8.2-12.0 %); allowed are 5 %, "
            "the p95 was 1,500 ms"
        ),
    )


def test_a_p95_under_the_limit_by_luck_is_inconclusive():
    found = judged({OK: 400}, latencies_ms=[*[100.0] * 24, 1500.0])

    assert found.verdict is Verdict.INCONCLUSIVE
    assert "4.0 % of 400 OK requests took longer" in found.reasons[0]
    assert "more requests to decide" in found.reasons[0]


def test_the_worse_part_gives_the_verdict_and_comes_first():
    slow_for_sure_failures_open = judged({OK: 100}, latencies_ms=[2000.0])

    assert slow_for_sure_failures_open.verdict is Verdict.FAIL
    assert [reason.split(" ")[5] for reason in slow_for_sure_failures_open.reasons] == ["requests", "failed"]


def test_a_server_that_fails_everything_fails_and_is_not_invalid():
    found = judged({BAD_GATEWAY: 2, Outcome.CONNECT_ERROR: 1}, allowed=1)

    assert found.verdict is Verdict.FAIL
    assert found.reasons == ("none of 3 requests was OK: 2 x 502, 1 x CONNECT_ERROR",)
