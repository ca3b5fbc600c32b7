"""The columns of an export: one definition for every strategy."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from school.averages import ScoreSummary
from school.models import Member

Cell = str | int | float | date | None


@dataclass(frozen=True, slots=True)
class Column:
    """A title, and how to get its cell from a member and the summary of the member's scores."""

    title: str
    cell: Callable[[Member, ScoreSummary], Cell]


COLUMNS = (
    Column("Number", lambda member, _: member.number),
    Column("First name", lambda member, _: member.first_name),
    Column("Last name", lambda member, _: member.last_name),
    Column("Email", lambda member, _: member.email),
    Column("Phone", lambda member, _: member.phone),
    Column("Street", lambda member, _: member.street),
    Column("Postcode", lambda member, _: member.postcode),
    Column("City", lambda member, _: member.city),
    Column("Born on", lambda member, _: member.born_on),
    Column("Joined on", lambda member, _: member.joined_on),
    Column("Level", lambda member, _: member.level),
    Column("Scores", lambda _, summary: summary.score_count),
    Column("Average points", lambda _, summary: summary.average_points),
    Column("Best points", lambda _, summary: summary.best_points),
    Column("Last taken on", lambda _, summary: summary.last_taken_on),
)
TITLES = tuple(column.title for column in COLUMNS)


def row_of(member: Member, summary: ScoreSummary) -> tuple[Cell, ...]:
    """Return a member's row, one cell a column."""
    return tuple(column.cell(member, summary) for column in COLUMNS)
