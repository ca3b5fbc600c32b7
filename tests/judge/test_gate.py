"""What is held to a baseline: worse is said beyond doubt alone, and what cannot be told is no pass."""

from dataclasses import replace

import pytest

from badgateway.judge.gate import GateTerms, held
from badgateway.model.experiment import Objective
from badgateway.model.gate import Doubt, GateLevel, GateTrial, GateVerdict, Matter

TERMS = GateTerms(
    objective=Objective(max_failure_share=0.01, p95_ms=1000), margin=0.05, negligible_ms=10, levels=1, is_paired=True
)
FILE = replace(TERMS, is_paired=False)
WOBBLE = (1.0, 1.03, 0.98, 1.01, 0.97, 1.02, 0.99, 1.0, 1.04, 0.96)


def level(
    trials: int = 10, *, p95_ms: float | None = 300.0, rps: float = 400.0, failures: int = 0, cause: str = "", **given
) -> GateLevel:
    return GateLevel(
        configuration="site",
        users=120,
        rate_per_s=None,
        trials=tuple(
            GateTrial(
                block=block,
                requests=1500,
                failures=failures,
                late=0,
                p95_ms=p95_ms and p95_ms * WOBBLE[block % len(WOBBLE)],
                throughput_rps=rps * WOBBLE[-block % len(WOBBLE)],
                causes={cause: failures} if cause and failures else {},
                **given,
            )
            for block in range(1, trials + 1)
        ),
    )


def by_matter(now, before, terms=TERMS, doubt=None):
    return {one.matter: one for one in held(now, before, terms, doubt)}


def broken(now, before, terms=TERMS):
    return {one.matter for one in held(now, before, terms, None) if one.verdict is GateVerdict.BROKEN}


@pytest.mark.parametrize("terms", [TERMS, FILE])
def test_a_change_that_changes_nothing_is_kept_in_all(terms):
    found = by_matter(level(), level(), terms)

    assert {one.verdict for one in found.values()} == {GateVerdict.KEPT}
    assert set(found) == {Matter.OBJECTIVE, Matter.FAILURES, Matter.LATENCY, Matter.THROUGHPUT}
    assert found[Matter.LATENCY].seen_from is not None


def test_what_is_slower_by_more_than_the_margin_is_told_with_by_how_much():
    found = by_matter(level(p95_ms=390), level())[Matter.LATENCY]

    assert found.verdict is GateVerdict.BROKEN
    assert found.ratio == pytest.approx(1.3, rel=0.02)
    assert 1.05 < (found.least or 0) <= found.ratio
    assert (found.before, found.now) == (pytest.approx(300, rel=0.02), pytest.approx(390, rel=0.02))


def test_less_that_is_served_is_told_as_so_many_times_less():
    found = by_matter(level(rps=320), level())[Matter.THROUGHPUT]

    assert found.verdict is GateVerdict.BROKEN
    assert found.ratio == pytest.approx(1.25, rel=0.02)


@pytest.mark.parametrize(("p95_ms", "rps"), [(313, 390), (200, 600)])
def test_within_the_margin_and_better_is_kept(p95_ms, rps):
    assert broken(level(p95_ms=p95_ms, rps=rps), level()) == set()


def test_what_nobody_notices_is_no_margin():
    # 4 ms more is twice as slow and negligible.
    assert broken(level(p95_ms=8), level(p95_ms=4)) == set()
    assert broken(level(p95_ms=40), level(p95_ms=4)) == {Matter.LATENCY}


def test_between_sessions_only_what_is_far_apart_is_told():
    assert broken(level(p95_ms=360), level(), FILE) == set()
    assert broken(level(p95_ms=360), level()) == {Matter.LATENCY}
    assert broken(level(p95_ms=600), level(), FILE) == {Matter.LATENCY}


def test_failures_that_come_back_are_told_with_their_cause():
    found = {
        (one.matter, one.cause)
        for one in held(level(failures=15, cause="listen-queue-full"), level(), TERMS, None)
        if one.verdict is GateVerdict.BROKEN
    }

    assert found == {(Matter.FAILURES, ""), (Matter.CAUSE, "listen-queue-full")}


def test_a_cause_is_not_new_where_a_failure_without_a_cause_may_have_had_it():
    now = level(failures=15, cause="listen-queue-full")

    assert Matter.CAUSE not in broken(now, level(failures=15))
    assert Matter.CAUSE in broken(now, level(failures=15, cause="slow-request"))


def test_another_cause_of_as_many_failures_is_new():
    assert broken(level(failures=9, cause="slow-request"), level(failures=9, cause="worker-killed")) == {Matter.CAUSE}


def test_one_burst_is_one_event():
    calm = level()
    burst = replace(calm.trials[0], failures=60, together=60.0, causes={"slow-request": 60})

    assert broken(replace(calm, trials=(burst, *calm.trials[1:])), calm) == set()


def test_an_objective_that_is_missed_is_broken_whatever_the_baseline_did():
    worst = level(failures=600)

    assert Matter.OBJECTIVE in broken(worst, worst)


def test_a_server_that_does_not_come_up_is_broken():
    dead = level(2, p95_ms=None, rps=0.0, broke=True)
    dead = replace(dead, trials=tuple(replace(one, requests=0) for one in dead.trials))

    assert {Matter.OBJECTIVE} <= broken(dead, level())


def test_nothing_measured_is_no_pass():
    (found,) = held(level(0), level(), TERMS, None)

    assert (found.matter, found.verdict, found.doubt) == (Matter.OBJECTIVE, GateVerdict.INCONCLUSIVE, Doubt.NO_TRIAL)


@pytest.mark.parametrize(
    ("before", "doubt", "told"),
    [
        (None, None, Doubt.NOTHING_BEFORE),
        (level(0), None, Doubt.NOTHING_BEFORE),
        (level(), Doubt.OTHER_MACHINE, Doubt.OTHER_MACHINE),
        (level(1), None, Doubt.FEW_TRIALS),
    ],
)
def test_what_cannot_be_held_to_a_baseline_is_said_and_no_pass(before, doubt, told):
    found = by_matter(level(p95_ms=9000), before, doubt=doubt)

    for matter in (Matter.FAILURES, Matter.LATENCY, Matter.THROUGHPUT):
        assert (found[matter].verdict, found[matter].doubt) == (GateVerdict.INCONCLUSIVE, told)


def test_so_few_pairs_that_they_could_prove_nothing_are_not_kept():
    found = by_matter(level(7, p95_ms=900), level(7))

    assert found[Matter.LATENCY].doubt is Doubt.FEW_TRIALS
    assert by_matter(level(8, p95_ms=900), level(8))[Matter.LATENCY].verdict is GateVerdict.BROKEN


def test_only_blocks_that_both_have_are_compared():
    late = level(10, p95_ms=900)

    assert (
        by_matter(replace(late, trials=late.trials[6:]), replace(level(), trials=level().trials[:6]))[
            Matter.LATENCY
        ].doubt
        is Doubt.FEW_TRIALS
    )


def test_more_that_is_gated_together_takes_more_pairs():
    terms = replace(TERMS, levels=8)

    assert by_matter(level(8, p95_ms=900), level(8), terms)[Matter.LATENCY].doubt is Doubt.FEW_TRIALS
    assert by_matter(level(9, p95_ms=900), level(9), terms)[Matter.LATENCY].verdict is GateVerdict.BROKEN
