from dataclasses import replace

import pytest

from badgateway.judge import summarise_trial
from badgateway.judge.ranking import highest_level, worst_level
from badgateway.model.experiment import Objective
from badgateway.model.outcome import Outcome
from badgateway.model.summary import ProcessUse, ProxyMessage, Verdict
from badgateway.model.trial import SendingCheck, TrialStatus
from badgateway.words.phrases import load
from badgateway.words.verdict_reasons import said
from tests.judge.evidence_of import BAD_GATEWAY, OK, evidence, experiment, record, summarised

OBJECTIVE = Objective(max_failure_share=0.01, p95_ms=1000)
GOOD = {OK: 1000}


def test_a_good_trial_passes_and_keeps_what_was_recorded_beside_it():
    message = ProxyMessage(message="m", count=1, first_line="l")
    use = ProcessUse(part="server", cpu_s=1, peak_rss_bytes=1, rss_growth_bytes=0)
    found = summarise_trial(evidence(GOOD, proxy_messages=(message,), uses=(use,)), OBJECTIVE)

    assert (found.verdict, said(found.reasons)) == (Verdict.PASS, ())
    assert found.measurement is not None
    assert found.measurement.throughput_rps == 100
    assert (found.trial, found.overhead_s) == (record().trial, 3.5)
    assert (found.proxy_messages, found.uses) == ((message,), (use,))


@pytest.mark.parametrize(
    ("counts", "changed", "problem", "reason"),
    [
        (GOOD, {}, "the books do not balance", "the books do not balance"),
        (None, {}, None, "there is no ledger of the trial"),
        (GOOD, {"generator_cpu_share": None}, None, "how busy the load generator was is unknown"),
        (GOOD, {"generator_cpu_share": 0.91}, None, "the load generator was saturated (91.0 % of one core)"),
        ({OK: 1999, Outcome.UNMATCHED: 1}, {}, None, "1 of 2,000 requests are in the books of one side only"),
    ],
)
def test_a_trial_that_cannot_be_trusted_is_invalid_has_no_numbers_and_says_why(counts, changed, problem, reason):
    found = summarise_trial(evidence(counts, record(**changed), problem=problem), OBJECTIVE)

    assert (found.verdict, said(found.reasons), found.measurement) == (Verdict.INVALID, (reason,), None)


@pytest.mark.parametrize(
    ("counts", "changed", "reason"),
    [
        (None, {"status": TrialStatus.ABORTED, "reason": "uWSGI ended"}, "uWSGI ended"),
        (GOOD, {"status": TrialStatus.ABORTED}, "the trial was aborted, and nobody wrote down why"),
        (GOOD, {"window": None}, "the trial ended before its window began"),
        ({}, {}, "no request started in the window"),
    ],
)
def test_a_trial_that_the_configuration_did_not_get_through_is_a_failed_one(counts, changed, reason):
    found = summarise_trial(evidence(counts, record(**changed)), OBJECTIVE)

    assert (found.verdict, said(found.reasons), found.measurement) == (Verdict.FAIL, (reason,), None)


def test_a_level_counts_such_a_trial_as_failed_from_end_to_end():
    broken = evidence(None, record(block=2, status=TrialStatus.ABORTED, reason="uWSGI ended"))
    ((level,),) = (one.levels for one in summarised(experiment("first"), {"first": [evidence(GOOD), broken]}))

    assert level.verdict is Verdict.INCONCLUSIVE
    assert [one.failures for one in level.counts] == [0, 1000]
    assert said(level.reasons)[0] == "1 of 2 trials not got through: uWSGI ended"


def test_a_load_generator_at_its_limit_but_not_over_it_is_believed():
    assert summarise_trial(evidence(GOOD, record(generator_cpu_share=0.9)), OBJECTIVE).verdict is Verdict.PASS


def test_configurations_and_levels_come_in_the_order_of_the_experiment():
    given = experiment("b", "a", users=(300, 50))
    found = summarised(
        given, {"a": [evidence(GOOD, record("a", users)) for users in (50, 300)], "b": evidence(GOOD, record("b", 50))}
    )

    assert [summary.configuration.name for summary in found] == ["b", "a"]
    assert [[level.users for level in summary.levels] for summary in found] == [[300, 50], [300, 50]]


def test_a_level_pools_the_rows_of_its_valid_trials_and_tells_of_the_others():
    trials = [
        evidence(GOOD, record(block=1)),
        evidence({OK: 999, BAD_GATEWAY: 1}, record(block=2)),
        evidence({BAD_GATEWAY: 9000}, record(block=3), problem="the books do not balance"),
    ]
    ((level,),) = (summary.levels for summary in summarised(experiment("first"), {"first": trials}))

    assert level.measurement is not None
    assert (level.measurement.requests, level.measurement.failures.count) == (2000, 1)
    assert level.measurement.throughput_rps == 1999 / 20
    assert level.verdict is Verdict.PASS
    assert said(level.reasons) == ("1 of 3 trials not counted: the books do not balance",)
    assert [trial.verdict for trial in level.trials] == [Verdict.PASS, Verdict.PASS, Verdict.INVALID]


