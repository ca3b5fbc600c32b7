"""Says a choice and its chain of reasons."""

from collections.abc import Iterator, Mapping, Sequence

from badgateway import numbers
from badgateway.judge.ahead import negligible_ms
from badgateway.judge.blocks import at_level
from badgateway.judge.paired import blocks_to_prove, smallest_p
from badgateway.judge.significance import ALONE
from badgateway.judge.wording import amount, counted, limit, listed, milliseconds, milliseconds_limit, percent
from badgateway.model.capacity import Capacity, CapacityStatus
from badgateway.model.comparison import (
    LEFT,
    ArmStanding,
    Choice,
    ChoiceKind,
    Criterion,
    PairedRatio,
    Reason,
    Regret,
    Relation,
    Rivalry,
)
from badgateway.model.contest import ArmFacts, Contest, Leaving
from badgateway.model.experiment import Objective
from badgateway.model.study import LoadUnit
from badgateway.model.summary import Verdict

_PROMISED = 0.05
_BY = {Criterion.LATENCY: "p95", Criterion.THROUGHPUT: "throughput", Criterion.CAPACITY: "capacity"}
_LOWER, _NOT_LOWER = "is proven to be lower than", "is not proven to be lower than"


def sentence(choice: Choice, contest: Contest) -> str:
    """Return the answer: first the configuration to run, then what that is worth, then who else is not out."""
    if choice.kind is ChoiceKind.NONE_QUALIFIES:
        return f"None qualifies: no configuration keeps the objective ({_objective(contest.objective)})."
    if choice.kind is ChoiceKind.NEEDS_MORE:
        return " ".join((_undecided(choice), *_others(choice)))
    return " ".join((f"Run {choice.arm}{_worth(choice)}.", *_others(choice)))


def _worth(choice: Choice) -> str:
    if choice.kind is ChoiceKind.PICKED:
        by = [
            _BY[criterion]
            for criterion in _BY
            if any(one.criterion is criterion and one.relation is Relation.WORSE for one in choice.rivalries)
        ]
        if by:
            return f": the best, proven, by its {listed(by)}"
        if any(one.at_look is not None for one in choice.leaving):
            return ": the best, proven, by its p95"
        return ": the only one that keeps the objective"
    as_good = [name for name in choice.equivalent if name != choice.arm]
    said = f". As good, as far as this study can tell: {listed(as_good)}; chosen: {choice.tie_rule}" if as_good else ""
    return f"{said}.{_regret(choice.regret)}" if choice.regret else said


def _regret(found: Regret) -> str:
    if not found.share:
        return " No other has a lower p95, with 95 %"
    return (
        f" No other is more than {percent(found.share)} ({milliseconds(found.milliseconds)}) better in p95, with 95 %"
    )


def _undecided(choice: Choice) -> str:
    if choice.arm is None:
        return "Nothing can be said: no configuration was measured well enough."
    may = [one.arm for one in choice.ranking if one.verdict is Verdict.INCONCLUSIVE]
    start = f"Not decided: {listed(may)} may keep the objective, and none is proven to yet."
    if choice.more_blocks is None:
        return f"{start} More blocks would hardly settle it."
    return f"{start} If all goes on so, about {counted(choice.more_blocks, 'more block')} would settle it."


def _others(choice: Choice) -> Iterator[str]:
    """Yield who is neither out nor named yet, so that nobody is forgotten, and what casts doubt on all of it."""
    if choice.kind is not ChoiceKind.NEEDS_MORE:
        not_told = [
            one.rival
            for one in choice.rivalries
            if one.criterion is Criterion.LATENCY
            and one.relation is Relation.OPEN
            and one.rival not in (*choice.equivalent, *_with(choice, Verdict.INCONCLUSIVE))
        ]
        if not_told:
            yield f"Slower here, but not proven to be: {listed(not_told)}."
        open_ones = _with(choice, Verdict.INCONCLUSIVE)
        if open_ones:
            yield f"{listed(open_ones)} may keep the objective too: INCONCLUSIVE."
    invalid = _with(choice, Verdict.INVALID)
    if invalid and choice.arm is not None:
        yield f"Not measured: {listed(invalid)}."
    if choice.noise is not None and choice.noise.differs:
        yield (
            f"Beware: {listed(choice.noise.arms)} under two names is proven to differ from itself by "
            f"{percent(choice.noise.latency.difference)}, so something else than the configuration decides here."
        )
    if choice.two_states:
        yield f"The p95 of {listed(choice.two_states)} is one of two values, from trial to trial."


def _with(choice: Choice, verdict: Verdict) -> list[str]:
    return [one.arm for one in choice.ranking if one.verdict is verdict]


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


