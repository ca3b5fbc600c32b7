"""What the application asks of its database: connections, statements, rows."""

import pymysql

from badgateway.model.samples import Reading
from badgateway.probe.reading import NotAvailableError
from badgateway.probe.statement import SHOWN_CHARACTERS, StatementLog
from badgateway.probe.watch import DatabaseAccess

HELD = "db_connections"
MADE = "db_connects"
EXECUTING = "db_executing"
SELECTS = "db_selects"
ROWS_READ = "db_rows_read"
SERIES = (HELD, MADE, EXECUTING, SELECTS, ROWS_READ)
DEADLINE_S = 0.5
# Attempts too, for the first; everybody may ask. Neither this question nor the next counts rows: theirs are temporary.
COUNTERS = {"Connections": MADE, "Com_select": SELECTS, "Rows_read": ROWS_READ}
COUNTER = f"SHOW GLOBAL STATUS WHERE variable_name IN ({', '.join(repr(name) for name in COUNTERS)})"
# Without the PROCESS privilege an account sees its own connections only, and those are what is asked for. A connection
# that executes nothing has no statement, so most of them are one row of the answer.
QUESTION = f"""
SELECT CASE WHEN command IN ('Query', 'Execute') THEN LEFT(info, {SHOWN_CHARACTERS}) END AS statement, COUNT(*),
    @@max_connections - 1
FROM information_schema.processlist WHERE user = %s AND id <> CONNECTION_ID() GROUP BY statement
UNION ALL SELECT NULL, 0, @@max_connections - 1
"""  # noqa: S608 # a constant of the kit


class DatabaseProbe:
    """The connections of the application's account and what they ask, through one more that is kept and not counted.

    The limit of those held is the server's max_connections less the one that this probe takes away from the
    application. Those made, SELECTs and rows read are counted from the first reading on, over all accounts; a
    connection of this probe that broke is one more, and each reading is one SELECT, which is taken off again.
    """

    series = SERIES

    def __init__(self, access: DatabaseAccess, statements: StatementLog | None = None) -> None:
        """Watch a database; it is connected to at the first reading, and anew when a connection broke."""
        self._access = access
        self._statements = statements
        self._connection: pymysql.Connection | None = None
        self._first: dict[str, int] = {}
        self._own_selects = 0

    def read(self) -> tuple[Reading, ...]:
        """Count.

        Raises:
            NotAvailableError: the server does not answer, or lets nobody in.
        """
        self._access.pulse.asks()
        try:
            connections, counters = self._ask()
            self._access.pulse.is_answered()
        except (OSError, pymysql.MySQLError) as error:
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
            Reading(series=HELD, value=sum(count for _, count, _ in connections), limit=connections[-1][2]),
            Reading(series=EXECUTING, value=sum(count for _, count in executing)),
            *(Reading(series=series, value=self._since_first(name, counters)) for name, series in COUNTERS.items()),
        )

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None and self._connection.open:
            self._connection.close()
        self._connection = None

    def _since_first(self, name: str, counters: dict[str, int]) -> int | None:
        # MySQL does not count the rows.
        return counters[name] - self._first[name] if name in counters and name in self._first else None

    def _ask(self) -> tuple[list[tuple[str | None, int, int]], dict[str, int]]:
        if self._connection is None:
            self._connection = _connect(self._access)
        with self._connection.cursor() as cursor:
            cursor.execute(QUESTION, (self._access.user,))
            self._own_selects += 1
            connections = [(statement, int(count), int(limit)) for statement, count, limit in cursor.fetchall()]
            cursor.execute(COUNTER)
            counters = {str(name): int(value) for name, value in cursor.fetchall()}
        if not connections or "Connections" not in counters:
            raise pymysql.MySQLError("an empty answer")
        return connections, counters | {"Com_select": counters.get("Com_select", 0) - self._own_selects}


def _is_silence(error: Exception) -> bool:
    """Tell a limit that ran out from an answer that is a refusal, such as too many connections."""
    return isinstance(error.__context__, TimeoutError) or isinstance(error, TimeoutError)


def _connect(access: DatabaseAccess) -> pymysql.Connection:
    return pymysql.connect(
        host=access.host,
        port=access.port,
        user=access.user,
        password=access.password,
        connect_timeout=DEADLINE_S,
        read_timeout=DEADLINE_S,
        write_timeout=DEADLINE_S,
        autocommit=True,
        # A TLS context costs 40 ms of CPU, on the machine that is being measured.
        ssl_disabled=True,
    )
