"""Failures never improve a rank, over many random results, and a server that fails at once is last."""

from dataclasses import replace

import numpy as np

from badgateway.judge.objective import standing
from badgateway.judge.standings import in_order
from badgateway.model.comparison import ChoiceKind
from badgateway.model.contest import ArmFacts, Contest, Facts
from badgateway.search import conclude
from tests.simulation.servers import Machine, Server, contest

ARMS = ("a", "b", "c")
SETS = 10_000
ASKED = contest(*ARMS, levels=(50, 200))


def some_facts(rng: np.random.Generator) -> Facts:
    requests = int(rng.choice([40, 400, 4000]))
    failures = int(rng.binomial(requests, rng.choice([0, 0.0005, 0.005, 0.3])))
    late = int(rng.binomial(requests - failures, rng.choice([0, 0.02, 0.06])))
    p95_ms = float(rng.choice([2.0, 300.0, 310.0, 990.0]))
    return Facts(
        requests=requests,
        failures=failures,
        late=late,
        p95_ms=None if failures >= 0.05 * requests else p95_ms,
        throughput_rps=(requests - failures) / 30,
    )


def some_arm(name: str, rng: np.random.Generator) -> ArmFacts:
    return ArmFacts(
        arm=name, cells=tuple((level, block, some_facts(rng)) for block in (1, 2) for level in (50.0, 200.0))
    )


def with_more_failures(arm: ArmFacts, rng: np.random.Generator) -> ArmFacts:
    """Plant failures in one trial: further requests that fail, or OK requests, late ones first, that fail instead."""
    which = int(rng.integers(len(arm.cells)))
    level, block, facts = arm.cells[which]
    if rng.random() < 0.5:
        more = int(rng.integers(1, 2 * facts.requests))
        worse = replace(facts, requests=facts.requests + more, failures=facts.failures + more)
    else:
        more = int(rng.integers(1, facts.requests - facts.failures + 1)) if facts.failures < facts.requests else 0
        worse = replace(facts, failures=facts.failures + more, late=max(0, facts.late - more))
    # Failures count as slower than any OK request, so they move the p95 up, or beyond all OK requests.
    p95_ms = None if worse.failures >= 0.05 * worse.requests or facts.p95_ms is None else facts.p95_ms * 1.01
    return replace(
        arm, cells=(*arm.cells[:which], (level, block, replace(worse, p95_ms=p95_ms)), *arm.cells[which + 1 :])
    )


def place(asked: Contest, arms: dict[str, ArmFacts], name: str) -> int:
    found = [standing(arm, asked.levels, asked.objective) for arm in arms.values()]
    return [one.arm for one in in_order(asked, found, arms, ())].index(name)


def test_over_ten_thousand_random_results_more_failures_never_improve_a_rank():
    rng = np.random.default_rng(502)
    improved = 0
    for _ in range(SETS):
        arms = {name: some_arm(name, rng) for name in ARMS}
        name = str(rng.choice(ARMS))
        worse = arms | {name: with_more_failures(arms[name], rng)}
        improved += place(ASKED, worse, name) < place(ASKED, arms, name)

    assert improved == 0


def test_a_server_that_answers_502_at_once_is_last_in_100_of_100_studies():
    others = {f"arm-{index}": Server(p95_ms=300 + 40 * index) for index in range(3)}
    last = 0
    for seed in range(100):
        servers = {"instant-502": Server(p95_ms=1, limit=10), **others}
        asked = contest(*servers, levels=(50, 200), blocks=2, looks=())
        choice = conclude(asked, Machine(servers=servers, seed=seed).run(asked))
        assert choice.kind is not ChoiceKind.NONE_QUALIFIES
        last += choice.ranking[-1].arm == "instant-502"

    assert last == 100
