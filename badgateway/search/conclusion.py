"""Judges a study at any moment, from its ended trials."""

from collections.abc import Sequence

from badgateway.judge.choice import choose
from badgateway.model.comparison import Choice
from badgateway.model.contest import Contest, Ended
from badgateway.search.book import open_book
from badgateway.search.race import replay
from badgateway.search.searches import found_capacities


def conclude(contest: Contest, ended: Sequence[Ended]) -> Choice:
    """Return the choice that the ended trials allow, with its reasons; INVALID trials are in none of it."""
    book = open_book(contest, ended)
    arms = [book.arm_facts(arm) for arm in contest.arms]
    return choose(contest, arms, replay(book).leaving, found_capacities(book))
