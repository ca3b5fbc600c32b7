"""Says how many more blocks would settle what is open, and how many a run has then."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from badgateway.judge.blocks import at_level
from badgateway.judge.objective import more_units, units_of_facts
from badgateway.judge.paired import ALONE, blocks_needed, blocks_to_prove
from badgateway.model.comparison import ConfigurationVerdict, Criterion, Relation, Rivalry
from badgateway.model.design import ConfigurationFacts, Design
from badgateway.model.summary import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """What it takes, if all stays as it was measured; None when more would hardly settle it."""

    more: int | None
    in_all: int | None
    """Of one run that settles it by itself."""


HARDLY = Blocks(more=None, in_all=None)


def more_blocks(
    design: Design,
    configurations: Mapping[str, ConfigurationFacts],
    ranking: Sequence[ConfigurationVerdict],
    rivalries: Sequence[Rivalry],
) -> Blocks:
    """Return how many more blocks it takes."""
    compared = [one for one in rivalries if one.criterion is Criterion.LATENCY]
    waiting = [one for one in compared if one.relation is Relation.OPEN]
    if waiting:
        needs = list(_for_rivals(design, waiting))
    elif any(one.verdict is Verdict.PASS for one in ranking):
        return HARDLY
    else:
        needs = _for_objective(design, configurations, ranking)
    known = [need for need in needs if need is not None]
    if not known or len(known) < len(needs):
        return HARDLY
    return Blocks(more=max(more for more, _ in known), in_all=max(more + there for more, there in known))


def _for_rivals(design: Design, waiting: Sequence[Rivalry]) -> Iterator[tuple[int, int] | None]:
    """Yield how many more blocks tell each from the leader, and how many there are."""
    for one in waiting:
        if one.paired is None:
            yield blocks_to_prove(ALONE), 0
            continue
        total = blocks_needed(one.paired, margin=one.margin or design.margin, level=ALONE)
        yield None if total is None else (total - one.paired.blocks, one.paired.blocks)


def _for_objective(
    design: Design, configurations: Mapping[str, ConfigurationFacts], ranking: Sequence[ConfigurationVerdict]
) -> list[tuple[int, int] | None]:
    """Return what the first configuration that may still pass needs, and has; nothing where none was measured.

    What made every trial INVALID makes those of further blocks so too, until somebody ends it.
    """
    candidate = next((one for one in ranking if one.verdict is Verdict.INCONCLUSIVE), None)
    if candidate is None or candidate.level is None:
        return []
    found = at_level(configurations[candidate.configuration], candidate.level).values()
    more = more_units(units_of_facts(found), design.objective)
    return [] if more is None else [(more, len(found))]
