"""The rows as the page first had them: one query for the members, then one for each member's average (N+1)."""

from collections.abc import Iterator

from school.averages import score_aggregates
from school.exports.columns import MEMBER_COLUMNS, SUMMARY_COLUMNS, Row
from school.models import Member


def rows_wanted(rows: int | None) -> int:
    """Return how many rows there will be, one a member when rows is None; a school without members has none."""
    members = Member.objects.count()
    return (rows or members) if members else 0


def ask_for_each(first: int, last: int) -> Iterator[Row]:
    """Yield the rows first to last, counted from 1."""
    for number, member in enumerate(_members(first, last), start=first):
        summary = member.scores.aggregate(**score_aggregates())
        of_member = (getattr(member, field) for field in MEMBER_COLUMNS.values())
        yield (number, *of_member, *(summary[field] for field in SUMMARY_COLUMNS.values()))


def _members(first: int, last: int) -> Iterator[Member]:
    everybody = Member.objects.order_by("id")
    count = Member.objects.count()
    while count and first <= last:
        start = (first - 1) % count
        stop = min(count, start + last - first + 1)
        yield from everybody[start:stop]
        first += stop - start