def certainty(contest: Contest, arms: Mapping[str, ArmFacts], compared: Sequence[str]) -> str:
    """Say how sure so many blocks can make anyone of a difference in p95."""
    if len(compared) < 2:
        return "No two configurations that may keep the objective were compared."
    blocks = min(len(at_level(arms[name], contest.levels[-1])) for name in compared)
    if blocks < blocks_to_prove(ALONE):
        return (
            f"With {counted(blocks, 'block')} the signed-rank test between two configurations can give no p below "
            f"{smallest_p(blocks):.2g}, so it proves none to be the best; that takes {blocks_to_prove(ALONE)} blocks."
        )
    capacity = ", their capacities aside" if contest.capacity else ""
    return (
        f"With {counted(blocks, 'block')}, some configuration is called worse than one that is like it{capacity} in at "
        f"most {limit(_PROMISED)} of such studies."
    )


def _about_objective(ranking: Sequence[ArmStanding], contest: Contest, leaving: Sequence[Leaving]) -> Iterator[Reason]:
    why = {one.arm: one.reason for one in leaving if one.at_look is None}
    first = next((one for one in ranking if one.verdict is Verdict.PASS), None)
    behind = [one for one in ranking if one.verdict is not Verdict.PASS]
    if first is not None:
        kept = (
            f"{first.arm} keeps the objective ({_objective(contest.objective)}): {_counts(first, contest)}; with 95 % "
            f"confidence at most {percent(first.most_failures)} fail."
        )
        yield Reason(criterion=Criterion.OBJECTIVE, arm=first.arm, outcome=first.verdict, sentence=kept)
    for one in behind:
        said = why.get(one.arm, _counts(one, contest) if one.requests else "nothing valid was measured")
        not_kept = f"{one.arm} is {one.verdict}: {said}{_why_open(one, contest)}."
        yield Reason(criterion=Criterion.OBJECTIVE, arm=one.arm, outcome=one.verdict, sentence=not_kept)


def _why_open(one: ArmStanding, contest: Contest) -> str:
    if one.verdict is not Verdict.INCONCLUSIVE:
        return ""
    if one.trials == 1:
        return "; one trial alone shows nothing of how trials differ"
    failures = one.most_failures > contest.objective.max_failure_share
    most, what = (one.most_failures, "fail") if failures else (one.most_missed, "fail or be late")
    return f"; as unevenly as that fell on its {counted(one.trials, 'trial')}, up to {percent(most)} may {what}"


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
    return (
        f"{one.rival}: {one.criterion} {_times(one.paired)} {one.leader}'s over {counted(one.paired.blocks, 'block')}, "
        f"{_tests(one)}: {_relation(one, choice, contest)}."
    )


def _tests(one: Rivalry) -> str:
    together = f"{_p(one.adjusted_p if one.adjusted_p is not None else 1.0)} among all pairs"
    if one.criterion is Criterion.THROUGHPUT or one.paired is None:
        return together
    return f"{_p(one.paired.p)} alone and {together}"


def _relation(one: Rivalry, choice: Choice, contest: Contest) -> str:
    if one.relation is Relation.WORSE:
        return "behind"
    if one.relation is Relation.EQUIVALENT:
        return f"equivalent, less than {_margin(one, contest)} apart"
    if one.rival in choice.equivalent and one.is_alone_behind:
        return f"slower by less than {_margin(one, contest)}, which decides nothing"
    return "not told apart"


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
    between, sure = f"between {numbers.load(found.low)} and {amount(found.high, unit)}", _confirmed(found, unit)
    if found.status is CapacityStatus.NOT_TOLD or found.estimate is None:
        return f"The capacity of {name} is not told: with 95 % probability it is {between}, {sure}, after {trials}."
    if found.status is CapacityStatus.AT_LEAST:
        return f"{name} carries at least {amount(found.low, unit)}, {sure}, from {trials}; more was not tried."
    interval = f"95 % interval {numbers.load(found.low)}-{numbers.load(found.high)}"
    return f"{name} carries {amount(found.estimate, unit)} ({interval}), {sure}, from {trials}."


def _confirmed(found: Capacity, unit: LoadUnit) -> str:
    return (
        "not confirmed by a long window" if found.confirmed is None else f"confirmed at {amount(found.confirmed, unit)}"
    )


def _counts(one: ArmStanding, contest: Contest) -> str:
    where = f"at {amount(one.level, contest.unit)}, " if one.level is not None else ""
    broken = f", {counted(one.broken_trials, 'trial')} of which it did not get through" if one.broken_trials else ""
    return (
        f"{where}{one.failures:,} of {one.requests:,} requests failed and {one.late:,} were OK but late, in "
        f"{counted(one.trials, 'trial')}{broken}"
    )


def _objective(objective: Objective) -> str:
    return (
        f"at most {limit(objective.max_failure_share)} of requests fail, and 95 % are answered well within "
        f"{milliseconds_limit(objective.p95_ms)}"
    )
