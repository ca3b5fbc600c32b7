"""Races between simulated servers, beside the exhaustive grid of the same trials."""

import math
from dataclasses import dataclass

import numpy as np

from badgateway.judge.choice import choose
from badgateway.model.comparison import Choice
from badgateway.model.design import ConfigurationFacts, Design, Ended, Purpose, Step
from badgateway.search import conclude
from tests.simulation.servers import Machine, Server, design

LEVELS = (25.0, 50.0, 100.0, 200.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One study, raced and in full."""

    raced: Choice
    full: Choice
    time_ratio: float
    """Load time of the race over that of the grid."""


def some_servers(seed: int, number: int = 8) -> dict[str, Server]:
    """Return servers with p95s within a factor of 2.5, some of which break at a level of the study."""
    rng = np.random.default_rng(seed)
    return {
        f"configuration-{index}": Server(
            p95_ms=300 * math.exp(rng.uniform(0, 0.9)),
            limit=math.exp(rng.uniform(math.log(30), math.log(800))),
            cpu_ms=rng.uniform(3, 9),
        )
        for index in range(number)
    }


def raced_and_full(seed: int) -> Pair:
    """Run one study both ways; a trial that both run has the same facts in both."""
    servers = some_servers(seed)
    machine, asked = Machine(servers=servers, seed=seed), design(*servers, levels=LEVELS)
    ended = machine.run(asked)
    full = _grid(machine, asked)
    by_configuration = [
        ConfigurationFacts(
            configuration=configuration,
            trials=tuple(
                (one.step.level, one.step.block, one.facts)
                for one in full
                if one.step.configuration == configuration and one.facts
            ),
        )
        for configuration in asked.configurations
    ]
    return Pair(
        raced=conclude(asked, ended),
        full=choose(asked, by_configuration),
        time_ratio=sum(one.took_s for one in ended) / sum(one.took_s for one in full),
    )


def _grid(machine: Machine, asked: Design) -> list[Ended]:
    return [
        machine.end(
            asked,
            Step(
                configuration=configuration,
                level=level,
                window_s=asked.window_s,
                purpose=Purpose.COMPARE,
                block=block,
                control=False,
                attempt=1,
                seed=1,
            ),
        )
        for block in range(1, asked.blocks + 1)
        for level in asked.levels
        for configuration in asked.configurations
    ]
