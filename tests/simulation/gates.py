"""Gates of sites whose truth is known: what trials come to, with the noise that real runs show, and what is said."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from badgateway.judge.gate import GateTerms, held
from badgateway.model.experiment import Objective
from badgateway.model.gate import GateFinding, GateLevel, GateTrial, GateVerdict, Matter
from tests.simulation.promises import Promise
from tests.simulation.worlds import Dice, Failures

OBJECTIVE = Objective(max_failure_share=0.01, p95_ms=1000)
TERMS = GateTerms(objective=OBJECTIVE, margin=0.05, negligible_ms=10, levels=1, is_paired=True)
NONE = Failures()
DRIFT = 0.08
"""Between sessions, of both figures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What a site truly does."""

    p95_ms: float = 300.0
    throughput_rps: float = 400.0
    failures: Failures = NONE
    noise: float = 0.08
    """Of a trial's p95; throughput in a closed loop has the half of it, as in results/reference/servers."""
    requests: int = 1500

    def slower(self, share: float) -> "Site":
        """Return the site with so much less capacity, under a load that is beyond it: it serves less, and later."""
        return replace(self, p95_ms=self.p95_ms / (1 - share), throughput_rps=self.throughput_rps * (1 - share))


def level(site: Site, dice: Dice, trials: int, session: float = 0.0) -> GateLevel:
    """Return so many trials of a site."""
    return GateLevel(
        configuration="site",
        users=120,
        rate_per_s=None,
        trials=tuple(_trial(site, dice, block, session) for block in range(1, trials + 1)),
    )


def _trial(site: Site, dice: Dice, block: int, session: float) -> GateTrial:
    failed = site.failures.of(dice, site.requests)
    weather = float(dice.normal(0, site.noise))
    return GateTrial(
        block=block,
        requests=site.requests,
        failures=failed,
        late=0,
        p95_ms=site.p95_ms * math.exp(weather + session),
        throughput_rps=site.throughput_rps * math.exp(float(dice.normal(0, site.noise / 2)) - session),
        together=float(site.failures.burst) if failed else 1.0,
        causes={"listen-queue-full": failed} if failed else {},
    )


def gates(
    before: Site, now: Site, number: int, *, trials: int, is_paired: bool = True
) -> Iterator[tuple[GateFinding, ...]]:
    """Gate a change so many times."""
    for seed in range(number):
        dice = np.random.default_rng([seed, trials])
        sessions = (0.0, 0.0) if is_paired else dice.normal(0, DRIFT, 2).tolist()
        earlier, after = (level(one, dice, trials, at) for one, at in zip((before, now), sessions, strict=True))
        yield held(after, earlier, replace(TERMS, is_paired=is_paired), None)


def is_broken(findings: tuple[GateFinding, ...], *matters: Matter) -> bool:
    """Tell whether something is said to be worse; of these matters, if any are named."""
    asked = matters or tuple(Matter)
    return any(one.verdict is GateVerdict.BROKEN and one.matter in asked for one in findings)


def false_alarms(site: Site, number: int, *, trials: int, is_paired: bool = True) -> Promise:
    """Count the gates that a change which changes nothing does not pass."""
    found = sum(is_broken(one) for one in gates(site, site, number, trials=trials, is_paired=is_paired))
    how = f"{trials} pairs" if is_paired else f"{trials} trials against a file"
    what = f"false alarms, {how}, p95's noise {site.noise:.0%}{_failing(site)}"
    return Promise(what=what, count=found, total=number, at_most=0.01)


def power(
    what: str,
    before: Site,
    now: Site,
    number: int,
    *,
    trials: int,
    is_paired: bool = True,
    at_least: float | None = 0.95,
) -> Promise:
    """Count the gates that find a change."""
    found = sum(is_broken(one) for one in gates(before, now, number, trials=trials, is_paired=is_paired))
    how = f"{trials} pairs" if is_paired else f"{trials} trials against a file"
    what = f"found: {what}, {how}, p95's noise {before.noise:.0%}{_failing(now)}"
    return Promise(what=what, count=found, total=number, at_least=at_least)


def _failing(site: Site) -> str:
    if not site.failures.share:
        return ""
    return f", {site.failures.share:.1%} fail {site.failures.burst} at a time"
