"""Says the reasons of a choice one by one: the chain of criteria that decided, each with its test."""

from collections.abc import Iterator
from dataclasses import dataclass

from badgateway import numbers
from badgateway.model.capacity import Capacity, CapacityStatus
from badgateway.model.comparison import Choice, ConfigurationVerdict, Criterion, PairedRatio, Relation, Rivalry
from badgateway.model.design import Design
from badgateway.model.load_level import LoadLevel, LoadUnit
from badgateway.model.summary import Verdict
from badgateway.numbers import plural
from badgateway.words.phrases import chance, limit, load, milliseconds_limit, objective, percent
from badgateway.words.progress import leaving

LEFT = "LEFT"
"""The outcome of a configuration that a look put out of the race."""
_LOWER, _NOT_LOWER = "is proven to be lower than", "is not proven to be lower than"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """One link of the chain."""

    criterion: Criterion
    configuration: str
    """Whom it is about."""
    outcome: str
    """A Verdict, Relation or CapacityStatus, whichever the reason is about, or LEFT."""
    sentence: str


def chain(choice: Choice) -> tuple[Reason, ...]:
    """Return what put out whom, in the order in which the criteria decide."""
    asked = choice.asked
    unit = asked.capacity.unit if asked.capacity else asked.unit
    return (
        *_about_objective(choice),
        *_about_looks(choice),
        *(
            Reason(
                criterion=one.criterion,
                configuration=one.rival,
                outcome=one.told,
                sentence=_about_rival(one, choice),
            )
            for one in choice.rivalries
        ),
        *(
            Reason(
                criterion=Criterion.CAPACITY,
                configuration=name,
                outcome=found.status,
                sentence=_about_capacity(name, found, unit),
            )
            for name, found in choice.capacities
        ),
    )


def _about_objective(choice: Choice) -> Iterator[Reason]:
    asked, ranking = choice.asked, choice.ranking
    why = {one.configuration: leaving(one, asked) for one in choice.eliminations if one.at_look is None}
    first = next((one for one in ranking if one.verdict is Verdict.PASS), None)
    behind = [one for one in ranking if one.verdict is not Verdict.PASS]
    if first is not None:
        kept = (
            f"{first.configuration} keeps the objective ({objective(asked.objective)}): {_counts(first, asked)}; with "
            f"95 % confidence at most {percent(first.most_failures)} fail."
        )
        yield Reason(
            criterion=Criterion.OBJECTIVE, configuration=first.configuration, outcome=first.verdict, sentence=kept
        )
    for one in behind:
        said = why.get(one.configuration, _counts(one, asked) if one.requests else "nothing valid was measured")
        not_kept = f"{one.configuration} is {one.verdict}: {said}{_why_open(one, asked)}."
        yield Reason(
            criterion=Criterion.OBJECTIVE, configuration=one.configuration, outcome=one.verdict, sentence=not_kept
        )


def _why_open(one: ConfigurationVerdict, asked: Design) -> str:
    if one.verdict is not Verdict.INCONCLUSIVE:
        return ""
    if one.trials == 1:
        return "; one trial alone shows nothing of how trials differ"
    failures = one.most_failures > asked.objective.max_failure_share
    most, what = (one.most_failures, "fail") if failures else (one.most_missed, "fail or be late")
    return f"; as unevenly as that fell on its {plural(one.trials, 'trial')}, up to {percent(most)} may {what}"


def _about_looks(choice: Choice) -> Iterator[Reason]:
    for one in choice.eliminations:
        if one.at_look is not None:
            left = (
                f"{one.configuration} left the race after {plural(one.at_look, 'block')}: {leaving(one, choice.asked)}."
            )
            yield Reason(criterion=Criterion.LATENCY, configuration=one.configuration, outcome=LEFT, sentence=left)


