"""Holds those that keep the objective, or may, against the leader of one criterion; what is said here is proven."""

import math
from collections.abc import Mapping, Sequence

import numpy as np

from badgateway.judge.ahead import is_close_behind, logs_of
from badgateway.judge.blocks import Number, at_level, log_p95, logarithm
from badgateway.judge.capacities import is_proven_lower
from badgateway.judge.configuration_order import mean_log_p95
from badgateway.judge.paired import (
    ALONE,
    REGRET,
    THROUGHPUT,
    TOGETHER,
    detectable_share,
    own_t_test_p,
    paired_ratio,
    t_interval,
)
from badgateway.judge.permutation import behind_p
from badgateway.model.capacity import Capacity
from badgateway.model.comparison import Criterion, PairedRatio, Relation, Rivalry
from badgateway.model.design import ConfigurationFacts, Design


def latency_margin(design: Design, configurations: Mapping[str, ConfigurationFacts], leader: str) -> float:
    """Return up to which share more than the leader's p95 is equivalent in practice."""
    leader_ms = math.exp(mean_log_p95(design, configurations, [leader])[leader])
    return max(design.margin, design.negligible_p95_ms / leader_ms)


def by_latency(
    design: Design, configurations: Mapping[str, ConfigurationFacts], names: Sequence[str]
) -> tuple[Rivalry, ...]:
    """Compare p95 with the first of the configurations, block by block at the highest level.

    A rival is behind when it is so among all pairs of the study (the permutation test), or when the leader is ahead of
    each rival alone: to be wrong then, the leader must be wrongly ahead of the truly best one, and that is one test.
    """
    leader, *rivals = names
    logs = {name: logs_of(design, configurations[leader], configurations[name], "p95_ms") for name in rivals}
    paired = {name: paired_ratio(found) if found else None for name, found in logs.items()}
    together = _together(design, configurations, names, paired)
    level = TOGETHER if len(rivals) > 1 else ALONE
    leads_all = all(is_alone_behind(found) for found in paired.values())
    margin = latency_margin(design, configurations, leader)
    within = {name: _proven_within(logs[name], margin, len(rivals)) for name in rivals}

    def relation(name: str) -> Relation:
        found = paired[name]
        if found is None:
            return Relation.OPEN
        if within[name] is not None:
            return Relation.EQUIVALENT
        # A noisy configuration has the outer ranks of many blocks, so all pairs together take it for another too often.
        is_behind = found.low > 1 and (together[name] <= level or leads_all)
        if not is_behind or is_close_behind(design, configurations[leader], configurations[name]):
            return Relation.OPEN
        return Relation.WORSE

    return tuple(
        Rivalry(
            rival=name,
            criterion=Criterion.LATENCY,
            relation=relation(name),
            paired=found,
            adjusted_p=together[name] if found else None,
            leader=leader,
            margin=margin,
            is_alone_behind=is_alone_behind(found),
            detectable=_detectable(found),
            proven_within=within[name],
        )
        for name, found in paired.items()
    )


def is_alone_behind(found: PairedRatio | None) -> bool:
    """Tell whether the interval of one comparison is beyond 1, with enough blocks for the level of one comparison."""
    return found is not None and found.low > 1 and found.confidence >= 1 - ALONE


def by_throughput(
    design: Design, configurations: Mapping[str, ConfigurationFacts], names: Sequence[str]
) -> tuple[Rivalry, ...]:
    """Compare throughput with the one that has most; a difference that is not proven, or within the margin, is none.

    As with latency, a rival has less when it is so among all pairs of the study, or when each rival has less by itself.
    """
    if len(names) < 2:
        return ()
    leader, *rivals = sorted(names, key=lambda name: -_mean_log(design, configurations[name], "throughput_rps"))
    logs = {name: logs_of(design, configurations[leader], configurations[name], "throughput_rps") for name in rivals}
    pairs = len(names) * (len(names) - 1) / 2
    paired = {name: paired_ratio(found) for name, found in logs.items() if found}
    alone = {name: own_t_test_p(found) for name, found in logs.items()}
    corrected = {name: min(1.0, pairs * p) for name, p in alone.items()}
    less = 1 / (1 + design.margin)
    leads_all = all(name in paired and paired[name].ratio < less and p <= THROUGHPUT for name, p in alone.items())

    def relation(name: str, found: PairedRatio) -> Relation:
        if found.ratio < less and (corrected[name] <= THROUGHPUT or leads_all):
            return Relation.WORSE
        is_equal = _proven_within(logs[name], design.margin, len(rivals)) is not None
        return Relation.EQUIVALENT if is_equal else Relation.OPEN

    held = (
        Rivalry(
            rival=name,
            criterion=Criterion.THROUGHPUT,
            relation=relation(name, found),
            paired=found,
            adjusted_p=corrected[name],
            leader=leader,
            margin=design.margin,
        )
        for name, found in paired.items()
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
        lower = is_proven_lower(known[name], known[leader], configurations=len(known))
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


def _together(
    design: Design,
    configurations: Mapping[str, ConfigurationFacts],
    names: Sequence[str],
    paired: Mapping[str, PairedRatio | None],
) -> dict[str, float]:
    """Return each rival's p among all pairs; with one pair alone, that of the exact signed-rank test."""
    if len(names) == 2:
        return {name: found.p if found else 1.0 for name, found in paired.items()}
    level = design.levels[-1]
    own = {name: at_level(configurations[name], level) for name in names}
    compared = [name for name in names if own[name]]
    blocks = sorted({block for found in own.values() for block in found})
    if not blocks or len(compared) < 2:
        return dict.fromkeys(names, 1.0)
    logs = [[log_p95(own[name][block]) if block in own[name] else np.nan for name in compared] for block in blocks]
    found = dict(zip(compared, behind_p(logs), strict=True))
    return {name: float(found.get(name, 1.0)) for name in names}


def _proven_within(logs: Sequence[float], margin: float, rivals: int) -> tuple[float, float] | None:
    """Return the simultaneous 95 % interval of the ratio where it is within the margin, up and down; else None."""
    low, high = t_interval(logs, REGRET / rivals)
    bound = math.log1p(margin)
    return (math.exp(low), math.exp(high)) if -bound < low and high < bound else None


def _detectable(found: PairedRatio | None) -> float | None:
    if found is None or found.spread is None:
        return None
    return detectable_share(found.spread, found.blocks, ALONE)


def _mean_log(design: Design, configuration: ConfigurationFacts, number: Number) -> float:
    logs = [logarithm(facts, number) for facts in at_level(configuration, design.levels[-1]).values()]
    known = [log for log in logs if log is not None]
    return math.fsum(known) / len(known) if known else -math.inf
