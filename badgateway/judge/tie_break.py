"""Chooses among equally good configurations: fewest changes, then CPU time, then the order of the experiment file."""

import math
from collections.abc import Mapping, Sequence

from badgateway.judge.ahead import logs_of
from badgateway.judge.blocks import at_level, logarithm
from badgateway.judge.paired import paired_ratio
from badgateway.model.comparison import Criterion, Relation, Rivalry, TieRule
from badgateway.model.contest import ConfigurationFacts, Contest


def in_order_of_choice(
    contest: Contest, configurations: Mapping[str, ConfigurationFacts], names: Sequence[str]
) -> tuple[tuple[str, ...], TieRule | None]:
    """Return the names with the chosen one first, and the rule that chose it; None when there was no choice.

    CPU times within the margin of the least are the same. The others stay in the order of the experiment file.
    """
    left = [name for name in contest.configurations if name in names]
    if len(left) < 2:
        return tuple(left), None
    rules = ((TieRule.FEWEST_CHANGES, _fewest_changes(contest, left)), (TieRule.LEAST_CPU, None))
    best, rule = left, TieRule.FIRST
    for named, found in rules:
        kept = found if found is not None else _least_cpu(contest, configurations, best)
        if len(kept) < len(best):
            best, rule = kept, named
        if len(best) == 1:
            break
    else:
        rule = TieRule.FIRST
    return (best[0], *(name for name in left if name != best[0])), rule


def _fewest_changes(contest: Contest, names: Sequence[str]) -> list[str]:
    if not contest.changes:
        return list(names)
    changes = dict(zip(contest.configurations, contest.changes, strict=True))
    least = min(changes[name] for name in names)
    return [name for name in names if changes[name] == least]


def _least_cpu(contest: Contest, configurations: Mapping[str, ConfigurationFacts], names: Sequence[str]) -> list[str]:
    means = {name: _mean_log_cpu(contest, configurations[name]) for name in names}
    known = [mean for mean in means.values() if mean is not None]
    if len(known) < len(means):
        return list(names)
    return [
        name for name, mean in means.items() if mean is not None and mean <= min(known) + math.log1p(contest.margin)
    ]


def _mean_log_cpu(contest: Contest, configuration: ConfigurationFacts) -> float | None:
    logs = [logarithm(facts, "cpu_ms") for facts in at_level(configuration, contest.levels[-1]).values()]
    known = [log for log in logs if log is not None]
    return math.fsum(known) / len(known) if known else None


def costs(
    contest: Contest, configurations: Mapping[str, ConfigurationFacts], chosen: str, others: Sequence[str]
) -> tuple[Rivalry, ...]:
    """Return what the others cost beside the chosen one, in CPU time a request; it claims no difference."""
    logs = {name: logs_of(contest, configurations[chosen], configurations[name], "cpu_ms") for name in others}
    return tuple(
        Rivalry(
            rival=name,
            criterion=Criterion.COST,
            relation=Relation.EQUIVALENT,
            paired=paired_ratio(found),
            adjusted_p=None,
            leader=chosen,
            margin=contest.margin,
        )
        for name, found in logs.items()
        if found
    )
