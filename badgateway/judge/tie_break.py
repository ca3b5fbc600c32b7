"""Chooses among equally good configurations: fewest changes, then CPU time, then the order of the experiment file."""

import math
from collections.abc import Mapping, Sequence

from badgateway.judge.ahead import logs_of
from badgateway.judge.blocks import at_level, logarithm
from badgateway.judge.paired import paired_ratio
from badgateway.model.comparison import Criterion, Relation, Rivalry, TieRule
from badgateway.model.design import ConfigurationFacts, Design


def in_order_of_choice(
    design: Design, configurations: Mapping[str, ConfigurationFacts], names: Sequence[str]
) -> tuple[tuple[str, ...], TieRule | None]:
    """Return the names with the chosen one first, and the rule that chose it; None when there was no choice.

    CPU times within the margin of the least are the same. The others stay in the order of the experiment file.
    """
    left = [name for name in design.configurations if name in names]
    if len(left) < 2:
        return tuple(left), None
    rules = ((TieRule.FEWEST_CHANGES, _fewest_changes(design, left)), (TieRule.LEAST_CPU, None))
    best, rule = left, TieRule.FIRST
    for named, found in rules:
        kept = found if found is not None else _least_cpu(design, configurations, best)
        if len(kept) < len(best):
            best, rule = kept, named
        if len(best) == 1:
            break
    else:
        rule = TieRule.FIRST
    return (best[0], *(name for name in left if name != best[0])), rule


def _fewest_changes(design: Design, names: Sequence[str]) -> list[str]:
    if not design.changes:
        return list(names)
    changes = dict(zip(design.configurations, design.changes, strict=True))
    least = min(changes[name] for name in names)
    return [name for name in names if changes[name] == least]


def _least_cpu(design: Design, configurations: Mapping[str, ConfigurationFacts], names: Sequence[str]) -> list[str]:
    means = {name: _mean_log_cpu(design, configurations[name]) for name in names}
    known = [mean for mean in means.values() if mean is not None]
    if len(known) < len(means):
        return list(names)
    return [name for name, mean in means.items() if mean is not None and mean <= min(known) + math.log1p(design.margin)]


def _mean_log_cpu(design: Design, configuration: ConfigurationFacts) -> float | None:
    logs = [logarithm(facts, "cpu_ms") for facts in at_level(configuration, design.levels[-1]).values()]
    known = [log for log in logs if log is not None]
    return math.fsum(known) / len(known) if known else None


def costs(
    design: Design, configurations: Mapping[str, ConfigurationFacts], chosen: str, others: Sequence[str]
) -> tuple[Rivalry, ...]:
    """Return what the others cost beside the chosen one, in CPU time a request; it claims no difference."""
    logs = {name: logs_of(design, configurations[chosen], configurations[name], "cpu_ms") for name in others}
    return tuple(
        Rivalry(
            rival=name,
            criterion=Criterion.COST,
            relation=Relation.EQUIVALENT,
            paired=paired_ratio(found),
            adjusted_p=None,
            leader=chosen,
            margin=design.margin,
        )
        for name, found in logs.items()
        if found
    )
