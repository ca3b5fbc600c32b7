"""Holds an arm's pooled counts against the objective: exact intervals for the verdict, a harder rule for dropping."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from badgateway.judge.proportion import proportion, requests_to_decide
from badgateway.judge.verdicts import MAX_SHARE_OVER_P95, SEVERITY
from badgateway.judge.wording import limit, milliseconds_limit, percent
from badgateway.model.comparison import ArmStanding
from badgateway.model.contest import ArmFacts, Facts
from badgateway.model.experiment import Objective
from badgateway.model.summary import Verdict

_DOUBT = 0.001
_CLEARLY = 2.0
"""Failures of one trial come in bursts, which the binomial test does not know: so the share must be twice the limit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What several trials of one arm and level add up to."""

    requests: int
    failures: int
    late: int

    @property
    def missed(self) -> int:
        """Requests that were not answered well in time, for either reason."""
        return self.failures + self.late


def p95_with_failures(ok_latencies_ms: Sequence[float], failures: int) -> float | None:
    """Return the p95 of all requests, with a failed one slower than any OK one; None when it falls on a failed one.

    The p95 of OK requests alone gets better when a slow request fails instead; this one never does.
    """
    total = len(ok_latencies_ms) + failures
    place = int(np.ceil(0.95 * total)) - 1
    return None if place >= len(ok_latencies_ms) or total == 0 else float(np.sort(ok_latencies_ms)[place])


def pooled(facts: Iterable[Facts]) -> Counts:
    """Add up the counts."""
    found = tuple(facts)
    return Counts(
        requests=sum(one.requests for one in found),
        failures=sum(one.failures for one in found),
        late=sum(one.late for one in found),
    )


def verdict(counts: Counts, objective: Objective) -> Verdict:
    """Judge one level: both limits must be kept by the whole exact 95 % interval.

    Late requests are counted among all, together with the failed ones: a slow request that fails instead of being
    late improves nothing.
    """
    if not counts.requests:
        return Verdict.INVALID
    if counts.failures == counts.requests:
        return Verdict.FAIL
    parts = (
        _against(counts.failures, counts.requests, objective.max_failure_share),
        _against(counts.missed, counts.requests, _missable(objective)),
    )
    return max(parts, key=SEVERITY.index)


def is_kept_so_far(counts: Counts, objective: Objective) -> bool:
    """Tell whether the shares, as they were observed, are within the limits: nothing speaks against the arm."""
    failures_kept = counts.failures <= objective.max_failure_share * counts.requests
    return failures_kept and counts.missed <= _missable(objective) * counts.requests


def standing(facts: ArmFacts, levels: Sequence[float], objective: Objective) -> ArmStanding:
    """Return the arm's verdict over all levels, which is that of its worst level.

    A level with too few requests to decide is no worse than a higher one, as long as nothing speaks against it: who
    keeps the objective at 200 requests/s keeps it at 50.
    """
    by_level = {level: pooled(one for at, _, one in facts.cells if at == level) for level in levels}
    judged = _carried({level: verdict(counts, objective) for level, counts in by_level.items()}, by_level, objective)
    measured = [level for level in levels if judged[level] is not Verdict.INVALID]
    # A level that an arm never came to, because it had failed below, is no missing measurement.
    failed = Verdict.FAIL in judged.values()
    if not measured or (len(measured) < len(levels) and not failed):
        return ArmStanding(arm=facts.arm, verdict=Verdict.INVALID, level=None, requests=0, failures=0, late=0)
    worst = max(measured, key=lambda level: (SEVERITY.index(judged[level]), _failure_share(by_level[level]), level))
    counts = by_level[worst]
    return ArmStanding(
        arm=facts.arm,
        verdict=judged[worst],
        level=worst,
        requests=counts.requests,
        failures=counts.failures,
        late=counts.late,
    )


def _carried(judged: dict[float, Verdict], by_level: dict[float, Counts], objective: Objective) -> dict[float, Verdict]:
    """Let a higher level that passes speak for those below it that are undecided and look well."""
    passed = max((level for level, found in judged.items() if found is Verdict.PASS), default=-1.0)
    return {
        level: Verdict.PASS
        if found is Verdict.INCONCLUSIVE and level < passed and is_kept_so_far(by_level[level], objective)
        else found
        for level, found in judged.items()
    }


def requests_to_settle(one: ArmStanding, objective: Objective) -> int | None:
    """Return how many requests an INCONCLUSIVE arm takes in all, if its shares stay so; None when no number does."""
    totals = [
        requests_to_decide(proportion(count, one.requests), allowed)
        for count, allowed in (
            (one.failures, objective.max_failure_share),
            (one.failures + one.late, _missable(objective)),
        )
        if _against(count, one.requests, allowed) is Verdict.INCONCLUSIVE
    ]
    known = [total for total in totals if total is not None]
    return max(known) if known and len(known) == len(totals) else None


def why_hopeless(counts: Counts, objective: Objective) -> str | None:
    """Say why no further trial could save the arm at this level; None when one could."""
    if _beyond_doubt(counts.failures, counts.requests, objective.max_failure_share):
        return (
            f"{counts.failures:,} of {counts.requests:,} requests failed ({_share(counts.failures, counts)}); "
            f"allowed are {limit(objective.max_failure_share)}"
        )
    if _beyond_doubt(counts.missed, counts.requests, _missable(objective)):
        return (
            f"{counts.missed:,} of {counts.requests:,} requests failed or took longer than "
            f"{milliseconds_limit(objective.p95_ms)} ({_share(counts.missed, counts)}); "
            f"allowed are {limit(_missable(objective))}"
        )
    return None


def fisher_p(first: Counts, second: Counts) -> float:
    """Return the exact two-sided p that two arms fail equally often."""
    from scipy.stats import fisher_exact  # noqa: PLC0415 # 1.2 s to import: not at every start

    table = np.array([[one.failures, one.requests - one.failures] for one in (first, second)])
    return float(fisher_exact(table).pvalue)


def _share(count: int, counts: Counts) -> str:
    return percent(count / counts.requests)


def _failure_share(counts: Counts) -> float:
    return counts.failures / counts.requests


def _missable(objective: Objective) -> float:
    return max(MAX_SHARE_OVER_P95, objective.max_failure_share)


@lru_cache(maxsize=4096)
def _against(count: int, total: int, allowed: float) -> Verdict:
    observed = proportion(count, total)
    if observed.low > allowed:
        return Verdict.FAIL
    return Verdict.PASS if observed.high <= allowed else Verdict.INCONCLUSIVE


@lru_cache(maxsize=4096)
def _beyond_doubt(count: int, total: int, allowed: float) -> bool:
    from scipy.special import bdtrc  # noqa: PLC0415 # see fisher_p

    if not count or count / total < _CLEARLY * allowed:
        return False
    return allowed == 0 or bool(bdtrc(count - 1, total, allowed) <= _DOUBT)
