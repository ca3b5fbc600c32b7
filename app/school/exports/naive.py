"""The export that grew: one query for the members, then one for each member's scores (the N+1 of the 504 story)."""

from collections.abc import Iterator

from django.http import HttpResponse

from school.averages import ScoreSummary, score_aggregates
from school.exports.columns import TITLES, Cell, row_of
from school.exports.workbook import workbook_response
from school.models import Member


def export(limit: int) -> HttpResponse:
    """Export the first members, at most limit; 1 + rows queries."""
    return workbook_response(TITLES, _rows(limit))


def _rows(limit: int) -> Iterator[tuple[Cell, ...]]:
    for member in Member.objects.order_by("id")[:limit].iterator():
        yield row_of(member, ScoreSummary(**member.scores.aggregate(**score_aggregates())))
