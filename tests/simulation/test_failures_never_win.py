"""Failures never improve a rank, over many random results, and a server that fails at once is last."""

import math
from dataclasses import replace

import numpy as np
import pytest

from badgateway.judge.choice import choose
from badgateway.judge.configuration_order import configuration_verdict, in_order
from badgateway.model.comparison import ChoiceKind
from badgateway.model.design import ConfigurationFacts, Design, Facts
from badgateway.search import conclude
from tests.amounts import amounts
from tests.simulation.servers import Machine, Server, design

CONFIGURATIONS = ("a", "b", "c")
ASKED = design(*CONFIGURATIONS, levels=(50, 200), changes=(2, 1, 0))


def some_facts(rng: np.random.Generator) -> Facts:
    requests = int(rng.choice([40, 400, 4000]))
    failures = int(rng.binomial(requests, rng.choice([0, 0, 0, 0.0005, 0.005, 0.3])))
    late = int(rng.binomial(requests - failures, rng.choice([0, 0, 0.02, 0.06])))
    p95_ms = float(rng.choice([2.0, 300.0, 310.0, 330.0, 990.0]) * rng.choice([1, 1.01, 1.02]))
    return Facts(
        requests=requests,
        failures=failures,
        late=late,
        p95_ms=None if failures >= 0.05 * requests else p95_ms,
        throughput_rps=(requests - failures) / 30,
        cpu_ms=float(rng.choice([4.0, 4.1, 6.0])),
    )


def some_configuration(name: str, rng: np.random.Generator, blocks: int = 2) -> ConfigurationFacts:
    """Return a configuration of which a trial in ten is missing."""
    trials = ((level, block, some_facts(rng)) for block in range(1, blocks + 1) for level in (50.0, 200.0))
    kept = tuple(trial for trial in trials if rng.random() > 0.1)
    return ConfigurationFacts(configuration=name, trials=kept or ((50.0, 1, some_facts(rng)),))


def steady_configuration(name: str, rng: np.random.Generator) -> ConfigurationFacts:
    """Return a configuration that keeps the objective, with rivals close by."""
    facts = Facts(requests=9000, failures=0, late=0, p95_ms=300, throughput_rps=300, cpu_ms=4)
    middle = float(rng.choice([1, 1, 1.05, 1.1]))
    trials = tuple(
        (level, block, replace(facts, p95_ms=300 * middle * math.exp(rng.normal(0, 0.03))))
        for block in range(1, 9)
        for level in (50.0, 200.0)
        if rng.random() > 0.05
    )
    return ConfigurationFacts(configuration=name, trials=trials)


def with_more_failures(configuration: ConfigurationFacts, rng: np.random.Generator) -> ConfigurationFacts:
    """Plant failures in one trial: further requests that fail, or OK requests, late ones first, that fail instead."""
    which = int(rng.integers(len(configuration.trials)))
    level, block, facts = configuration.trials[which]
    if rng.random() < 0.5:
        more = int(rng.integers(1, 2 * facts.requests))
        worse = replace(facts, requests=facts.requests + more, failures=facts.failures + more)
    else:
        more = int(rng.integers(1, facts.requests - facts.failures + 1)) if facts.failures < facts.requests else 0
        worse = replace(facts, failures=facts.failures + more, late=max(0, facts.late - more))
    # Failures count as slower than any OK request, so they move the p95 up, or beyond all OK requests.
    p95_ms = None if worse.failures >= 0.05 * worse.requests or facts.p95_ms is None else facts.p95_ms * 1.01
    return replace(
        configuration,
        trials=(
            *configuration.trials[:which],
            (level, block, replace(worse, p95_ms=p95_ms)),
            *configuration.trials[which + 1 :],
        ),
    )


def place(asked: Design, configurations: dict[str, ConfigurationFacts], name: str) -> int:
    found = [
        configuration_verdict(configuration, asked.levels, asked.objective) for configuration in configurations.values()
    ]
    return [one.configuration for one in in_order(asked, found, configurations, ())].index(name)


@pytest.mark.parametrize("sets", amounts(250, 10_000))
def test_over_random_results_more_failures_never_improve_a_rank(sets):
    assert improved_ranks(sets) == 0


def improved_ranks(sets: int) -> int:
    """Count the random results in which a configuration gets a better rank because some of its requests fail."""
    rng = np.random.default_rng(502)
    improved = 0
    for _ in range(sets):
        configurations = {name: some_configuration(name, rng) for name in CONFIGURATIONS}
        name = str(rng.choice(CONFIGURATIONS))
        worse = configurations | {name: with_more_failures(configurations[name], rng)}
        improved += place(ASKED, worse, name) < place(ASKED, configurations, name)
    return improved


@pytest.mark.parametrize("sets", amounts(40, 10_000))
def test_more_failures_never_make_a_configuration_the_one_to_run(sets):
    assert became_the_pick(sets) == 0


def became_the_pick(sets: int) -> int:
    """Count the random results in which a configuration is chosen because some of its requests fail."""
    rng = np.random.default_rng(503)
    count = 0
    for _ in range(sets):
        configurations = {name: steady_configuration(name, rng) for name in CONFIGURATIONS}
        name = str(rng.choice(CONFIGURATIONS))
        worse = configurations | {name: with_few_failures(configurations[name], rng)}
        count += chosen(worse) == name != chosen(configurations)
    return count


def with_few_failures(configuration: ConfigurationFacts, rng: np.random.Generator) -> ConfigurationFacts:
    """Let few requests of some trials fail, which raises their p95 by a little or a lot."""

    def worse(facts: Facts) -> Facts:
        failures, slower = int(rng.integers(0, 3)), float(rng.choice([1, 2]))
        return replace(facts, failures=failures, p95_ms=(facts.p95_ms or 0) * slower)

    trials = tuple(
        (level, block, worse(facts) if rng.random() < 0.3 else facts) for level, block, facts in configuration.trials
    )
    return replace(configuration, trials=trials)


def chosen(configurations: dict[str, ConfigurationFacts]) -> str | None:
    found = choose(ASKED, list(configurations.values()))
    return found.configuration if found.kind in {ChoiceKind.PICKED, ChoiceKind.EQUIVALENT} else None


@pytest.mark.parametrize("studies", amounts(15, 100))
def test_a_server_that_answers_502_at_once_is_last_in_every_study(studies):
    others = {f"configuration-{index}": Server(p95_ms=300 + 40 * index) for index in range(3)}
    last = 0
    for seed in range(studies):
        servers = {"instant-502": Server(p95_ms=1, limit=10), **others}
        asked = design(*servers, levels=(50, 200), blocks=2, looks=())
        choice = conclude(asked, Machine(servers=servers, seed=seed).run(asked))
        assert choice.kind is not ChoiceKind.NONE_QUALIFIES
        last += choice.ranking[-1].configuration == "instant-502"

    assert last == studies
