"""Puts clearly slower arms out of the race at a planned look."""

from collections.abc import Mapping, Sequence

from badgateway.judge.blocks import at_level, log_p95, log_ratios
from badgateway.judge.levels import LOOK
from badgateway.judge.objective import standing
from badgateway.judge.paired import holm, paired_ratio, pooled_noise, t_test_p
from badgateway.judge.rivals import latency_margin
from badgateway.judge.standings import in_order
from badgateway.judge.wording import counted
from badgateway.model.contest import Facts, Leaving
from badgateway.model.summary import Verdict
from badgateway.search.book import Book


def put_out(book: Book, racing: Sequence[str], block: int) -> tuple[Leaving, ...]:
    """Return the arms that leave after a block: slower than the leader by more than the margin, at the look's level.

    Nobody is put out by an arm that does not keep the objective. An exact test could prove nothing with so few
    blocks; the t test can, if it believes that log ratios are about normal, so it ends a race and proves no verdict.
    """
    contest = book.contest
    facts = {arm: book.arm_facts(arm, block) for arm in racing}
    ranking = in_order(contest, [standing(one, contest.levels, contest.objective) for one in facts.values()], facts, ())
    if len(racing) < 2 or ranking[0].verdict is not Verdict.PASS:
        return ()
    leader, *rivals = (one.arm for one in ranking)
    own = {arm: at_level(facts[arm], contest.levels[-1]) for arm in racing}
    noise, freedom = pooled_noise(_common_blocks(list(own.values())))
    if not freedom:
        return ()
    logs = {arm: log_ratios(own[leader], own[arm], "p95_ms") for arm in rivals}
    corrected = holm({arm: t_test_p(found, noise, freedom) for arm, found in logs.items() if found})
    level, margin = LOOK / len(contest.looks), latency_margin(contest, facts, leader)
    ratios = {arm: paired_ratio(logs[arm]).ratio for arm, p in corrected.items() if p <= level}
    return tuple(
        Leaving(
            arm=arm,
            reason=(
                f"its p95 was {ratio:.2f} times that of {leader} "
                f"(t test over {counted(len(logs[arm]), 'block')}, p = {corrected[arm]:.2g} after Holm)"
            ),
            at_look=block,
        )
        for arm, ratio in ratios.items()
        if ratio > 1 + margin
    )


def _common_blocks(arms: Sequence[Mapping[int, Facts]]) -> list[list[float]]:
    common = sorted(set.intersection(*(set(facts) for facts in arms)))
    return [[log_p95(facts[block]) for facts in arms] for block in common]