def test_trials_too_short_to_decide_alone_decide_together():
    trials = [evidence({OK: 200}, record(block=block)) for block in (1, 2)]
    (found,) = summarised(experiment("first"), {"first": trials})

    assert [trial.verdict for trial in found.levels[0].trials] == [Verdict.INCONCLUSIVE] * 2
    assert found.verdict is Verdict.PASS


def test_a_level_without_a_valid_trial_is_invalid():
    (found,) = summarised(experiment("first"), {"first": [evidence(None), evidence(None, record(block=2))]})

    assert found.levels[0].verdict is Verdict.INVALID
    assert found.levels[0].measurement is None
    assert said(found.reasons) == ("at 50 users: 2 of 2 trials not counted: there is no ledger of the trial",)


def test_a_level_that_was_not_run_is_inconclusive_and_so_is_its_configuration():
    (found,) = summarised(experiment("first", users=(50, 300)), {"first": [evidence(GOOD), evidence(GOOD)]})

    assert (found.levels[1].verdict, found.verdict) == (Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE)
    assert said(found.reasons) == ("at 300 users: no trial was run",)


def test_a_level_that_a_budget_skipped_takes_nothing_from_a_configuration_that_passes_above_it():
    trials = [evidence(GOOD, record(users=users)) for users in (50, 50, 300, 300)]
    (found,) = summarised(experiment("first", users=(50, 100, 300)), {"first": trials})

    assert [level.verdict for level in found.levels] == [Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.PASS]
    assert (found.verdict, found.reasons) == (Verdict.PASS, ())


def test_a_configuration_that_no_trial_was_run_of_is_inconclusive_and_one_that_was_disturbed_is_invalid():
    first, second = summarised(experiment("first", "second"), {"second": [evidence(None, record("second"))]})

    assert (first.verdict, second.verdict) == (Verdict.INCONCLUSIVE, Verdict.INVALID)


@pytest.mark.parametrize(
    ("levels", "verdict", "places"),
    [
        ((GOOD, GOOD), Verdict.INCONCLUSIVE, ["at 1 user"] * 2 + ["at 300 users"] * 2),
        (({OK: 10}, {BAD_GATEWAY: 10}), Verdict.FAIL, ["at 300 users", "at 1 user", "at 1 user"]),
        (({BAD_GATEWAY: 10}, None), Verdict.FAIL, ["at 1 user", "at 300 users"]),
    ],
)
def test_a_configuration_has_the_verdict_of_its_worst_level_whose_reasons_come_first(levels, verdict, places):
    trials = [evidence(counts, record(users=users)) for counts, users in zip(levels, (1, 300), strict=True)]
    (found,) = summarised(experiment("first", users=(1, 300)), {"first": trials})

    assert found.verdict is verdict
    assert [reason.split(":")[0] for reason in said(found.reasons)] == places


def at_rate(rate_per_s, counts):
    sending = SendingCheck(arrivals=1000, missed_arrivals=0, send_lag_p99_ms=0.4)
    one = record("first", sending=sending)
    return evidence(counts, replace(one, trial=replace(one.trial, users=0, rate_per_s=rate_per_s)))


def with_rates(users, rates_per_s):
    declared = experiment("first", users=users or (50,))
    load_of_it = declared.load.model_copy(update={"users": users, "rates_per_s": rates_per_s})
    return declared.model_copy(update={"load": load_of_it})


def test_levels_of_an_open_loop_are_summed_up_by_their_rate_after_those_of_the_closed_one():
    trials = [evidence(GOOD), at_rate(30.0, GOOD), at_rate(317.0, {OK: 500, BAD_GATEWAY: 500})]
    (found,) = summarised(with_rates((50,), (30.0, 317.0)), {"first": trials})

    assert [(level.users, level.rate_per_s) for level in found.levels] == [(50, None), (0, 30.0), (0, 317.0)]
    assert [load(level.load) for level in found.levels] == ["50 users", "30 tasks/s", "317 tasks/s"]
    assert [level.verdict for level in found.levels] == [Verdict.INCONCLUSIVE, Verdict.INCONCLUSIVE, Verdict.FAIL]
    assert said(found.reasons)[0].startswith("at 317 tasks/s: 500 of 1,000 requests failed (50.0 %)")
    assert highest_level(found) is worst_level(found) is found.levels[2]
    assert found.levels[1].trials[0].sending is not None


def test_an_open_loop_alone_has_levels_too():
    (found,) = summarised(with_rates((), (30.0,)), {"first": at_rate(30.0, GOOD)})

    assert [level.rate_per_s for level in found.levels] == [30.0]
    assert found.levels[0].trials[0].verdict is Verdict.PASS
