"""Orders equivalent arms by what they cost: CPU time a request, then memory, then database connections."""

from collections.abc import Mapping, Sequence

from badgateway.judge.blocks import Number, at_level, log_ratios
from badgateway.judge.paired import paired_ratio
from badgateway.model.comparison import Criterion, PairedRatio, Relation, Rivalry
from badgateway.model.contest import ArmFacts, Contest

COSTS: tuple[Number, ...] = ("cpu_ms", "rss_bytes", "db_connections")


def cheapest_first(
    contest: Contest, arms: Mapping[str, ArmFacts], names: Sequence[str]
) -> tuple[tuple[str, ...], tuple[Rivalry, ...]]:
    """Return the names with the cheapest first, and what the others cost beside it.

    A cost within the margin of the cheapest's is the same; then the next cost decides, and at last the order given.
    """
    if len(names) < 2:
        return tuple(names), ()
    best = names[0]
    for name in names[1:]:
        best = name if _is_cheaper(contest, arms[best], arms[name]) else best
    others = tuple(name for name in names if name != best)
    held = (_cost_of(contest, arms[best], arms[name]) for name in others)
    return (best, *others), tuple(one for one in held if one is not None)


def _is_cheaper(contest: Contest, best: ArmFacts, other: ArmFacts) -> bool:
    for number in COSTS:
        found = _ratio(contest, best, other, number)
        if found is not None and not 1 / (1 + contest.margin) <= found.ratio <= 1 + contest.margin:
            return found.ratio < 1
    return False


def _cost_of(contest: Contest, best: ArmFacts, other: ArmFacts) -> Rivalry | None:
    found = _ratio(contest, best, other, "cpu_ms")
    if found is None:
        return None
    return Rivalry(
        rival=other.arm,
        criterion=Criterion.COST,
        relation=Relation.EQUIVALENT,
        paired=found,
        adjusted_p=None,
        leader=best.arm,
        margin=contest.margin,
    )


def _ratio(contest: Contest, first: ArmFacts, second: ArmFacts, number: Number) -> PairedRatio | None:
    level = contest.levels[-1]
    logs = log_ratios(at_level(first, level), at_level(second, level), number)
    return paired_ratio(logs) if logs else None
