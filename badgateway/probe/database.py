"""What the application asks of its database: connections, statements, rows."""

from contextlib import suppress
from importlib import import_module
from typing import Any

from badgateway.model.raw_words import SampleSeries
from badgateway.model.samples import Reading
from badgateway.probe.statement import StatementLog
from badgateway.probe.watch import DatabaseAccess, NotAvailableError

COUNTED = (SampleSeries.DB_CONNECTS, SampleSeries.DB_SELECTS, SampleSeries.DB_ROWS_READ)
SERIES = (
    SampleSeries.DB_CONNECTIONS,
    SampleSeries.DB_CONNECTS,
    SampleSeries.DB_EXECUTING,
    SampleSeries.DB_SELECTS,
    SampleSeries.DB_ROWS_READ,
)
DEADLINE_S = 0.5


class DatabaseProbe:
    """The connections of the application's account and what they ask, through one more that is kept and not counted.

    The limit of those held is what the server lets the application have beside this probe. Those made, SELECTs and
    rows read are counted from the first reading on, over all accounts; a connection of this probe that broke is one
    more, and what each reading adds itself is taken off again.
    """

    series = SERIES

    def __init__(self, access: DatabaseAccess, statements: StatementLog | None = None) -> None:
        """Watch a database; it is connected to at the first reading, and anew when a connection broke."""
        self._access = access
        self._statements = statements
        self._activity = access.system.activity
        self._library = import_module(access.system.client.module)
        self._connection: Any = None
        self._first: dict[str, int] = {}
        self._asked = 0

    def read(self) -> tuple[Reading, ...]:
        """Count.

        Raises:
            NotAvailableError: the server does not answer, or lets nobody in.
        """
        self._access.pulse.asks()
        try:
            connections, counters = self._ask()
            self._access.pulse.is_answered()
        except (OSError, self._library.Error) as error:
            self.close()
            if not _is_silence(error):
                self._access.pulse.is_answered()
            where = f"database at {self._access.host}:{self._access.port}"
            raise NotAvailableError(f"{where}: {type(error).__name__}: {error}") from error
        executing = [(statement, count) for statement, count, _ in connections if statement is not None]
        if self._statements is not None:
            self._statements.note(executing)
        self._first = self._first or counters
        return (
            Reading(
                series=SampleSeries.DB_CONNECTIONS,
                value=sum(count for _, count, _ in connections),
                limit=connections[-1][2],
            ),
            Reading(series=SampleSeries.DB_EXECUTING, value=sum(count for _, count in executing)),
            *(Reading(series=series, value=self._since_first(series, counters)) for series in COUNTED),
        )

    def close(self) -> None:
        """Close the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            # One that is broken already may say so.
            with suppress(self._library.Error):
                connection.close()

    def _since_first(self, series: str, counters: dict[str, int]) -> int | None:
        return counters[series] - self._first[series] if series in counters and series in self._first else None

    def _ask(self) -> tuple[list[tuple[str | None, int, int]], dict[str, int]]:
        if self._connection is None:
            client = self._access.system.client
            self._connection = self._library.connect(**client.arguments(self._access, DEADLINE_S, DEADLINE_S))
            for name, value in client.attributes.items():
                setattr(self._connection, name, value)
        cursor = self._connection.cursor()
        cursor.execute(self._activity.connections, (self._access.user,))
        self._asked += 1
        connections = [(statement, int(count), int(limit)) for statement, count, limit in cursor.fetchall()]
        cursor.execute(self._activity.counters)
        named = {str(name): int(value) for name, value in cursor.fetchall()}
        cursor.close()
        counters = {series: named[name] for name, series in self._activity.series.items() if name in named}
        if not connections or SampleSeries.DB_CONNECTS not in counters:
            raise self._library.DatabaseError("an empty answer")
        own = {series: each * self._asked for series, each in self._activity.own.items()}
        return connections, {series: value - own.get(series, 0) for series, value in counters.items()}


def _is_silence(error: Exception) -> bool:
    """Tell a limit that ran out from an answer that is a refusal, such as too many connections."""
    return isinstance(error.__context__, TimeoutError) or isinstance(error, TimeoutError)
