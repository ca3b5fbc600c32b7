"""Holds the arms that reach the objective against the leader of one criterion."""

import math
from collections.abc import Callable, Mapping, Sequence

from badgateway.judge.blocks import Number, at_level, log_ratios, logarithm
from badgateway.judge.capacities import is_proven_lower
from badgateway.judge.levels import FINAL, THROUGHPUT
from badgateway.judge.paired import holm, is_equivalent, paired_ratio
from badgateway.judge.standings import mean_log_p95
from badgateway.model.capacity import Capacity
from badgateway.model.comparison import Criterion, Relation, Rivalry
from badgateway.model.contest import ArmFacts, Contest

_NEGLIGIBLE = 0.01
"""Of the objective's p95, if nothing is declared: 50 ms against 55 ms decides nothing where 2,000 ms are allowed."""


def negligible_ms(contest: Contest) -> float:
    """Return how much more of p95 decides nothing, whatever share of the leader's it is."""
    return contest.negligible_ms or _NEGLIGIBLE * contest.objective.p95_ms


def latency_margin(contest: Contest, arms: Mapping[str, ArmFacts], leader: str) -> float:
    """Return up to which share more than the leader's p95 is equivalent in practice."""
    leader_ms = math.exp(mean_log_p95(contest, arms, [leader])[leader])
    return max(contest.margin, negligible_ms(contest) / leader_ms)


def by_latency(contest: Contest, arms: Mapping[str, ArmFacts], racing: Sequence[str]) -> tuple[Rivalry, ...]:
    """Compare p95 with the first of the racing arms, block by block at the highest level."""
    if len(racing) < 2:
        return ()
    margin = latency_margin(contest, arms, racing[0])
    logs = _logs(contest, arms, racing, "p95_ms")
    return _held(Criterion.LATENCY, racing[0], logs, margin=margin, level=FINAL, is_worse=lambda ratio: ratio > 1)


def by_throughput(contest: Contest, arms: Mapping[str, ArmFacts], racing: Sequence[str]) -> tuple[Rivalry, ...]:
    """Compare throughput with the arm that has most; a difference that is not proven is none here."""
    if len(racing) < 2:
        return ()
    order = sorted(racing, key=lambda name: -_mean_log(contest, arms[name], "throughput_rps"))
    logs = _logs(contest, arms, order, "throughput_rps")
    held = _held(
        Criterion.THROUGHPUT,
        order[0],
        logs,
        margin=contest.margin,
        level=THROUGHPUT,
        is_worse=lambda ratio: ratio < 1,
    )
    return tuple(one for one in held if one.relation is not Relation.OPEN)


def by_capacity(racing: Sequence[str], capacities: Mapping[str, Capacity]) -> tuple[Rivalry, ...]:
    """Compare capacities with the highest; what is not proven to be lower is not told apart from it."""
    known = {name: capacities[name] for name in racing if name in capacities}
    told = {name: one.middle for name, one in known.items() if one.middle is not None}
    if len(known) < 2 or not told:
        return ()
    leader = max(told, key=lambda name: (told[name], name))

    def relation(name: str) -> Relation:
        lower = is_proven_lower(known[name], known[leader], arms=len(known))
        return Relation.WORSE if lower else Relation.EQUIVALENT

    return tuple(
        Rivalry(
            rival=name,
            criterion=Criterion.CAPACITY,
            relation=relation(name),
            paired=None,
            adjusted_p=None,
            leader=leader,
            margin=None,
        )
        for name in known
        if name != leader
    )


def _held(
    criterion: Criterion,
    leader: str,
    logs: Mapping[str, tuple[float, ...]],
    *,
    margin: float,
    level: float,
    is_worse: Callable[[float], bool],
) -> tuple[Rivalry, ...]:
    paired = {name: paired_ratio(found) if found else None for name, found in logs.items()}
    corrected = holm({name: found.p if found else 1.0 for name, found in paired.items()})

    def relation(name: str) -> Relation:
        found = paired[name]
        if found is None:
            return Relation.OPEN
        if is_equivalent(logs[name], margin):
            return Relation.EQUIVALENT
        return Relation.WORSE if corrected[name] <= level and is_worse(found.ratio) else Relation.OPEN

    return tuple(
        Rivalry(
            rival=name,
            criterion=criterion,
            relation=relation(name),
            paired=found,
            adjusted_p=corrected[name],
            leader=leader,
            margin=margin,
        )
        for name, found in paired.items()
    )


def _logs(
    contest: Contest, arms: Mapping[str, ArmFacts], order: Sequence[str], number: Number
) -> dict[str, tuple[float, ...]]:
    """Return the log ratios of each arm over the first one."""
    leader, *others = (at_level(arms[name], contest.levels[-1]) for name in order)
    return {name: log_ratios(leader, other, number) for name, other in zip(order[1:], others, strict=True)}


def _mean_log(contest: Contest, arm: ArmFacts, number: Number) -> float:
    logs = [logarithm(facts, number) for facts in at_level(arm, contest.levels[-1]).values()]
    known = [log for log in logs if log is not None]
    return math.fsum(known) / len(known) if known else -math.inf
