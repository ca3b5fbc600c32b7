"""The rows with all averages asked for at once: members and the summaries of their scores, each row with its number.

An export can have more rows than there are members; the numbers of those rows come from the database too.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

from django.db import connection
from django.db.models import Window
from django.db.models.functions import RowNumber
from django.db.models.sql.compiler import SQLCompiler

from school.averages import members_with_scores
from school.exports.columns import FIELDS, Row
from school.models import Member


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A query for some of the rows, in order."""

    sql: str
    parameters: tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRowsQuery:
    """The statements, one after the other, that ask for the rows 1 to `rows`."""

    statements: tuple[Statement, ...]
    rows: int
    compiler: SQLCompiler

    def convert(self, records: Iterable[Sequence[Any]]) -> Iterator[Row]:
        """Number what the driver returned for all statements, and turn it into the values of the model's fields."""
        converters = self.compiler.get_converters([expression for expression, *_ in self.compiler.select])
        for number, record in enumerate(self.compiler.apply_converters(records, converters), start=1):
            yield (number, *cast("Row", tuple(record)))


def member_rows_query(rows: int | None) -> MemberRowsQuery:
    """Return the query for so many rows, None for one a member; asks the database how many members there are."""
    members = Member.objects.count()
    wanted = 0 if not members else rows or members
    compiler = members_with_scores().values_list(*FIELDS)[: max(wanted, 1)].query.get_compiler(connection=connection)
    sql, parameters = compiler.as_sql()
    once = Statement(sql=sql, parameters=tuple(parameters))
    again = (_again(members, wanted),) if wanted > members else ()
    return MemberRowsQuery(statements=(once, *again), rows=wanted, compiler=compiler)


def read_member_rows(rows: int | None) -> list[Row]:
    """Return all rows at once."""
    query = member_rows_query(rows)
    records: list[Sequence[Any]] = []
    with connection.cursor() as cursor:
        for statement in query.statements:
            cursor.execute(statement.sql, statement.parameters)
            records += cursor
    return list(query.convert(records))


def _again(members: int, last: int) -> Statement:
    """Ask for the rows behind that of the last member, for which the members come again in the same order."""
    placed = members_with_scores().annotate(place=Window(RowNumber(), order_by="id")).order_by()
    summed_up, parameters = placed.values_list(*FIELDS, "place").query.sql_with_params()
    fields = ", ".join(f"summed.{connection.ops.quote_name(field)}" for field in FIELDS)
    # Summed up once, then looked up by place: the next row does not wait for the last.
    sql = (
        f"SELECT {fields} FROM {_numbers(members + 1, last)} AS numbers JOIN ({summed_up}) AS summed "  # noqa: S608 # ours
        f"ON summed.place = (numbers.seq - 1) %% {members} + 1 ORDER BY numbers.seq"
    )
    return Statement(sql=sql, parameters=tuple(parameters))


def _numbers(first: int, last: int) -> str:
    """Return a table of numbers, in its column seq."""
    if connection.vendor == "mysql":
        # MariaDB's SEQUENCE engine, which makes the numbers while they are read.
        return f"seq_{first}_to_{last}"
    counting = f"SELECT {first} AS seq UNION ALL SELECT seq + 1 FROM counted WHERE seq < {last}"  # noqa: S608 # numbers
    return f"(WITH RECURSIVE counted AS ({counting}) SELECT seq FROM counted)"  # noqa: S608 # as above
