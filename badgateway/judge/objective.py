"""The one rule for PASS, FAIL, INCONCLUSIVE and INVALID: counts of several trials held against the objective."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from badgateway.judge.shares import CERTAIN, evidence_beyond, highest, lowest, repeated
from badgateway.model.design import CannotPass, Counts, Facts, LimitCount, LimitKind
from badgateway.model.experiment import Objective
from badgateway.model.summary import Proportion, Verdict

SEVERITY = (Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.INVALID, Verdict.FAIL)
"""From good to bad; the worst of several verdicts wins.

FAIL is last: if it were not, a configuration that was not measured everywhere would gain by failing where it was.
"""
_MOST_UNITS = 100
_LEAST_UNITS = 2
"""One trial alone shows nothing of how trials differ, so it proves no PASS."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One of the two limits of an objective, and what was counted for it in each unit."""

    kind: LimitKind
    p95_limit_ms: float
    allowed: float
    bad: tuple[int, ...]
    requests: tuple[int, ...]

    @property
    def verdict(self) -> Verdict:
        """FAIL when the share is proven to be beyond the limit, PASS when its whole interval is within."""
        return _against(self.bad, self.requests, self.allowed)

    @property
    def most(self) -> float:
        """The upper end of the share's 95 % interval."""
        return _most(self.bad, self.requests)

    @property
    def proportion(self) -> Proportion:
        """The share of all units together, with the interval that decides."""
        low, high = lowest(self.bad, self.requests), self.most
        count, total = sum(self.bad), sum(self.requests)
        return Proportion(count=count, total=total, low=min(low, count / total), high=max(high, count / total))

    @property
    def counted(self) -> LimitCount:
        """What was counted, beside what is allowed."""
        return LimitCount(
            kind=self.kind,
            p95_limit_ms=self.p95_limit_ms,
            count=sum(self.bad),
            total=sum(self.requests),
            allowed=self.allowed,
        )


def limits(units: Sequence[Counts], objective: Objective) -> tuple[Limit, Limit]:
    """Return the objective's limits, failures first; a failed request counts as a late one too.

    Args:
        units: The trials of a level; the seconds of a trial that is judged by itself.
        objective: What is allowed.
    """
    known = [unit for unit in units if unit.requests]
    requests = tuple(unit.requests for unit in known)
    return (
        Limit(
            kind=LimitKind.FAILED,
            p95_limit_ms=objective.p95_ms,
            allowed=objective.max_failure_share,
            bad=tuple(unit.failures for unit in known),
            requests=requests,
        ),
        Limit(
            kind=LimitKind.MISSED,
            p95_limit_ms=objective.p95_ms,
            allowed=objective.max_missed_share,
            bad=tuple(unit.missed for unit in known),
            requests=requests,
        ),
    )


def verdict(units: Sequence[Counts], objective: Objective) -> Verdict:
    """Judge one level by its trials: FAIL where one limit is proven to be broken, PASS where both are kept."""
    total = pooled(units)
    if not total.requests:
        return Verdict.INVALID
    if total.failures == total.requests:
        return Verdict.FAIL
    return max((part.verdict for part in limits(units, objective)), key=SEVERITY.index)


def over_levels(units: Mapping[float, Sequence[Counts]], objective: Objective) -> dict[float, Verdict]:
    """Judge each level by its trials, and let one that passes speak for those below it.

    A lower level that is not decided, often because it ran once, is a PASS then, unless one of its trials was beyond
    the limits: who keeps the objective at 200 tasks/s keeps it at 50.

    Args:
        units: The trials of each level.
        objective: What is allowed.
    """
    own = {level: verdict(found, objective) for level, found in units.items()}
    passed = max((level for level, found in own.items() if found is Verdict.PASS), default=-math.inf)
    return {
        level: Verdict.PASS
        if found is Verdict.INCONCLUSIVE and level < passed and is_kept_so_far(units[level], objective)
        else found
        for level, found in own.items()
    }


def why_it_cannot_pass(units: Sequence[Counts], objective: Objective) -> CannotPass | None:
    """Return why no further trial could save the configuration at this level; None when one could."""
    total = pooled(units)
    if not total.requests or verdict(units, objective) is not Verdict.FAIL:
        return None
    failing = [part for part in limits(units, objective) if part.verdict is Verdict.FAIL]
    return CannotPass(limit=failing[0].counted if failing else None, requests=total.requests, trials=len(units))


def is_kept_so_far(units: Sequence[Counts], objective: Objective) -> bool:
    """Tell whether each trial's shares, as they were observed, are within the limits: nothing speaks against it.

    All trials together may be, although one was bad: then it takes its own proof that this was rare enough.
    """
    return all(
        bad <= part.allowed * requests
        for part in limits(units, objective)
        for bad, requests in zip(part.bad, part.requests, strict=True)
    )


def more_units(units: Sequence[Counts], objective: Objective) -> int | None:
    """Return how many further trials decide an INCONCLUSIVE level, if they go on so; None when a hundred would not."""
    for number in range(len(units) + 1, _MOST_UNITS + 1):
        longer = [units[place] for place in repeated(range(len(units)), number)]
        if verdict(longer, objective) is not Verdict.INCONCLUSIVE:
            return number - len(units)
    return None


def units_of(counts: Sequence[Counts], broken: int) -> tuple[Counts, ...]:
    """Return a level's trials as units, with those not got through as failed from end to end.

    How many requests such a trial would have had nobody knows: as many as the largest of the others.
    """
    size = max((one.requests for one in counts), default=1)
    return (*counts, *(Counts(requests=size, failures=size, late=0) for _ in range(broken)))


def units_of_facts(facts: Iterable[Facts]) -> tuple[Counts, ...]:
    """Return the trials of a level as units, see `units_of`."""
    found = tuple(facts)
    return units_of([one.counts for one in found if not one.broke], sum(bool(one.broke) for one in found))


def pooled(counts: Iterable[Counts | Facts]) -> Counts:
    """Add up the counts."""
    found = tuple(counts)
    return Counts(
        requests=sum(one.requests for one in found),
        failures=sum(one.failures for one in found),
        late=sum(one.late for one in found),
    )


def p95_with_failures(ok_latencies_ms: Sequence[float] | NDArray[np.float64], failures: int) -> float | None:
    """Return the p95 of all requests, with a failed one slower than any OK one; None when it falls on a failed one.

    The p95 of OK requests alone gets better when a slow request fails instead; this one never does.
    """
    total = len(ok_latencies_ms) + failures
    place = int(np.ceil(0.95 * total)) - 1
    return None if place >= len(ok_latencies_ms) or total == 0 else float(np.sort(ok_latencies_ms)[place])


@lru_cache(maxsize=4096)
def _against(bad: tuple[int, ...], requests: tuple[int, ...], allowed: float) -> Verdict:
    if evidence_beyond(bad, requests, allowed) >= CERTAIN:
        return Verdict.FAIL
    is_kept = len(bad) >= _LEAST_UNITS and _most(bad, requests) <= allowed
    return Verdict.PASS if is_kept else Verdict.INCONCLUSIVE


@lru_cache(maxsize=4096)
def _most(bad: tuple[int, ...], requests: tuple[int, ...]) -> float:
    return highest(bad, requests)
