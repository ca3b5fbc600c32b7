"""Chooses between configurations: the objective first, then p95, throughput, capacity, cost."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from badgateway.judge.choice_words import certainty, chain, sentence
from badgateway.judge.cost import cheapest_first
from badgateway.judge.more_blocks import more_blocks
from badgateway.judge.noise import noise_floor
from badgateway.judge.objective import standing
from badgateway.judge.rivals import by_capacity, by_latency, by_throughput
from badgateway.judge.standings import in_order
from badgateway.judge.unseen import unseen
from badgateway.model.capacity import Capacity
from badgateway.model.comparison import ArmStanding, Choice, ChoiceKind, Relation, Rivalry
from badgateway.model.contest import ArmFacts, Contest, Leaving
from badgateway.model.summary import Verdict


def choose(
    contest: Contest,
    arms: Sequence[ArmFacts],
    leaving: Sequence[Leaving] = (),
    capacities: Mapping[str, Capacity] | None = None,
) -> Choice:
    """Return the choice, with the chain of reasons; INVALID trials are not in the facts, so in no statistic.

    Args:
        contest: What was asked.
        arms: The valid facts, one entry for each of the contest's arms, in any order.
        leaving: The arms that left the race before its end.
        capacities: What the capacity searches found, by arm.
    """
    by_name = {arm.arm: arm for arm in arms}
    found = tuple(standing(by_name[name], contest.levels, contest.objective) for name in contest.arms)
    ranking = in_order(contest, found, by_name, leaving)
    passing = [one.arm for one in ranking if one.verdict is Verdict.PASS]
    put_out = {one.arm for one in leaving if one.at_look is not None}
    racing = [name for name in passing if name not in put_out] or passing
    rivalries, best = _settle(contest, by_name, racing, capacities or {})
    kind = _kind(ranking, rivalries, best)
    noise = noise_floor(tuple(arms), contest.levels[-1], len(racing) - 1)
    given = Choice(
        kind=kind,
        arm=best[0] if best else None,
        equivalent=best if kind is ChoiceKind.EQUIVALENT else (),
        more_blocks=more_blocks(contest, by_name, ranking, rivalries) if kind is ChoiceKind.NEEDS_MORE else None,
        sentence="",
        chain=(),
        ranking=ranking,
        rivalries=rivalries,
        capacities=tuple((name, (capacities or {})[name]) for name in contest.arms if name in (capacities or {})),
        noise=noise,
        certainty=certainty(contest, by_name, racing),
        unseen=unseen(contest, tuple(arms), noise),
        leaving=tuple(leaving),
    )
    return replace(given, sentence=sentence(given, contest), chain=chain(given, contest))


def latency_candidates(contest: Contest, arms: Sequence[ArmFacts], leaving: Sequence[Leaving]) -> tuple[str, ...]:
    """Return the arms, best first, of which the capacity matters: those that p95 alone has not put out.

    Where too few requests were sent to prove that any keeps the objective, it is all that may.
    """
    by_name = {arm.arm: arm for arm in arms}
    gone = {one.arm for one in leaving}
    found = (standing(by_name[name], contest.levels, contest.objective) for name in contest.arms)
    order = in_order(contest, [one for one in found if one.arm not in gone], by_name, leaving)
    racing = [one.arm for one in order if one.verdict is Verdict.PASS]
    if not racing:
        return tuple(one.arm for one in order if one.verdict is Verdict.INCONCLUSIVE)
    return _without_worse(racing, by_latency(contest, by_name, racing))


def _settle(
    contest: Contest, arms: Mapping[str, ArmFacts], racing: Sequence[str], capacities: Mapping[str, Capacity]
) -> tuple[tuple[Rivalry, ...], tuple[str, ...]]:
    """Go through the criteria; return what was compared, and the arms that are left, the choice first."""
    latency = by_latency(contest, arms, racing)
    if _rivals(latency, Relation.OPEN):
        return latency, tuple(racing[:1])
    left = _without_worse(racing, latency)
    throughput = by_throughput(contest, arms, left)
    left = _without_worse(left, throughput)
    capacity = by_capacity(left, capacities)
    left = _without_worse(left, capacity)
    ordered, cost = cheapest_first(contest, arms, left)
    return (*latency, *throughput, *capacity, *cost), ordered


def _without_worse(names: Sequence[str], rivalries: Iterable[Rivalry]) -> tuple[str, ...]:
    worse = _rivals(rivalries, Relation.WORSE)
    return tuple(name for name in names if name not in worse)


def _rivals(rivalries: Iterable[Rivalry], relation: Relation) -> set[str]:
    return {one.rival for one in rivalries if one.relation is relation}


def _kind(ranking: Sequence[ArmStanding], rivalries: Sequence[Rivalry], best: Sequence[str]) -> ChoiceKind:
    if not best:
        decided = all(one.verdict is Verdict.FAIL for one in ranking if one.verdict is not Verdict.INVALID)
        measured = any(one.verdict is not Verdict.INVALID for one in ranking)
        return ChoiceKind.NONE_QUALIFIES if decided and measured else ChoiceKind.NEEDS_MORE
    if _rivals(rivalries, Relation.OPEN):
        return ChoiceKind.NEEDS_MORE
    return ChoiceKind.PICKED if len(best) == 1 else ChoiceKind.EQUIVALENT
