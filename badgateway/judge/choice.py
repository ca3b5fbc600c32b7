"""Chooses the configuration to run, and says what that is worth: one chooser for studies and fixed schedules."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from badgateway.judge.ahead import unbeaten
from badgateway.judge.arm_order import in_order, standing
from badgateway.judge.blocks import at_level, log_p95
from badgateway.judge.choice_words import certainty, chain, sentence
from badgateway.judge.more_blocks import more_blocks
from badgateway.judge.noise import noise_floor
from badgateway.judge.regret import regret_of
from badgateway.judge.rivals import by_capacity, by_latency, by_throughput
from badgateway.judge.tie_break import costs, in_order_of_choice
from badgateway.judge.two_states import has_two_states
from badgateway.judge.unseen import unseen
from badgateway.model.capacity import Capacity
from badgateway.model.comparison import ArmStanding, Choice, ChoiceKind, Criterion, NoiseFloor, Relation, Rivalry
from badgateway.model.contest import ArmFacts, Contest, Leaving
from badgateway.model.summary import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class _Settled:
    """What the criteria leave."""

    rivalries: tuple[Rivalry, ...]
    best: tuple[str, ...]
    """As good as each other, the chosen one first."""
    rule: str
    is_proven: bool
    """Whether every other arm that keeps the objective, or may, is proven to be worse than the chosen one."""


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
    known = {name: found for name, found in (capacities or {}).items() if name in by_name}
    found = tuple(standing(by_name[name], contest.levels, contest.objective) for name in contest.arms)
    ranking = in_order(contest, found, by_name, leaving)
    put_out = {one.arm for one in leaving if one.at_look is not None}
    passing, rivals = _passing(ranking, put_out), _rivals(contest, by_name, ranking, put_out)
    settled = _settle(contest, by_name, passing, rivals, known)
    noise = noise_floor(contest, tuple(arms), settled.rivalries)
    kind = _kind(ranking, settled, is_doubtful=_is_doubtful(noise, settled.rivalries))
    best = settled.best
    others = tuple(name for name in (*passing, *rivals) if best and name != best[0])
    given = Choice(
        kind=kind,
        arm=best[0] if best else next((one.arm for one in ranking if one.verdict is Verdict.INCONCLUSIVE), None),
        equivalent=best if kind is ChoiceKind.EQUIVALENT else (),
        more_blocks=None if kind in _SETTLED else more_blocks(contest, by_name, ranking, settled.rivalries),
        sentence="",
        chain=(),
        ranking=ranking,
        rivalries=settled.rivalries,
        capacities=tuple((name, known[name]) for name in contest.arms if name in known),
        noise=noise,
        certainty=certainty(contest, by_name, (*passing, *rivals)),
        unseen=unseen(contest, by_name, ranking, noise),
        leaving=tuple(leaving),
        tie_rule=settled.rule,
        regret=regret_of(contest, by_name, best[0], others) if best and others else None,
        two_states=tuple(name for name in (*passing, *rivals) if _has_two_states(contest, by_name[name])),
    )
    return replace(given, sentence=sentence(given, contest), chain=chain(given, contest))


_SETTLED = (ChoiceKind.PICKED, ChoiceKind.NONE_QUALIFIES)


def latency_candidates(contest: Contest, arms: Sequence[ArmFacts], leaving: Sequence[Leaving]) -> tuple[str, ...]:
    """Return the arms, best first, of which the capacity matters: those that p95 alone has not put out.

    Where no trial has proven yet that any keeps the objective, it is all that may.
    """
    by_name = {arm.arm: arm for arm in arms}
    gone = {one.arm for one in leaving}
    found = (standing(by_name[name], contest.levels, contest.objective) for name in contest.arms)
    order = in_order(contest, [one for one in found if one.arm not in gone], by_name, leaving)
    racing = [one.arm for one in order if one.verdict is Verdict.PASS]
    if not racing:
        return tuple(one.arm for one in order if one.verdict is Verdict.INCONCLUSIVE)
    return tuple(racing) if len(racing) < 2 else _without_worse(racing, by_latency(contest, by_name, racing))


def _passing(ranking: Sequence[ArmStanding], put_out: set[str]) -> tuple[str, ...]:
    passing = [one.arm for one in ranking if one.verdict is Verdict.PASS]
    return tuple([name for name in passing if name not in put_out] or passing)


def _rivals(
    contest: Contest, arms: Mapping[str, ArmFacts], ranking: Sequence[ArmStanding], put_out: set[str]
) -> tuple[str, ...]:
    """Return the arms that may keep the objective: nobody is the best before they are behind, too."""
    return tuple(
        one.arm
        for one in ranking
        if one.verdict is Verdict.INCONCLUSIVE
        and one.arm not in put_out
        and at_level(arms[one.arm], contest.levels[-1])
    )


def _settle(
    contest: Contest,
    arms: Mapping[str, ArmFacts],
    passing: Sequence[str],
    rivals: Sequence[str],
    capacities: Mapping[str, Capacity],
) -> _Settled:
    """Go through the criteria."""
    if not passing:
        return _Settled(rivalries=(), best=(), rule="", is_proven=False)
    everyone = (*passing, *rivals)
    latency = by_latency(contest, arms, everyone) if len(everyone) > 1 else ()
    throughput = by_throughput(contest, arms, _without_worse(everyone, latency))
    left = _without_worse(unbeaten(contest, arms, passing), throughput) or tuple(passing[:1])
    capacity = by_capacity(left, capacities)
    best, rule = in_order_of_choice(contest, arms, _without_worse(left, capacity))
    proven = (*latency, *throughput, *capacity)
    return _Settled(
        rivalries=(*proven, *costs(contest, arms, best[0], best[1:])),
        best=best,
        rule=rule,
        is_proven=len(best) == 1 and best == _without_worse(everyone, proven),
    )


def _without_worse(names: Sequence[str], rivalries: Iterable[Rivalry]) -> tuple[str, ...]:
    worse = {one.rival for one in rivalries if one.relation is Relation.WORSE}
    return tuple(name for name in names if name not in worse)


def _kind(ranking: Sequence[ArmStanding], settled: _Settled, *, is_doubtful: bool) -> ChoiceKind:
    if not settled.best:
        all_fail = all(one.verdict is Verdict.FAIL for one in ranking)
        return ChoiceKind.NONE_QUALIFIES if all_fail else ChoiceKind.NEEDS_MORE
    # Who was not measured might have been better.
    is_unmeasured = any(one.verdict is Verdict.INVALID for one in ranking)
    if settled.is_proven and not is_unmeasured and not is_doubtful:
        return ChoiceKind.PICKED
    return ChoiceKind.EQUIVALENT


def _is_doubtful(noise: NoiseFloor | None, rivalries: Sequence[Rivalry]) -> bool:
    """Tell whether two names of one thing are proven to differ by as much as some rival is behind."""
    gaps = [
        one.paired.difference
        for one in rivalries
        if one.criterion is Criterion.LATENCY and one.relation is Relation.WORSE and one.paired
    ]
    return noise is not None and noise.differs and noise.latency.difference >= min(gaps, default=0.0)


def _has_two_states(contest: Contest, arm: ArmFacts) -> bool:
    return has_two_states([log_p95(facts) for facts in at_level(arm, contest.levels[-1]).values()])
