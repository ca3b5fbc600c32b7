"""Says a choice and its chain of reasons."""

from collections.abc import Iterator, Mapping, Sequence

from badgateway.judge.blocks import at_level
from badgateway.judge.levels import FINAL
from badgateway.judge.objective import Counts, fisher_p
from badgateway.judge.paired import blocks_to_prove, holm, smallest_p
from badgateway.judge.rivals import negligible_ms
from badgateway.judge.wording import amount, counted, limit, listed, milliseconds_limit, percent
from badgateway.model.capacity import Capacity, CapacityStatus
from badgateway.model.comparison import (
    LEFT,
    ArmStanding,
    Choice,
    ChoiceKind,
    Criterion,
    PairedRatio,
    Reason,
    Relation,
    Rivalry,
)
from badgateway.model.contest import ArmFacts, Contest, Leaving
from badgateway.model.experiment import Objective
from badgateway.model.study import LoadUnit
from badgateway.model.summary import Verdict

_PROVEN = 0.05
_LOWER, _NOT_LOWER = "is proven to be lower than", "is not proven to be lower than"


def sentence(choice: Choice, contest: Contest) -> str:
    """Return the choice in one sentence."""
    if choice.kind is ChoiceKind.NONE_QUALIFIES:
        return f"None qualifies: no configuration keeps the objective ({_objective(contest.objective)})."
    if choice.kind is ChoiceKind.EQUIVALENT:
        equals = ", ".join(sorted(choice.equivalent))
        return f"Run {choice.arm}. Equivalent: {equals} (cheapest: {choice.arm})."
    if choice.kind is ChoiceKind.PICKED:
        return f"Run {choice.arm}."
    ahead = f"; ahead so far is {choice.arm}" if choice.arm else ""
    several = _any_of_them(choice)
    if choice.more_blocks is None:
        start = f"{several}More" if several else "Not decided, and more"
        return f"{start} blocks would hardly decide it{ahead}."
    return f"{several}Needs about {counted(choice.more_blocks, 'more block')}{ahead}."


def _any_of_them(choice: Choice) -> str:
    """Say what can be acted on although the best is not known: all of these keep the objective."""
    rivals = {one.rival for one in choice.rivalries if one.relation is Relation.OPEN}
    if choice.arm is None or not rivals:
        return ""
    return f"{listed(sorted({choice.arm, *rivals}))} keep the objective; which of them is best is open. "


def chain(choice: Choice, contest: Contest) -> tuple[Reason, ...]:
    """Return the chain of reasons, in the order in which the criteria decide."""
    return (
        *_about_objective(choice.ranking, contest, choice.leaving),
        *_about_looks(choice.leaving),
        *(
            Reason(
                criterion=one.criterion,
                arm=one.rival,
                outcome=one.relation,
                sentence=_about_rival(one, choice, contest),
            )
            for one in choice.rivalries
        ),
        *(
            Reason(
                criterion=Criterion.CAPACITY,
                arm=name,
                outcome=found.status,
                sentence=_about_capacity(name, found, contest.capacity.unit if contest.capacity else contest.unit),
            )
            for name, found in choice.capacities
        ),
    )


def certainty(contest: Contest, arms: Mapping[str, ArmFacts], racing: Sequence[str]) -> str:
    """Say how sure so many blocks can make anyone of a difference in p95."""
    if len(racing) < 2:
        return "No two configurations that keep the objective were compared; the shares have exact binomial intervals."
    blocks = min(len(at_level(arms[name], contest.levels[-1])) for name in racing)
    least = smallest_p(blocks)
    rivals = len(racing) - 1
    if blocks < blocks_to_prove(rivals, FINAL):
        return (
            f"With {counted(blocks, 'block')} no test can give a p below {least:.2g}, so no difference in p95 between "
            f"{counted(rivals + 1, 'configuration')} can be proven; that takes {blocks_to_prove(rivals, FINAL)} blocks."
        )
    return (
        f"With {counted(blocks, 'block')} the smallest p a test can give is {least:.2g}; configurations that are alike "
        f"are called different in at most {limit(_PROVEN)} of such studies."
    )


def _about_objective(ranking: Sequence[ArmStanding], contest: Contest, leaving: Sequence[Leaving]) -> Iterator[Reason]:
    why = {one.arm: one.reason for one in leaving if one.at_look is None}
    first = next((one for one in ranking if one.verdict is Verdict.PASS), None)
    behind = [one for one in ranking if one.verdict is not Verdict.PASS]
    if first is not None:
        kept = f"{first.arm} keeps the objective ({_objective(contest.objective)}): {_counts(first, contest)}."
        yield Reason(criterion=Criterion.OBJECTIVE, arm=first.arm, outcome=first.verdict, sentence=kept)
    proofs = _more_failures(first, behind) if first else {}
    for one in behind:
        said = why.get(one.arm, _counts(one, contest) if one.requests else "nothing valid was measured")
        not_kept = f"{one.arm} is {one.verdict}: {said}{proofs.get(one.arm, '')}."
        yield Reason(criterion=Criterion.OBJECTIVE, arm=one.arm, outcome=one.verdict, sentence=not_kept)


