"""Puts clearly slower configurations out of the race at a planned look."""

import math
from collections.abc import Mapping, Sequence

from badgateway.judge.ahead import logs_of
from badgateway.judge.blocks import at_level, log_p95
from badgateway.judge.configuration_order import configuration_verdict, in_order
from badgateway.judge.paired import LOOKS, look_p, paired_ratio
from badgateway.judge.rivals import latency_margin
from badgateway.model.design import ClearlySlower, Elimination, Facts
from badgateway.model.summary import Verdict
from badgateway.search.trial_log import TrialLog


def drop_slower(trial_log: TrialLog, racing: Sequence[str], block: int) -> tuple[Elimination, ...]:
    """Return those that leave after a block: slower than the leader by more than the margin, at the look's level.

    Nobody is put out by a configuration that does not keep the objective. An exact test could prove nothing with so few
    blocks; the t test can, if it believes that log ratios are about normal, so it ends a race and proves no verdict.
    """
    design = trial_log.design
    facts = {configuration: trial_log.facts_of(configuration, block) for configuration in racing}
    ranking = in_order(
        design, [configuration_verdict(one, design.levels, design.objective) for one in facts.values()], facts, ()
    )
    if len(racing) < 2 or ranking[0].verdict is not Verdict.PASS:
        return ()
    leader, *rivals = (one.configuration for one in ranking)
    blocks = _common_blocks([at_level(facts[configuration], design.levels[-1]) for configuration in racing])
    pairs = len(racing) * (len(racing) - 1) / 2
    bound = math.log1p(latency_margin(design, facts, leader))
    logs = {configuration: logs_of(design, facts[leader], facts[configuration], "p95_ms") for configuration in rivals}
    corrected = {
        configuration: min(1.0, pairs * look_p(found, blocks, beyond=bound))
        for configuration, found in logs.items()
        if found
    }
    return tuple(
        Elimination(
            configuration=configuration,
            at_look=block,
            slower=ClearlySlower(
                leader=leader, ratio=paired_ratio(logs[configuration]).ratio, blocks=len(logs[configuration]), p=p
            ),
        )
        for configuration, p in corrected.items()
        if p <= LOOKS / len(design.looks)
    )


def _common_blocks(configurations: Sequence[Mapping[int, Facts]]) -> list[list[float]]:
    common = sorted(set.intersection(*(set(facts) for facts in configurations)))
    return [[log_p95(facts[block]) for facts in configurations] for block in common]
