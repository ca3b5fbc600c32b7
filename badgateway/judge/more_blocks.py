"""Says how many more blocks would settle what is open."""

from collections.abc import Iterator, Mapping, Sequence

from badgateway.judge.blocks import at_level
from badgateway.judge.objective import more_units, units_of_facts
from badgateway.judge.paired import ALONE, blocks_needed, blocks_to_prove
from badgateway.model.comparison import ConfigurationVerdict, Criterion, Relation, Rivalry
from badgateway.model.design import ConfigurationFacts, Design
from badgateway.model.summary import Verdict


def more_blocks(
    design: Design,
    configurations: Mapping[str, ConfigurationFacts],
    ranking: Sequence[ConfigurationVerdict],
    rivalries: Sequence[Rivalry],
) -> int | None:
    """Return how many more blocks it takes, if all stays as it was measured; None when more would hardly settle it."""
    compared = [one for one in rivalries if one.criterion is Criterion.LATENCY]
    waiting = [one for one in compared if one.relation is Relation.OPEN]
    if waiting:
        needs = list(_for_rivals(design, waiting))
    elif any(one.verdict is Verdict.PASS for one in ranking):
        return None
    else:
        needs = _for_objective(design, configurations, ranking)
    known = [need for need in needs if need is not None]
    return max(known) if known and len(known) == len(needs) else None


def _for_rivals(design: Design, waiting: Sequence[Rivalry]) -> Iterator[int | None]:
    for one in waiting:
        if one.paired is None:
            yield blocks_to_prove(ALONE)
            continue
        total = blocks_needed(one.paired, margin=one.margin or design.margin, level=ALONE)
        yield None if total is None else total - one.paired.blocks


def _for_objective(
    design: Design, configurations: Mapping[str, ConfigurationFacts], ranking: Sequence[ConfigurationVerdict]
) -> list[int | None]:
    """Return what the first configuration that may still pass needs; one block where nothing could be measured."""
    candidate = next((one for one in ranking if one.verdict is Verdict.INCONCLUSIVE), None)
    if candidate is None or candidate.level is None:
        return [1]
    found = at_level(configurations[candidate.configuration], candidate.level).values()
    return [more_units(units_of_facts(found), design.objective)]