def _about_rival(one: Rivalry, choice: Choice) -> str:
    if one.paired is None:
        than = _LOWER if one.relation is Relation.WORSE else _NOT_LOWER
        return (
            f"{one.rival}: its capacity {than} that of {one.leader}."
            if one.criterion is Criterion.CAPACITY
            else f"{one.rival}: no block in common."
        )
    if one.criterion is Criterion.COST:
        return f"{one.rival} takes {_times(one.paired)} the CPU time per request of {choice.configuration}."
    return (
        f"{one.rival}: {one.criterion} {_times(one.paired)} {one.leader}'s over {plural(one.paired.blocks, 'block')}, "
        f"{_tests(one)}: {_relation(one, choice)}{_of_failures(one, one.paired)}."
    )


def _of_failures(one: Rivalry, found: PairedRatio) -> str:
    """Say why a p95 is so many times another that the p95 of OK requests, which the tables have, is not."""
    is_told = one.criterion is Criterion.LATENCY and max(found.ratio, found.high) > numbers.MOST_RATIO
    return " (a failed request counts as a late one)" if is_told else ""


def _tests(one: Rivalry) -> str:
    together = f"{chance(one.adjusted_p if one.adjusted_p is not None else 1.0)} among all pairs"
    if one.criterion is Criterion.THROUGHPUT or one.paired is None:
        return together
    return f"{chance(one.paired.p)} alone and {together}"


def _relation(one: Rivalry, choice: Choice) -> str:
    if one.relation is Relation.WORSE:
        return "behind"
    if one.relation is Relation.EQUIVALENT:
        return f"treated as equivalent: less than {_margin(one, choice.asked)} apart, which is declared negligible"
    if one.rival in choice.equivalent and one.is_alone_behind:
        return f"slower by less than {_margin(one, choice.asked)}, which decides nothing"
    return "not told apart"


def _margin(one: Rivalry, asked: Design) -> str:
    if one.criterion is Criterion.LATENCY and (one.margin or 0) > asked.margin:
        return milliseconds_limit(asked.negligible_p95_ms)
    return limit(asked.margin)


def _times(found: PairedRatio) -> str:
    return (
        f"{numbers.in_sentences(numbers.ratio(found.ratio))} times ({percent(found.confidence)} interval "
        f"{numbers.in_sentences(numbers.ratios(found.low, found.high))})"
    )


def _about_capacity(name: str, found: Capacity, unit: LoadUnit) -> str:
    trials = plural(found.trials, "trial")
    if found.status is CapacityStatus.NONE:
        return f"{name} has no capacity: the lowest load failed, and so did a higher one."
    if found.low is None or found.high is None:
        return f"The capacity of {name} is not told: a load fails, each time, below one that passes."
    between, sure = (
        f"between {numbers.load(found.low)} and {load(LoadLevel(found.high, unit))}",
        _confirmed(found, unit),
    )
    if found.status is CapacityStatus.NOT_TOLD or found.estimate is None:
        return f"The capacity of {name} is not told: with 95 % probability it is {between}, {sure}, after {trials}."
    if found.status is CapacityStatus.AT_LEAST:
        return f"{name} carries at least {load(LoadLevel(found.low, unit))}, {sure}, from {trials}; more was not tried."
    interval = f"95 % interval {numbers.load(found.low)}-{numbers.load(found.high)}"
    return f"{name} carries {load(LoadLevel(found.estimate, unit))} ({interval}), {sure}, from {trials}."


def _confirmed(found: Capacity, unit: LoadUnit) -> str:
    return (
        "not confirmed by a long window"
        if found.confirmed is None
        else f"confirmed at {load(LoadLevel(found.confirmed, unit))}"
    )


def _counts(one: ConfigurationVerdict, asked: Design) -> str:
    where = f"at {load(asked.load(one.level))}, " if one.level is not None else ""
    broken = f", {plural(one.broken_trials, 'trial')} of which it did not get through" if one.broken_trials else ""
    return (
        f"{where}{one.failures:,} of {one.requests:,} requests failed and {one.late:,} were OK but late, in "
        f"{plural(one.trials, 'trial')}{broken}"
    )
