"""At which numbers of users a site is compared: around where one that is raised step by step begins to feel them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from badgateway.model.summary import TrialSummary

STEPS = (5, 10, 20, 40, 80, 160, 320)
_TWICE = 2.0
_MOST_USERS = 5000
NEGLIGIBLE_MS = 50.0
"""Of a p95 of few requests, whose worst two are most of it: below this, twice is chance, and nobody feels it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What a number of users met."""

    users: int
    requests: int
    failures: int
    p95_ms: float | None
    """None when no request was OK."""
    problem: str = ""
    """Why it says nothing; empty when it does."""

    @classmethod
    def of(cls, trial: TrialSummary, problem: str) -> "Step":
        """Return a trial's; `problem` where it has no measurement."""
        found = trial.measurement
        if found is None:
            return cls(users=trial.trial.users, requests=0, failures=0, p95_ms=None, problem=problem)
        return cls(
            users=trial.trial.users,
            requests=found.requests,
            failures=found.failures.count,
            p95_ms=found.latency.p95_ms if found.latency else None,
        )


def why_enough(steps: Sequence[Step]) -> str:
    """Return why no further step is needed, a clause; empty where one is."""
    first, last = steps[0], steps[-1]
    if last.problem:
        return f"with {last.users} users nothing could be measured: {last.problem}"
    if last.failures:
        return f"with {last.users} users {last.failures} of {last.requests} requests failed"
    if last.p95_ms is None or first.p95_ms is None:
        return f"with {last.users} users no request was OK"
    if last.p95_ms >= max(_TWICE * first.p95_ms, first.p95_ms + NEGLIGIBLE_MS):
        return (
            f"with {last.users} users the p95 is {last.p95_ms:,.0f} ms, and {first.p95_ms:,.0f} ms with {first.users}"
        )
    if last.users == STEPS[-1]:
        return f"with {last.users} users, the most that are tried, the p95 is {last.p95_ms:,.0f} ms"
    return ""


def levels(steps: Sequence[Step]) -> tuple[int, ...]:
    """Return half, one and two times the users at which it was enough; nothing where none was measured.

    None is above what could be measured: a level whose trials are all INVALID says nothing.
    """
    measured = [one for one in steps if not one.problem]
    if not measured:
        return ()
    enough = measured[-1].users
    most = enough if steps[-1].problem else min(2 * enough, STEPS[-1])
    return tuple(dict.fromkeys(max(1, most // part) for part in (4, 2, 1)))


def users_of_rates(step: Step, window_s: float, rates_per_s: Sequence[float]) -> tuple[int, ...]:
    """Return the numbers of users that make these requests a second; nothing where none was made.

    Args:
        step: So few users that they wait for nothing but themselves.
        window_s: In which its requests were counted.
        rates_per_s: Of a log.
    """
    if step.problem or not step.requests:
        return ()
    of_one = step.requests / window_s / step.users
    numbers = (math.ceil(round(rate / of_one, 6)) for rate in rates_per_s)
    return tuple(dict.fromkeys(min(max(1, number), _MOST_USERS) for number in numbers))
