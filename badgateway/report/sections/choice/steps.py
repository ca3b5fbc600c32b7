"""The chain of reasons, step by step: what was asked, who was out or ahead, and by which test."""

from collections.abc import Iterator
from dataclasses import dataclass

from badgateway import numbers
from badgateway.model.capacity import CapacityStatus
from badgateway.model.comparison import Choice, ChoiceKind, Criterion, Relation
from badgateway.model.summary import Verdict
from badgateway.words.choice import tie_rule
from badgateway.words.choice_chain import LEFT, Reason, chain

_TITLES = {
    Criterion.OBJECTIVE: "Failures and the objective",
    Criterion.LATENCY: "p95",
    Criterion.THROUGHPUT: "Throughput",
    Criterion.CAPACITY: "Capacity",
    Criterion.COST: "Changes and cost",
}
_ASKED = {
    Criterion.OBJECTIVE: "Which keep the objective at every load? A failed request counts as a late one too. Failures "
    "come in bursts, so a share is judged by how it falls on the trials.",
    Criterion.LATENCY: "Which of those has the lower p95, block by block at the highest load? The best is ahead of "
    "each other one alone, by the exact signed-rank test; any other is behind when it is so among all pairs, by a "
    "permutation test. Clearly slower ones leave early, by a t test at planned looks.",
    Criterion.THROUGHPUT: "Of those not behind in p95: which answers more, by more than the margin? t tests, for all "
    "pairs.",
    Criterion.CAPACITY: "Of those still equal: which carries more at the objective? Round by round; what is "
    "not proven to be less is no difference.",
    Criterion.COST: "Of those that are as good: which has the fewest settings changed from the baseline, then the "
    "least CPU time a request, then the first place in the file? It claims no difference.",
}
_WORDS = {
    Relation.WORSE: ("behind", "bad"),
    Relation.EQUIVALENT: ("equivalent", "good"),
    Relation.OPEN: ("not told apart", "unsure"),
    LEFT: ("left the race", "bad"),
    CapacityStatus.FOUND: ("found", "good"),
    CapacityStatus.AT_LEAST: ("at least", "good"),
    CapacityStatus.UNCONFIRMED: ("not confirmed", "unsure"),
    CapacityStatus.NOT_TOLD: ("not told", "unsure"),
    CapacityStatus.NONE: ("none", "bad"),
    Verdict.PASS: ("PASS", "good"),
    Verdict.FAIL: ("FAIL", "bad"),
    Verdict.INCONCLUSIVE: ("INCONCLUSIVE", "unsure"),
    Verdict.INVALID: ("INVALID", "muted"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonRow:
    """One reason."""

    word: str
    """What became of whom it is about, in a word."""
    tone: str
    """good, bad, unsure or muted."""
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One criterion."""

    title: str
    asked: str
    summary: str
    reasons: tuple[ReasonRow, ...]
    """Empty when it was not asked."""


def steps(choice: Choice) -> tuple[Step, ...]:
    """Return the criteria in the order in which they decide, those that were not asked included."""
    return tuple(_step(choice, criterion) for criterion in Criterion)


def word(outcome: str) -> tuple[str, str]:
    """Return what a verdict, a relation or a capacity's status is called, and its tone."""
    return _WORDS[outcome]


def _step(choice: Choice, criterion: Criterion) -> Step:
    found = [reason for reason in chain(choice) if reason.criterion is criterion]
    return Step(
        title=_TITLES[criterion],
        asked=_ASKED[criterion],
        summary=_objective(choice) if criterion is Criterion.OBJECTIVE else _rivals(choice, criterion),
        reasons=tuple(_reason(reason) for reason in found),
    )


def _reason(reason: Reason) -> ReasonRow:
    if reason.criterion is Criterion.COST:
        # Held against the cheapest, and no verdict.
        return ReasonRow(word="costs", tone="muted", sentence=reason.sentence)
    named, tone = word(reason.outcome)
    return ReasonRow(word=named, tone=tone, sentence=reason.sentence)


def _objective(choice: Choice) -> str:
    passing = sum(one.verdict is Verdict.PASS for one in choice.ranking)
    return (
        f"{passing} of {numbers.plural(len(choice.ranking), 'configuration')} {'is' if passing == 1 else 'are'} PASS."
    )


def _rivals(choice: Choice, criterion: Criterion) -> str:
    held = [one for one in choice.rivalries if one.criterion is criterion]
    left = sum(one.at_look is not None for one in choice.eliminations) if criterion is Criterion.LATENCY else 0
    if not held and not left:
        return _why_not_asked(choice, criterion)
    if criterion is Criterion.COST:
        return f"{choice.configuration} is chosen: {tie_rule(choice)}."
    leader = f"{held[0].leader} leads" if held else f"{choice.configuration} is left"
    counts = ", ".join(_counts([one.told for one in held], left))
    return f"{leader}: {counts}."


def _counts(relations: list[Relation], left: int) -> Iterator[str]:
    words = ((Relation.WORSE, "behind"), (Relation.EQUIVALENT, "equivalent"), (Relation.OPEN, "not told apart"))
    for relation, named in words:
        if relation in relations:
            yield f"{relations.count(relation)} {named}"
    if left:
        yield f"{left} left the race before"


def _why_not_asked(choice: Choice, criterion: Criterion) -> str:
    passing = sum(one.verdict is Verdict.PASS for one in choice.ranking)
    if passing == 0:
        return "Skipped: no configuration passed."
    if passing == 1:
        return "Skipped: only one passed."
    if choice.kind is ChoiceKind.NEEDS_MORE:
        return "Skipped: a criterion before it is not decided."
    if criterion is Criterion.CAPACITY and not choice.capacities:
        return "Not measured."
    if criterion is Criterion.THROUGHPUT:
        return "No difference is proven."
    return "No difference is told." if criterion is not Criterion.COST else "Skipped: there was nothing to choose."
