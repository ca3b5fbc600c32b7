"""Simulated servers whose truth is known, and the machine they run on: drift between blocks, noise between trials."""

import math
import zlib
from dataclasses import dataclass, field

import numpy as np
from scipy.special import ndtr

from badgateway.model.capacity import CapacityGoal
from badgateway.model.design import ConfigurationFacts, Design, Ended, Facts, Purpose, Step, TrialCost
from badgateway.model.experiment import Objective
from badgateway.search import next_trials

DRIFT, NOISE = 0.08, 0.03
_SPREAD = 0.4
"""Standard deviation of the logarithms of one window's latencies."""
_TO_P95 = 1.645
OBJECTIVE = Objective(max_failure_share=0.001, p95_ms=1000)
COST = TrialCost(warm_up_s=3, drain_s=2, overhead_s=4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A configuration: its p95 far from its limit, and the load at which it begins to fail."""

    p95_ms: float = 400.0
    limit: float = 1000.0
    cpu_ms: float = 5.0

    def p95_at(self, level: float) -> float:
        """Return the true p95, which doubles on the way to the limit."""
        return self.p95_ms * (1 + min(level / self.limit, 1))

    def failing_at(self, level: float) -> float:
        """Return the true failure share: none up to the limit, then soon many."""
        return 0.0 if level <= self.limit else min(1.0, 0.02 + (level / self.limit - 1))


@dataclass(slots=True, kw_only=True)
class Machine:
    """Runs steps; the same step always gives the same facts, as if its raw files were read again."""

    servers: dict[str, Server]
    seed: int
    drift: float = DRIFT
    noise: float = NOISE
    invalid: float = 0.0
    """Chance that a trial is INVALID."""
    ran: list[Ended] = field(default_factory=list)

    def run(self, design: Design) -> list[Ended]:
        """Run the study to its end."""
        self.ran = []
        while due := next_trials(design, self.ran):
            self.ran.append(self.end(design, due[0]))
        return self.ran

    def end(self, design: Design, step: Step) -> Ended:
        """Run one step."""
        rng = self._dice(step.configuration, step.purpose, step.block, step.level, step.control, step.attempt)
        facts = None if rng.random() < self.invalid else self._facts(design, step, rng)
        return Ended(step=step, facts=facts, took_s=design.cost.trial_s(step.window_s))

    def _facts(self, design: Design, step: Step, rng: np.random.Generator) -> Facts:
        server = self.servers[step.configuration]
        quieter = math.sqrt(step.window_s / design.window_s)
        weather = math.exp(rng.normal(0, self.noise / quieter))
        if step.purpose is Purpose.COMPARE:
            weather *= math.exp(self._dice(step.block).normal(0, self.drift))
        requests = int(step.level * step.window_s)
        failures = int(rng.binomial(requests, server.failing_at(step.level * weather)))
        p95_ms = server.p95_at(step.level) * weather
        beyond = 1 - ndtr(math.log(design.objective.p95_ms / p95_ms) / _SPREAD + _TO_P95)
        return Facts(
            requests=requests,
            failures=failures,
            late=int(rng.binomial(requests - failures, beyond)),
            p95_ms=p95_ms if failures < 0.05 * requests else None,
            throughput_rps=(requests - failures) / step.window_s,
            cpu_ms=server.cpu_ms * math.exp(rng.normal(0, self.noise)),
        )

    def _dice(self, *what: object) -> np.random.Generator:
        return np.random.default_rng([self.seed, zlib.crc32(repr(what).encode())])


def design(*configurations: str, levels: tuple[float, ...] = (50, 100, 200), **given: object) -> Design:
    """Return a design of these configurations, with everything else as usual."""
    fields: dict[str, object] = {
        "objective": OBJECTIVE,
        "window_s": 30.0,
        "cost": COST,
        "seed": 1,
        "control": False,
    }
    return Design(configurations=configurations, levels=levels, **(fields | given))  # type: ignore[arg-type] # tests give what they like


GOAL = CapacityGoal(lowest=20, highest=640)


def in_blocks(servers: dict[str, Server], blocks: int, seed: int, *, level: float = 200) -> list[ConfigurationFacts]:
    """Return what so many blocks at one level give, of all configurations, and nobody dropped."""
    asked = design(*servers, levels=(level,), blocks=blocks)
    machine = Machine(servers=servers, seed=seed)
    found = []
    for name in servers:
        steps = (_step(name, level, block) for block in range(1, blocks + 1))
        ended = [machine.end(asked, step) for step in steps]
        trials = tuple((level, one.step.block, one.facts) for one in ended if one.facts)
        found.append(ConfigurationFacts(configuration=name, trials=trials))
    return found


def _step(configuration: str, level: float, block: int) -> Step:
    return Step(
        configuration=configuration,
        level=level,
        window_s=30,
        purpose=Purpose.COMPARE,
        block=block,
        control=False,
        attempt=1,
        seed=1,
    )
