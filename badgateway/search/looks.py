"""Puts clearly slower arms out of the race at a planned look."""

from collections.abc import Sequence

from badgateway.judge.blocks import at_level, log_ratios
from badgateway.judge.levels import LOOK
from badgateway.judge.objective import standing
from badgateway.judge.paired import holm, paired_ratio, t_test_p
from badgateway.judge.standings import in_order
from badgateway.judge.wording import counted
from badgateway.model.contest import Leaving
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
    leader = at_level(facts[ranking[0].arm], contest.levels[-1])
    logs = {
        arm: log_ratios(leader, at_level(facts[arm], contest.levels[-1]), "p95_ms")
        for arm in racing
        if arm != ranking[0].arm
    }
    corrected = holm({arm: t_test_p(found) for arm, found in logs.items()})
    level = LOOK / len(contest.looks)
    ratios = {arm: paired_ratio(found).ratio for arm, found in logs.items() if corrected[arm] <= level}
    return tuple(
        Leaving(
            arm=arm,
            reason=(
                f"its p95 was {ratio:.2f} times that of {ranking[0].arm} "
                f"(t test over {counted(len(logs[arm]), 'block')}, p = {corrected[arm]:.2g} after Holm)"
            ),
            at_look=block,
        )
        for arm, ratio in ratios.items()
        if ratio > 1 + contest.margin
    )
