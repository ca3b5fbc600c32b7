"""Says the choice of a study in a sentence or two, and whether it was confirmed."""

import shlex
from collections.abc import Iterator, Sequence

from badgateway.model.comparison import Choice, ChoiceKind, Criterion, Regret, Relation, TieRule
from badgateway.model.run_summary import Confirmation
from badgateway.model.summary import LevelSummary, Verdict
from badgateway.numbers import count, listed, plural
from badgateway.words.phrases import difference, milliseconds, objective, percent
from badgateway.words.verdict_reasons import say

_BY = {Criterion.LATENCY: "p95", Criterion.THROUGHPUT: "throughput", Criterion.CAPACITY: "capacity"}
_MOST_NAMES, _FIRST_NAMES = 4, 3
_NO_BOUND = 0.9
"""A share that another may be better by, above which no figure is said: nine tenths are ten times better."""
_TIE_RULES = {
    TieRule.FEWEST_CHANGES: "fewest settings changed from the baseline",
    TieRule.LEAST_CPU: "least CPU time a request",
    TieRule.FIRST: "first in the experiment file",
}


def sentence(choice: Choice) -> str:
    """Return the answer: first the configuration to run, then what that is worth, then who else is not out."""
    if choice.kind is ChoiceKind.NONE_QUALIFIES:
        return f"None qualifies: no configuration keeps the objective ({objective(choice.asked.objective)})."
    if choice.kind is ChoiceKind.NEEDS_MORE:
        return " ".join((_undecided(choice), *_others(choice)))
    return " ".join((f"Run {choice.configuration}{_worth(choice)}.", *_others(choice)))


def _worth(choice: Choice) -> str:
    if choice.kind is ChoiceKind.PICKED:
        by = [
            _BY[criterion]
            for criterion in _BY
            if any(one.criterion is criterion and one.relation is Relation.WORSE for one in choice.rivalries)
        ]
        if by:
            return f": the best, proven, by its {listed(by)}"
        if any(one.at_look is not None for one in choice.eliminations):
            return ": the best, proven, by its p95"
        return ": the only one that keeps the objective"
    others = [name for name in choice.equivalent if name != choice.configuration]
    start = "As good" if are_proven_alike(choice) else "Not told apart from it"
    said = f". {start}: {_tied(others)}; chosen: {tie_rule(choice)}" if others else ""
    return f"{said}.{_regret(choice.regret)}" if choice.regret else said


def are_proven_alike(choice: Choice) -> bool:
    """Tell whether the p95 of all that are left is proven to be within the margin; too much noise makes none alike."""
    held = {one.rival: one.relation for one in choice.rivalries if one.criterion is Criterion.LATENCY}
    return all(held.get(name, Relation.EQUIVALENT) is Relation.EQUIVALENT for name in choice.equivalent)


def _regret(found: Regret) -> str:
    if not found.share:
        return " No other has a lower p95, with 95 % confidence"
    if found.share > _NO_BOUND:
        return f" Another may be over ten times better in p95: {plural(found.blocks, 'block')} cannot rule that out"
    return (
        f" No other is more than {percent(found.share)} ({milliseconds(found.milliseconds)}) better in p95, with 95 % "
        "confidence"
    )


def _undecided(choice: Choice) -> str:
    if choice.configuration is None:
        return "Nothing can be said: no configuration was measured well enough."
    may = [one.configuration for one in choice.ranking if one.verdict is Verdict.INCONCLUSIVE]
    start = f"Not decided: {_some(may)} may keep the objective, and none is proven to yet."
    if choice.more_blocks is None:
        return f"{start} More blocks would hardly settle it."
    return f"{start} If all goes on so, about {plural(choice.more_blocks, 'more block')} would settle it."


