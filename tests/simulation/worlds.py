"""Worlds of known truth: what the machine and the servers do to every trial of a study."""

import math
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from badgateway.model.comparison import Choice
from badgateway.model.design import Design, Ended, Facts, Purpose, Step
from badgateway.search import conclude, next_trials
from tests.simulation.servers import design

Dice = np.random.Generator
Noise = Callable[[Dice, int, int], float]
"""Logarithm that the weather adds to one trial's p95, of its block and its place among all trials."""


def normal(spread: float) -> Noise:
    """Return independent noise of that standard deviation."""
    return lambda dice, block, place: float(dice.normal(0, spread))


def student(spread: float, freedom: float = 2) -> Noise:
    """Return noise with heavy tails."""
    return lambda dice, block, place: float(spread * dice.standard_t(freedom))


def spikes(spread: float, share: float = 0.1, higher: float = 0.3) -> Noise:
    """Return noise in which a share of trials is so much slower."""
    return lambda dice, block, place: float(
        dice.normal(0, spread) + (math.log1p(higher) if dice.random() < share else 0)
    )


def two_states(spread: float, share: float = 0.35, higher: float = 0.7) -> Noise:
    """Return noise of configurations that come up in one of two states."""
    return spikes(spread, share, higher)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """How many of a trial's requests fail."""

    share: float = 0.0
    burst: int = 1
    """So many at a time."""
    trials: float = 1.0
    """Share of the trials that fail at all; they fail the more."""

    def of(self, dice: Dice, requests: int) -> int:
        """Draw the failures of one trial."""
        if not self.share or dice.random() >= self.trials:
            return 0
        share = min(1.0, self.share / self.trials)
        if self.burst == 1:
            return int(dice.binomial(requests, share))
        return int(min(requests, self.burst * dice.poisson(requests * share / self.burst)))


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedServer:
    """A simulated server."""

    p95_ms: float = 400.0
    noise: Noise | None = None
    """None is the world's."""
    failures: Failures = field(default_factory=Failures)
    low_failures: Failures | None = None
    """At every level below the highest; None is the same as there."""
    throughput: float = 1.0
    dies: float = 0.0
    """Chance that the server of a trial that has failures ends instead of serving."""
    invalid: float = 0.0
    """Chance that a trial is INVALID."""
    cpu_ms: float = 5.0


@dataclass(slots=True, kw_only=True)
class World:
    """Runs the trials of one study in time; the same study is the same again with the same seed."""

    configurations: Mapping[str, SimulatedServer]
    noise: Noise
    seed: int
    requests: int = 4000
    drift: Callable[[int, float], float] = lambda block, place: 0.0
    """Logarithm that is added to all, of the block and of the place in it from 0 to 1."""
    wander: float = 0.0
    """Correlation of one trial's weather with the next, whichever configuration it is."""
    throughput_noise: float = 0.01
    ran: list[Ended] = field(default_factory=list)
    _weather: float = 0.0

    def run(self, asked: Design) -> list[Ended]:
        """Run a study to its end."""
        self.ran = []
        while due := next_trials(asked, self.ran):
            # All that is due, and not the first alone: within a batch at one level nobody's trial drops another's.
            for step in due:
                self.ran.append(self.end(asked, step))
        return self.ran

    def end(self, asked: Design, step: Step) -> Ended:
        """Run one step."""
        dice = self._dice(step)
        configuration = self.configurations[step.configuration]
        took_s = asked.cost.trial_s(step.window_s)
        if dice.random() < configuration.invalid:
            return Ended(step=step, facts=None, took_s=took_s)
        return Ended(step=step, facts=self.facts(asked, step, configuration, dice), took_s=took_s)

    def facts(self, asked: Design, step: Step, configuration: SimulatedServer, dice: Dice) -> Facts:
        """Return what a trial gives."""
        place = len(self.ran)
        weather = (configuration.noise or self.noise)(dice, step.block, place)
        if self.wander:
            self._weather = self.wander * self._weather + math.sqrt(1 - self.wander**2) * weather
            weather = self._weather
        in_block = sum(one.step.block == step.block for one in self.ran)
        weather += self.drift(step.block, in_block / max(1, len(self.configurations)))
        requests = self.requests
        is_low = step.purpose is Purpose.COMPARE and step.level < asked.levels[-1]
        failures = (configuration.low_failures if is_low and configuration.low_failures else configuration.failures).of(
            dice, requests
        )
        if failures and dice.random() < configuration.dies:
            return Facts(requests=0, failures=0, late=0, p95_ms=None, throughput_rps=0.0, broke="the server ended")
        return Facts(
            requests=requests,
            failures=failures,
            late=0,
            p95_ms=None if failures >= 0.05 * requests else configuration.p95_ms * math.exp(weather),
            throughput_rps=500 * configuration.throughput * math.exp(float(dice.normal(0, self.throughput_noise))),
            cpu_ms=configuration.cpu_ms * math.exp(float(dice.normal(0, 0.03))),
        )

    def _dice(self, step: Step) -> Dice:
        what = repr((step.configuration, step.purpose, step.block, step.level, step.control, step.attempt))
        return np.random.default_rng([self.seed, zlib.crc32(what.encode())])


def alike(number: int, configuration: SimulatedServer | None = None) -> dict[str, SimulatedServer]:
    """Return so many configurations that are the same."""
    return {f"configuration-{index}": configuration or SimulatedServer() for index in range(number)}


def study(configurations: Mapping[str, SimulatedServer], seed: int, noise: Noise, **given: object) -> Choice:
    """Run one study, at one level if nothing else is asked, and conclude it."""
    world_fields = {key: given.pop(key) for key in ("drift", "wander", "requests", "throughput_noise") if key in given}
    asked = design(*configurations, **({"levels": (200.0,), "seed": seed, "control": len(configurations) > 1} | given))  # type: ignore[arg-type] # tests give what they like
    world = World(configurations=configurations, noise=noise, seed=seed, **world_fields)  # type: ignore[arg-type] # see above
    return conclude(asked, world.run(asked))


def studies(
    number: int, configurations: Mapping[str, SimulatedServer], noise: Noise, **given: object
) -> Iterator[Choice]:
    """Run so many studies of one world."""
    for seed in range(number):
        yield study(configurations, seed, noise, **dict(given))
