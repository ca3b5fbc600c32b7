"""Averages made in Python: all scores are fetched along with the members, and a serializer sums them up."""

from collections.abc import Iterator
from itertools import cycle, islice

from django.http import HttpResponse

from school.exports.columns import MEMBER_COLUMNS, SUMMARY_COLUMNS, Cell, Row
from school.exports.request import ExportRequest
from school.exports.xls import rows_of_one_sheet, xls_response
from school.models import Member


def export(wanted: ExportRequest) -> HttpResponse:
    """Export with 2 queries, whose rows are all scores; the first byte leaves after the last row.

    Raises:
        BadRequest: The rows do not fit into one sheet.
    """
    return xls_response(_rows(rows_of_one_sheet(wanted.rows)))


def _rows(wanted: int) -> Iterator[Row]:
    members = list(Member.objects.order_by("id").prefetch_related("scores")[:wanted])
    for number, member in enumerate(islice(cycle(members), wanted), start=1):
        yield (number, *serialized(member).values())


def serialized(member: Member) -> dict[str, Cell]:
    """Return a member's columns by field, with the scores summed up here; it asks the database nothing more."""
    scores = list(member.scores.all())
    points = [score.points for score in scores]
    summary: dict[str, Cell] = {
        "score_count": len(scores),
        "average_points": sum(points) / len(points) if points else None,
        "best_points": max(points, default=None),
        "last_taken_on": max((score.taken_on for score in scores), default=None),
    }
    own = {field: getattr(member, field) for field in MEMBER_COLUMNS.values()}
    return own | {field: summary[field] for field in SUMMARY_COLUMNS.values()}
