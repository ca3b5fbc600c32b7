"""The members' rows as the database sends them, one by one, all from one moment."""

from collections.abc import Iterator, Sequence
from importlib import import_module
from itertools import chain
from typing import Any

from django.db import connection

from school.exports.columns import Row
from school.exports.member_rows import member_rows_query

FETCHED_ROWS = 200
# While a slow client reads, nothing is read from the database, which by itself gives up after 60 s of that.
NET_WRITE_TIMEOUT_S = 3600


class MemberRowsStream:
    """An open result on this thread's connection to the database, which can do nothing else until close().

    When it is made, the query has been asked and its first rows have come: a database that refuses is still an error
    page, not a file that is cut short.
    """

    def __init__(self, rows: int | None) -> None:
        self._cursor: Any = None
        try:
            _take_snapshot()
            # How many rows there are and what is in them is read from the same moment.
            self._query = member_rows_query(rows)
            self._batches = self._fetch()
            self._first: Sequence[Any] = next(self._batches, ())
        except BaseException:
            self.close()
            raise

    @property
    def rows(self) -> int:
        """How many rows there will be."""
        return self._query.rows

    def __iter__(self) -> Iterator[Row]:
        """Yield the rows, once.

        Raises:
            RuntimeError: There were fewer or more rows than were promised.
        """
        came = 0
        for row in self._query.convert(chain(self._first, chain.from_iterable(self._batches))):
            came += 1
            yield row
        if came != self.rows:
            raise RuntimeError(f"the database sent {came} rows of the export, expected {self.rows}")

    def _fetch(self) -> Iterator[Sequence[Any]]:
        for statement in self._query.statements:
            self._cursor = _server_side_cursor()
            self._cursor.execute(statement.sql, statement.parameters)
            while batch := self._cursor.fetchmany(FETCHED_ROWS):
                yield batch
            self._cursor.close()

    def close(self) -> None:
        """End the connection: to read a result to its end that nobody wants takes as long as the whole export."""
        result: Any = getattr(self._cursor, "_result", None)
        if hasattr(result, "unbuffered_active"):
            # PyMySQL would try to read the rest when the result is collected.
            result.unbuffered_active = False
        lent = connection.connection
        if hasattr(lent, "invalidate"):
            # A pool would lend it to the next request, with what is left of the result.
            lent.invalidate()
        try:
            if connection.vendor == "postgresql" and lent is not None:
                # A pool would do so itself, and warn of it.
                lent.rollback()
        finally:
            connection.close()


def _take_snapshot() -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        if connection.vendor != "mysql":
            return
        cursor.execute("SET SESSION net_write_timeout = %s", [NET_WRITE_TIMEOUT_S])
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")


def _server_side_cursor() -> Any:
    """Return a cursor which fetches rows when they are asked for; Django's own for MariaDB have all at once."""
    if connection.vendor != "mysql":
        return connection.chunked_cursor()
    # PyMySQL stands in for MySQLdb by its name, but not for its modules.
    driver = import_module("MySQLdb").__name__
    return connection.connection.cursor(import_module(f"{driver}.cursors").SSCursor)
