"""An open loop before one queue: beyond what it serves, the p95 of a short window is still within its limit."""

import math
from dataclasses import dataclass

import numpy as np

from badgateway.model.capacity import Probe
from badgateway.model.design import Ended, Facts, Purpose, Step
from badgateway.search.capacity import NextProbe
from badgateway.search.searches import probe_of
from tests.simulation.capacities import GOAL, Weather
from tests.simulation.servers import design

WARM_UP_S, WINDOW_S, LIMIT_S = 3.0, 8.0, 1.0
ASKED = design("a", capacity=GOAL, window_s=WINDOW_S)


@dataclass(slots=True, kw_only=True)
class Queue:
    """A server of so many requests a second; arrivals and service times are exponential."""

    rate_per_s: float
    weather: Weather
    is_told: bool = True
    """Whether the trial's facts say how many answers came in the window."""

    @property
    def truth(self) -> float:
        """Return the rate at which the p95 of a queue that has run for ever is the limit."""
        return self.rate_per_s - math.log(20) / LIMIT_S

    def end(self, due: NextProbe) -> Probe:
        """Run one trial."""
        rng = self.weather.rng
        serves = self.rate_per_s * math.exp(-self.weather.next())
        window_s = WINDOW_S * (3 if due.confirming else 1)
        number = int(due.level * (WARM_UP_S + window_s) * 1.3) + 50
        came_s = np.cumsum(rng.exponential(1 / due.level, number))
        steps = rng.exponential(1 / serves, number)
        # Lindley: who comes waits for what is left of those before.
        busy_s = np.cumsum(steps)
        before = np.concatenate([[0.0], busy_s[:-1]])
        ended_s = busy_s + np.maximum.accumulate(came_s - before)
        inside = (came_s >= WARM_UP_S) & (came_s < WARM_UP_S + window_s)
        answers = ((ended_s >= WARM_UP_S) & (ended_s < WARM_UP_S + window_s)).sum()
        p95_s = float(np.quantile((ended_s - came_s)[inside], 0.95))
        requests = int(inside.sum())
        facts = Facts(
            requests=requests,
            failures=0,
            late=0,
            p95_ms=1000 * p95_s,
            throughput_rps=requests / window_s,
            answered=float(answers / requests) if self.is_told else None,
        )
        purpose = Purpose.CONFIRM if due.confirming else Purpose.SEARCH
        step = Step(
            configuration="",
            level=due.level,
            window_s=window_s,
            purpose=purpose,
            block=1,
            control=False,
            attempt=1,
            seed=1,
        )
        return probe_of(Ended(step=step, facts=facts, took_s=window_s), ASKED)
