"""Chooses the configuration to run, and says what that is worth: one chooser for studies and fixed schedules."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from badgateway.judge.ahead import unbeaten
from badgateway.judge.blocks import at_level, log_p95
from badgateway.judge.configuration_order import configuration_verdict, in_order
from badgateway.judge.more_blocks import HARDLY, more_blocks
from badgateway.judge.noise import has_two_states, noise_floor
from badgateway.judge.objective import pooled
from badgateway.judge.paired import ALONE, blocks_to_prove, smallest_p
from badgateway.judge.proportion import may_be
from badgateway.judge.regret import regret_of
from badgateway.judge.rivals import by_capacity, by_latency, by_throughput
from badgateway.judge.tie_break import costs, in_order_of_choice
from badgateway.model.capacity import Capacity
from badgateway.model.comparison import (
    Bursts,
    Choice,
    ChoiceKind,
    ConfigurationVerdict,
    Criterion,
    NoiseFloor,
    Relation,
    Rivalry,
    StudyPower,
    TieRule,
)
from badgateway.model.design import ConfigurationFacts, Design, Elimination
from badgateway.model.summary import Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class _Settled:
    """What the criteria leave."""

    rivalries: tuple[Rivalry, ...]
    best: tuple[str, ...]
    """As good as each other, the chosen one first."""
    rule: TieRule | None
    is_proven: bool
    """Whether every other configuration that keeps the objective, or may, is proven to be worse than the chosen one."""


def choose(
    design: Design,
    configurations: Sequence[ConfigurationFacts],
    eliminations: Sequence[Elimination] = (),
    capacities: Mapping[str, Capacity] | None = None,
) -> Choice:
    """Return the choice, with the facts that decided; INVALID trials are not in the facts, so in no statistic.

    Args:
        design: What was asked.
        configurations: The valid facts, one entry for each of the design's configurations, in any order.
        eliminations: The configurations that left the race before its end.
        capacities: What the capacity searches found, by configuration.
    """
    by_name = {one.configuration: one for one in configurations}
    known = {name: found for name, found in (capacities or {}).items() if name in by_name}
    found = tuple(
        configuration_verdict(by_name[name], design.levels, design.objective) for name in design.configurations
    )
    ranking = in_order(design, found, by_name, eliminations)
    put_out = {one.configuration for one in eliminations if one.at_look is not None}
    passing, rivals = _passing(ranking, put_out), _rivals(design, by_name, ranking, put_out)
    settled = _settle(design, by_name, passing, rivals, known)
    noise = noise_floor(design, tuple(configurations), settled.rivalries)
    kind = _kind(ranking, settled, is_doubtful=_is_doubtful(noise, settled.rivalries))
    blocks = HARDLY if kind in _SETTLED else more_blocks(design, by_name, ranking, settled.rivalries)
    best = settled.best
    others = tuple(name for name in (*passing, *rivals) if best and name != best[0])
    return Choice(
        kind=kind,
        configuration=best[0] if best else _first_that_may(ranking),
        equivalent=best if kind is ChoiceKind.EQUIVALENT else (),
        more_blocks=blocks.more,
        blocks_in_all=blocks.in_all,
        ranking=ranking,
        rivalries=settled.rivalries,
        capacities=tuple((name, known[name]) for name in design.configurations if name in known),
        noise=noise,
        asked=design,
        power=_power(design, by_name, (*passing, *rivals)),
        most_requests=_most_requests(design, configurations),
        bursts=_bursts(ranking),
        eliminations=tuple(eliminations),
        tie_rule=settled.rule,
        regret=regret_of(design, by_name, best[0], others) if best and others else None,
        two_states=tuple(name for name in (*passing, *rivals) if _has_two_states(design, by_name[name])),
    )


def _first_that_may(ranking: Sequence[ConfigurationVerdict]) -> str | None:
    return next((one.configuration for one in ranking if one.verdict is Verdict.INCONCLUSIVE), None)


_SETTLED = (ChoiceKind.PICKED, ChoiceKind.NONE_QUALIFIES)


def latency_candidates(
    design: Design, configurations: Sequence[ConfigurationFacts], eliminations: Sequence[Elimination]
) -> tuple[str, ...]:
    """Return the configurations, best first, of which the capacity matters: those that p95 alone has not put out.

    Where no trial has proven yet that any keeps the objective, it is all that may.
    """
    by_name = {one.configuration: one for one in configurations}
    gone = {one.configuration for one in eliminations}
    found = (configuration_verdict(by_name[name], design.levels, design.objective) for name in design.configurations)
    order = in_order(design, [one for one in found if one.configuration not in gone], by_name, eliminations)
    racing = [one.configuration for one in order if one.verdict is Verdict.PASS]
    if not racing:
        return tuple(one.configuration for one in order if one.verdict is Verdict.INCONCLUSIVE)
    return tuple(racing) if len(racing) < 2 else _without_worse(racing, by_latency(design, by_name, racing))


def _passing(ranking: Sequence[ConfigurationVerdict], put_out: set[str]) -> tuple[str, ...]:
    passing = [one.configuration for one in ranking if one.verdict is Verdict.PASS]
    return tuple([name for name in passing if name not in put_out] or passing)


def _rivals(
    design: Design,
    configurations: Mapping[str, ConfigurationFacts],
    ranking: Sequence[ConfigurationVerdict],
    put_out: set[str],
) -> tuple[str, ...]:
    """Return the configurations that may keep the objective: nobody is the best before they are behind, too."""
    return tuple(
        one.configuration
        for one in ranking
        if one.verdict is Verdict.INCONCLUSIVE
        and one.configuration not in put_out
        and at_level(configurations[one.configuration], design.levels[-1])
    )


def _settle(
    design: Design,
    configurations: Mapping[str, ConfigurationFacts],
    passing: Sequence[str],
    rivals: Sequence[str],
    capacities: Mapping[str, Capacity],
) -> _Settled:
    """Go through the criteria."""
    if not passing:
        return _Settled(rivalries=(), best=(), rule=None, is_proven=False)
    everyone = (*passing, *rivals)
    latency = by_latency(design, configurations, everyone) if len(everyone) > 1 else ()
    throughput = by_throughput(design, configurations, _without_worse(everyone, latency))
    left = _without_worse(unbeaten(design, configurations, passing), throughput)
    # Among many that are alike in p95 some pair differs by chance: who serves more is not to leave by that alone.
    left = left or _without_worse(passing, (*latency, *throughput)) or tuple(passing[:1])
    capacity = by_capacity(left, capacities)
    best, rule = in_order_of_choice(design, configurations, _without_worse(left, capacity))
    proven = (*latency, *throughput, *capacity)
    return _Settled(
        rivalries=(*proven, *costs(design, configurations, best[0], best[1:])),
        best=best,
        rule=rule,
        is_proven=len(best) == 1 and best == _without_worse(everyone, proven),
    )


def _without_worse(names: Sequence[str], rivalries: Iterable[Rivalry]) -> tuple[str, ...]:
    worse = {one.rival for one in rivalries if one.relation is Relation.WORSE}
    return tuple(name for name in names if name not in worse)


def _kind(ranking: Sequence[ConfigurationVerdict], settled: _Settled, *, is_doubtful: bool) -> ChoiceKind:
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


def _has_two_states(design: Design, configuration: ConfigurationFacts) -> bool:
    return has_two_states([log_p95(facts) for facts in at_level(configuration, design.levels[-1]).values()])


def _power(design: Design, configurations: Mapping[str, ConfigurationFacts], compared: Sequence[str]) -> StudyPower:
    blocks = min((len(at_level(configurations[name], design.levels[-1])) for name in compared), default=0)
    return StudyPower(
        compared=len(compared),
        blocks=blocks,
        smallest_p=smallest_p(blocks),
        blocks_to_prove=blocks_to_prove(ALONE),
    )


def _most_requests(design: Design, configurations: Sequence[ConfigurationFacts]) -> int:
    level = design.levels[-1]
    return max(
        (
            pooled(facts for at, _, facts in configuration.trials if at == level).requests
            for configuration in configurations
        ),
        default=0,
    )


def _bursts(ranking: Sequence[ConfigurationVerdict]) -> Bursts | None:
    """Return how many trials and seconds may still be bad: no formula sees the outage that did not happen."""
    first = next((one for one in ranking if one.verdict is Verdict.PASS), None)
    if first is None:
        return None
    return Bursts(
        configuration=first.configuration,
        bad_trials=first.bad_trials,
        trials=first.trials,
        most_bad_trials=may_be(first.bad_trials, first.trials),
        bad_seconds=first.bad_seconds,
        seconds=first.seconds,
        most_bad_seconds=may_be(first.bad_seconds, first.seconds) if first.seconds else 1.0,
    )
