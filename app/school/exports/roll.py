"""The rows with all averages from one query: members and the summaries of their scores, each row with its number.

The numbers come from the database, so that an export can have more rows than there are members.
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
class RollQuery:
    """The statement that asks for the rows 1 to `rows`."""

    sql: str
    parameters: tuple[Any, ...]
    rows: int
    compiler: SQLCompiler

    def convert(self, records: Iterable[Sequence[Any]]) -> Iterator[Row]:
        """Turn the values of a driver into those of the model's fields."""
        # The row's number is where the compiler has the member's place, so every column is where it expects it.
        converters = self.compiler.get_converters([expression for expression, *_ in self.compiler.select])
        return (cast("Row", tuple(record)) for record in self.compiler.apply_converters(records, converters))


def roll_query(rows: int | None) -> RollQuery:
    """Return the statement for so many rows, None for one a member; asks the database how many members there are."""
    members = Member.objects.count()
    wanted = 0 if not members else rows or members
    placed = members_with_scores().annotate(place=Window(RowNumber(), order_by="id")).order_by()
    compiler = placed.values_list("place", *FIELDS).query.get_compiler(connection=connection)
    summed_up, parameters = compiler.as_sql()
    fields = ", ".join(f"roll.{connection.ops.quote_name(field)}" for field in FIELDS)
    # The members are summed up once and then looked up by their place: the first row does not wait for the last.
    sql = (
        f"SELECT numbers.seq, {fields} FROM {_numbers(wanted)} AS numbers JOIN ({summed_up}) AS roll "  # noqa: S608 # ours
        f"ON roll.place = (numbers.seq - 1) %% {max(members, 1)} + 1 ORDER BY numbers.seq"
    )
    return RollQuery(sql=sql, parameters=tuple(parameters), rows=wanted, compiler=compiler)


def read_roll(rows: int | None) -> list[Row]:
    """Return all rows at once."""
    query = roll_query(rows)
    with connection.cursor() as cursor:
        cursor.execute(query.sql, query.parameters)
        return list(query.convert(cursor))


def _numbers(last: int) -> str:
    """Return a table of the numbers 1 to last, in its column seq."""
    if connection.vendor == "mysql":
        # MariaDB's SEQUENCE engine, which makes the numbers while they are read.
        return f"seq_1_to_{last}"
    counting = f"SELECT 1 AS seq UNION ALL SELECT seq + 1 FROM counted WHERE seq < {last}"  # noqa: S608 # a number
    return f"(WITH RECURSIVE counted AS ({counting}) SELECT seq FROM counted)"  # noqa: S608 # as above