def _others(choice: Choice) -> Iterator[str]:
    """Yield who is neither out nor named yet, so that nobody is forgotten, and what casts doubt on all of it."""
    if choice.kind is not ChoiceKind.NEEDS_MORE:
        behind = [one.rival for one in choice.rivalries if one.relation is Relation.WORSE]
        named = (*choice.equivalent, *_with(choice, Verdict.INCONCLUSIVE), *behind)
        not_told = [
            one
            for one in choice.rivalries
            if one.criterion is Criterion.LATENCY and one.relation is Relation.OPEN and one.rival not in named
        ]
        if not_told:
            # The one to run may be slower than the fastest itself, and these be faster than it.
            leader = not_told[0].leader
            than = "" if leader == choice.configuration else f" than {leader}"
            yield f"Slower{than} here, but not proven to be: {_some([one.rival for one in not_told])}."
        open_ones = _with(choice, Verdict.INCONCLUSIVE)
        if open_ones:
            yield f"{_some(open_ones)} may keep the objective too: INCONCLUSIVE."
    invalid = _with(choice, Verdict.INVALID)
    if invalid and choice.configuration is not None:
        yield f"Not measured: {_some(invalid)}."
    if choice.noise is not None and choice.noise.differs:
        yield (
            f"Beware: {listed(choice.noise.configurations)} under two names is proven to differ from itself by "
            f"{difference(choice.noise.latency.difference)}, so something else than the configuration decides here."
        )
    if choice.two_states:
        yield f"The p95 of {_some(choice.two_states)} is one of two values, from trial to trial."


def _tied(names: Sequence[str]) -> str:
    # The table has a mark for each of them.
    if len(names) <= _MOST_NAMES:
        return listed(names)
    return f"{len(names)} others, among them {listed(names[:_FIRST_NAMES])} (the table names all)"


def _some(names: Sequence[str]) -> str:
    """Name all, or of many how many there are and the first: nobody reads a sentence of 24 names."""
    if len(names) <= _MOST_NAMES:
        return listed(names)
    return f"{len(names)} configurations (among them {listed(names[:_FIRST_NAMES])})"


def _with(choice: Choice, verdict: Verdict) -> list[str]:
    return [one.configuration for one in choice.ranking if one.verdict is verdict]


def larger_run(choice: Choice, command: str) -> str:
    """Return the command that would settle what is open; empty when nothing is, or more blocks would not settle it.

    It has as many blocks as ended and are missing, be it fewer than the file asks for: a budget had cut those.
    """
    return "" if choice.blocks_in_all is None else _with_blocks(command, choice.blocks_in_all)


def _with_blocks(command: str, blocks: int) -> str:
    """Return the command of a larger run: the same one, with so many blocks, and no budget to cut them again."""
    words = [word for word in shlex.split(command) if not word.startswith(("--blocks=", "--budget="))]
    for option in ("--blocks", "--budget"):
        if option in words[:-1]:
            place = words.index(option)
            words = [*words[:place], *words[place + 2 :]]
    through_nox = bool(words) and not words[0].endswith("badgateway") and "--" not in words
    return shlex.join([*words, *(["--"] if through_nox else []), "--blocks", str(blocks)])


def tie_rule(choice: Choice) -> str:
    """Return by what the chosen one of several that are as good was chosen, a clause; empty when nothing was."""
    return _TIE_RULES[choice.tie_rule] if choice.tie_rule else ""


def confirmed(found: Confirmation) -> str:
    """Return whether a configuration was confirmed, and what it reached."""
    level = found.level
    where = f"{level.configuration} at {count(round(found.rate_per_minute))} tasks a minute"
    if found.sent_per_minute is None:
        return f"Not confirmed: {where} was not measured, {_first_reason(level)}."
    if not found.is_sent:
        return (
            f"Not confirmed: {where} was not measured, only {count(round(found.sent_per_minute))} a minute were sent."
        )
    if level.verdict is Verdict.PASS:
        return f"Confirmed: {where}: {_reached(level)}."
    verdict = "Not decided" if level.verdict is Verdict.INCONCLUSIVE else "Not confirmed"
    return f"{verdict}: {where}: {_first_reason(level)}."


def fails_at(found: Confirmation | None) -> str:
    """Return that what was confirmed misses the objective at the rate, as a clause; empty where that is not proven."""
    if found is None or not found.is_refuted:
        return ""
    return f"it fails at {count(round(found.rate_per_minute))} tasks a minute"


def _first_reason(level: LevelSummary) -> str:
    return say(level.reasons[0])


def _reached(level: LevelSummary) -> str:
    found = level.measurement
    assert found is not None
    p95 = f", p95 {milliseconds(found.latency.p95_ms)}" if found.latency else ""
    return f"{found.failures.count:,} of {found.failures.total:,} failed{p95}"
