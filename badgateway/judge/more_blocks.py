"""Says how many more blocks a decision probably takes."""

import math
from collections.abc import Iterator, Mapping, Sequence

from badgateway.judge.blocks import at_level
from badgateway.judge.levels import FINAL
from badgateway.judge.objective import requests_to_settle
from badgateway.judge.paired import blocks_needed, blocks_to_prove
from badgateway.model.comparison import ArmStanding, Relation, Rivalry
from badgateway.model.contest import ArmFacts, Contest
from badgateway.model.summary import Verdict


def more_blocks(
    contest: Contest, arms: Mapping[str, ArmFacts], ranking: Sequence[ArmStanding], rivalries: Sequence[Rivalry]
) -> int | None:
    """Return how many more blocks it takes, if all stays as it was measured; None when more would hardly decide."""
    waiting = [one for one in rivalries if one.relation is Relation.OPEN]
    needs = list(_for_rivals(contest, waiting, len(rivalries))) if waiting else _for_objective(contest, arms, ranking)
    known = [need for need in needs if need is not None]
    return max(known) if known and len(known) == len(needs) else None


def _for_rivals(contest: Contest, waiting: Sequence[Rivalry], rivals: int) -> Iterator[int | None]:
    for one in waiting:
        if one.paired is None:
            yield blocks_to_prove(rivals, FINAL)
            continue
        total = blocks_needed(one.paired, margin=one.margin or contest.margin, level=FINAL, rivals=rivals)
        yield None if total is None else total - one.paired.blocks


def _for_objective(contest: Contest, arms: Mapping[str, ArmFacts], ranking: Sequence[ArmStanding]) -> list[int | None]:
    """Return what the first arm that may still pass needs; one block where nothing could be measured."""
    candidate = next((one for one in ranking if one.verdict is Verdict.INCONCLUSIVE), None)
    if candidate is None or candidate.level is None:
        return [1]
    per_block = candidate.requests / len(at_level(arms[candidate.arm], candidate.level))
    total = requests_to_settle(candidate, contest.objective)
    return [None if total is None else max(1, math.ceil((total - candidate.requests) / per_block))]
