"""From hand-made raw files to the numbers of a trial: what is printed must be what was written."""

import pytest

from badgateway import ledger
from badgateway.judge import TrialEvidence, summarise_trial
from badgateway.model.experiment import Objective
from badgateway.model.outcome import Outcome
from badgateway.model.summary import TrialSummary, Verdict
from badgateway.words.verdict_reasons import said
from tests.judge.evidence_of import WINDOW, record
from tests.ledger.raw_folder import client_row, proxy_line, unanswered, write_both, write_client, write_proxy

OBJECTIVE = Objective(max_failure_share=0.3, p95_ms=190)


def judged(raw) -> TrialSummary:
    built = ledger.build(raw, WINDOW)
    given = TrialEvidence(
        record=record(), relation=built.relation, problem=built.balance.problem(), proxy_messages=(), uses=()
    )
    return summarise_trial(given, OBJECTIVE)


def times(start_s, length_ms, first_byte_ms=None):
    return {
        "intended_start_s": start_s,
        "start_s": start_s,
        "first_byte_s": "" if first_byte_ms is None else start_s + first_byte_ms / 1000,
        "end_s": start_s + length_ms / 1000,
    }


def test_every_number_of_a_trial_is_the_one_counted_by_hand(tmp_path):
    # 200 OK requests of 1 to 200 ms in the window of 10 s, 100 failures, and 50 requests on either side of it.
    write_both(
        tmp_path,
        *(client_row(f"ok-{ms}", **times(1000 + ms / 21, ms, ms / 2)) for ms in range(1, 201)),
        *(client_row(f"bad-{i}", status=502, **times(1001, 0.5)) for i in range(60)),
        *(client_row(f"cut-{i}", error="truncated", **times(1002, 9000)) for i in range(30)),
        *(unanswered(f"late-{i}", "client_timeout", **times(1003, 10_000)) for i in range(10)),
        *(client_row(f"before-{i}", **times(999.9, 5000)) for i in range(25)),
        *(client_row(f"after-{i}", status=504, **times(1010, 5000)) for i in range(25)),
    )
    found = judged(tmp_path).measurement

    assert found is not None
    assert found.latency is not None
    assert found.first_byte is not None
    assert found.over_objective is not None
    assert {entry.outcome: entry.proportion.count for entry in found.outcomes} == {
        Outcome.OK: 200,
        Outcome.BAD_GATEWAY: 60,
        Outcome.CLIENT_TIMEOUT: 10,
        Outcome.TRUNCATED: 30,
    }
    assert (found.failures.count, found.failures.total) == (100, 300)
    latency = found.latency
    assert [latency.p50_ms, latency.p95_ms, latency.p99_ms, latency.max_ms] == pytest.approx([100, 190, 198, 200])
    assert found.first_byte.p95_ms == pytest.approx(190 / 2)
    assert (found.over_objective.count, found.over_objective.total) == (10, 200)
    assert found.throughput_rps == 20


def test_books_that_do_not_balance_make_the_trial_invalid_with_the_sentence(tmp_path):
    write_client(tmp_path, *(client_row(f"{i}", **times(1001, 5)) for i in range(1000)))
    write_proxy(tmp_path, *(proxy_line(f"{i}") for i in range(999)))
    found = judged(tmp_path)

    assert (found.verdict, found.measurement) == (Verdict.INVALID, None)
    (reason,) = said(found.reasons)
    assert reason == (
        "the books do not balance: the client sent 1,000, the proxy logged 999 and 0 never reached it; "
        "1 answered according to the client, unknown to the proxy"
    )
