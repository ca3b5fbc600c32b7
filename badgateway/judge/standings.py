"""Puts the arms of a contest in order: failures first, so that they can never win."""

import math
from collections.abc import Mapping, Sequence

from badgateway.judge.blocks import at_level, log_p95
from badgateway.judge.verdicts import SEVERITY
from badgateway.model.comparison import ArmStanding
from badgateway.model.contest import ArmFacts, Contest, Leaving
from badgateway.model.summary import Verdict


def in_order(
    contest: Contest, found: Sequence[ArmStanding], arms: Mapping[str, ArmFacts], leaving: Sequence[Leaving]
) -> tuple[ArmStanding, ...]:
    """Return the standings, best first.

    By verdict; then by failure share, except among those that pass; then those a look put out after those that
    stayed; then by p95 (of all requests, see `p95_with_failures`) over the blocks that all passing arms have; then
    by failure share, and by name.
    """
    put_out = {one.arm for one in leaving if one.at_look is not None}
    passing = [one.arm for one in found if one.verdict is Verdict.PASS]
    log_p95 = mean_log_p95(contest, arms, passing)

    def key(one: ArmStanding) -> tuple[int, float, bool, float, float, str]:
        passes, share = one.verdict is Verdict.PASS, _share(one.failures, one)
        return (
            SEVERITY.index(one.verdict),
            0.0 if passes else share,
            one.arm in put_out,
            log_p95[one.arm] if passes else _share(one.late, one),
            share,
            one.arm,
        )

    return tuple(sorted(found, key=key))


def mean_log_p95(contest: Contest, arms: Mapping[str, ArmFacts], names: Sequence[str]) -> dict[str, float]:
    """Return each arm's mean log p95 at the highest level, over the blocks that all of them have, if there are any."""
    own = {name: at_level(arms[name], contest.levels[-1]) for name in names}
    common = set.intersection(*(set(facts) for facts in own.values())) if own else set()
    return {name: _mean([log_p95(facts[block]) for block in sorted(common or facts)]) for name, facts in own.items()}


def _mean(logs: Sequence[float]) -> float:
    return math.fsum(logs) / len(logs) if logs else math.inf


def _share(count: int, one: ArmStanding) -> float:
    return count / one.requests if one.requests else 1.0
