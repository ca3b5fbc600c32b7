"""Puts clearly slower arms out of the race at a planned look."""

import math
from collections.abc import Mapping, Sequence

from badgateway.judge.ahead import logs_of
from badgateway.judge.arm_order import arm_verdict, in_order
from badgateway.judge.blocks import at_level, log_p95
from badgateway.judge.paired import LOOKS, look_p, paired_ratio
from badgateway.judge.rivals import latency_margin
from badgateway.model.contest import ClearlySlower, Elimination, Facts
from badgateway.model.summary import Verdict
from badgateway.search.trial_log import TrialLog


def drop_slower(trial_log: TrialLog, racing: Sequence[str], block: int) -> tuple[Elimination, ...]:
    """Return the arms that leave after a block: slower than the leader by more than the margin, at the look's level.

    Nobody is put out by an arm that does not keep the objective. An exact test could prove nothing with so few
    blocks; the t test can, if it believes that log ratios are about normal, so it ends a race and proves no verdict.
    """
    contest = trial_log.contest
    facts = {arm: trial_log.arm_facts(arm, block) for arm in racing}
    ranking = in_order(
        contest, [arm_verdict(one, contest.levels, contest.objective) for one in facts.values()], facts, ()
    )
    if len(racing) < 2 or ranking[0].verdict is not Verdict.PASS:
        return ()
    leader, *rivals = (one.arm for one in ranking)
    blocks = _common_blocks([at_level(facts[arm], contest.levels[-1]) for arm in racing])
    pairs = len(racing) * (len(racing) - 1) / 2
    bound = math.log1p(latency_margin(contest, facts, leader))
    logs = {arm: logs_of(contest, facts[leader], facts[arm], "p95_ms") for arm in rivals}
    corrected = {arm: min(1.0, pairs * look_p(found, blocks, beyond=bound)) for arm, found in logs.items() if found}
    return tuple(
        Elimination(
            arm=arm,
            at_look=block,
            slower=ClearlySlower(leader=leader, ratio=paired_ratio(logs[arm]).ratio, blocks=len(logs[arm]), p=p),
        )
        for arm, p in corrected.items()
        if p <= LOOKS / len(contest.looks)
    )


def _common_blocks(arms: Sequence[Mapping[int, Facts]]) -> list[list[float]]:
    common = sorted(set.intersection(*(set(facts) for facts in arms)))
    return [[log_p95(facts[block]) for facts in arms] for block in common]