def _more_failures(first: ArmStanding, behind: Sequence[ArmStanding]) -> dict[str, str]:
    """Say of the arms with a larger failure share whether that is proven."""
    failing = [one for one in behind if one.failures * first.requests > first.failures * one.requests]
    corrected = holm({one.arm: fisher_p(_as_counts(first), _as_counts(one)) for one in failing})
    return {
        arm: f"; more often than {first.arm} ({_p(p)}, Fisher)"
        if p <= _PROVEN
        else f"; that this is more often than {first.arm} is not proven ({_p(p)}, Fisher)"
        for arm, p in corrected.items()
    }


def _p(p: float) -> str:
    return "p < 0.0001" if p < 0.0001 else f"p = {p:.2g}"


def _about_looks(leaving: Sequence[Leaving]) -> Iterator[Reason]:
    for one in leaving:
        if one.at_look is not None:
            left = f"{one.arm} left the race after {counted(one.at_look, 'block')}: {one.reason}."
            yield Reason(criterion=Criterion.LATENCY, arm=one.arm, outcome=LEFT, sentence=left)


def _about_rival(one: Rivalry, choice: Choice, contest: Contest) -> str:
    if one.paired is None:
        than = _LOWER if one.relation is Relation.WORSE else _NOT_LOWER
        return (
            f"{one.rival}: its capacity {than} that of {one.leader}."
            if one.criterion is Criterion.CAPACITY
            else f"{one.rival}: no block in common."
        )
    if one.criterion is Criterion.COST:
        return f"{one.rival} takes {_times(one.paired)} the CPU time per request of {choice.arm}."
    verdict = {
        Relation.WORSE: "behind",
        Relation.EQUIVALENT: f"equivalent, less than {_margin(one, contest)} apart",
        Relation.OPEN: "not told apart yet",
    }[one.relation]
    return (
        f"{one.rival}: {one.criterion} {_times(one.paired)} the leader's over {counted(one.paired.blocks, 'block')}, "
        f"{_p(one.adjusted_p if one.adjusted_p is not None else 1.0)} after Holm: {verdict}."
    )


def _margin(one: Rivalry, contest: Contest) -> str:
    if one.criterion is Criterion.LATENCY and (one.margin or 0) > contest.margin:
        return milliseconds_limit(negligible_ms(contest))
    return limit(contest.margin)


def _times(found: PairedRatio) -> str:
    return f"{found.ratio:.3f} times ({percent(found.confidence)} interval {found.low:.3f}-{found.high:.3f})"


def _about_capacity(name: str, found: Capacity, unit: LoadUnit) -> str:
    trials = counted(found.trials, "trial")
    if found.status is CapacityStatus.NONE:
        return f"{name} has no capacity: the lowest load failed, and so did a higher one."
    if found.low is None or found.high is None:
        return f"The capacity of {name} is not told: a load fails, each time, below one that passes."
    between, sure = f"between {found.low:.4g} and {amount(found.high, unit)}", _confirmed(found, unit)
    if found.status is CapacityStatus.NOT_TOLD or found.estimate is None:
        return f"The capacity of {name} is not told: with 95 % probability it is {between}, {sure}, after {trials}."
    if found.status is CapacityStatus.AT_LEAST:
        return f"{name} carries at least {amount(found.low, unit)}, {sure}, from {trials}; more was not tried."
    interval = f"95 % interval {found.low:.4g}-{found.high:.4g}"
    return f"{name} carries {amount(found.estimate, unit)} ({interval}), {sure}, from {trials}."


def _confirmed(found: Capacity, unit: LoadUnit) -> str:
    return (
        "not confirmed by a long window" if found.confirmed is None else f"confirmed at {amount(found.confirmed, unit)}"
    )


def _counts(one: ArmStanding, contest: Contest) -> str:
    where = f"at {amount(one.level, contest.unit)}, " if one.level is not None else ""
    return f"{where}{one.failures:,} of {one.requests:,} requests failed and {one.late:,} were OK but late"


def _as_counts(one: ArmStanding) -> Counts:
    return Counts(requests=one.requests, failures=one.failures, late=one.late)


def _objective(objective: Objective) -> str:
    return (
        f"at most {limit(objective.max_failure_share)} of requests fail, and 95 % are answered well within "
        f"{milliseconds_limit(objective.p95_ms)}"
    )
