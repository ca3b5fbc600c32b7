"""Replays the capacity searches from the ended trials: which steps are due, and what was found."""

from collections.abc import Sequence
from dataclasses import dataclass

from badgateway.model.capacity import Capacity, CapacityGoal, Probe
from badgateway.model.contest import Facts, Purpose, Step
from badgateway.search.book import Book, Cell
from badgateway.search.capacity import NextProbe, capacity, next_probe


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmSearch:
    """One arm's search so far."""

    arm: str
    probes: tuple[Probe, ...]
    due: NextProbe | None
    """None when the search has ended, or when its last step was INVALID too often."""


def due_steps(book: Book, arms: Sequence[str]) -> tuple[Step, ...]:
    """Return the due steps of the round: each arm's next one, where no arm is a round ahead of another."""
    goal = book.contest.capacity
    if goal is None:
        return ()
    running = [one for arm in arms if (one := _search(book, goal, arm)).due is not None]
    number = min((len(one.probes) for one in running), default=0) + 1
    if not running or not _is_affordable(book):
        return ()
    due = {Cell(one.arm, number, None, control=False): one.due for one in running if len(one.probes) < number}
    return tuple(
        book.step(cell, level=probe.level, confirming=probe.confirming)
        for cell in book.shuffled(list(due), f"search/{number}")
        if (probe := due[cell]) is not None
    )


def found_capacities(book: Book) -> dict[str, Capacity]:
    """Return what the searches say, of each arm that has a valid step."""
    goal = book.contest.capacity
    if goal is None:
        return {}
    searches = (_search(book, goal, arm) for arm in book.contest.arms)
    return {one.arm: capacity(goal, one.probes) for one in searches if one.probes}


def passes(facts: Facts, goal: CapacityGoal, p95_ms: float) -> bool:
    """Tell whether so few of a window's requests failed, as they were measured, and its p95 was within the limit."""
    if not facts.requests or facts.p95_ms is None:
        return False
    return facts.failures <= goal.max_failure_share * facts.requests and facts.p95_ms <= p95_ms


def _search(book: Book, goal: CapacityGoal, arm: str) -> ArmSearch:
    probes: list[Probe] = []
    while (due := next_probe(goal, probes)) is not None:
        cell = Cell(arm, len(probes) + 1, None, control=False)
        valid = [one for one in book.entries.get(cell, ()) if one.facts is not None]
        if not valid:
            return ArmSearch(arm=arm, probes=tuple(probes), due=None if book.is_settled(cell) else due)
        # The level that was run counts: users are whole numbers, a search's levels are not.
        step, facts = valid[0].step, valid[0].facts
        assert facts is not None
        confirming = step.purpose is Purpose.CONFIRM
        passed = passes(facts, goal, book.contest.objective.p95_ms)
        probes.append(Probe(level=step.level, passed=passed, confirming=confirming))
    return ArmSearch(arm=arm, probes=tuple(probes), due=None)


def _is_affordable(book: Book) -> bool:
    """Tell whether a further step still fits, even if it is a confirmation with its long window."""
    contest = book.contest
    if contest.budget_s is None or contest.capacity is None:
        return True
    longest_s = contest.cost.trial_s(contest.window_s * contest.capacity.confirm_windows)
    return book.spent_s() + longest_s <= contest.budget_s
