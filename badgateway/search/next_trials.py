"""The state machine of a study: blocks first, then the capacities of those that p95 has not put out."""

from collections.abc import Sequence

from badgateway.judge.choice import latency_candidates
from badgateway.model.contest import Contest, Ended, Step
from badgateway.search.book import Book, open_book
from badgateway.search.race import Race, replay
from badgateway.search.searches import due_steps


def next_trials(contest: Contest, ended: Sequence[Ended]) -> tuple[Step, ...]:
    """Return the trials that are due, in the order of running; empty when the study has ended.

    Run the first one, add it to the ended ones, and ask again: what it showed may change the rest. Nothing but the
    arguments decides, so a study that was killed goes on with the same trial it would have run.
    """
    book = open_book(contest, ended)
    race = replay(book)
    if race.due:
        return tuple(book.step(cell, level=cell.level) for cell in race.due if cell.level is not None)
    return due_steps(book, finalists(book, race))


def finalists(book: Book, race: Race) -> tuple[str, ...]:
    """Return the arms whose capacity is searched: they keep the objective, and p95 has not put them out."""
    arms = [book.arm_facts(arm) for arm in book.contest.arms]
    return latency_candidates(book.contest, arms, race.leaving)
