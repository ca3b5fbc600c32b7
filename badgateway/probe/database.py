"""How many connections the application holds to its database, and how many it has made."""

import pymysql

from badgateway.probe.reading import NotAvailableError, Reading
from badgateway.probe.watch import DatabaseAccess

HELD = "db_connections"
MADE = "db_connects"
DEADLINE_S = 0.5
# Attempts too; everybody may ask. In MariaDB and MySQL the same, which the table behind it is not.
COUNTER = "SHOW GLOBAL STATUS LIKE 'Connections'"
# Without the PROCESS privilege an account sees its own connections only, and those are what is asked for.
QUESTION = """
SELECT COUNT(*), @@max_connections - 1 FROM information_schema.processlist WHERE user = %s AND id <> CONNECTION_ID()
"""


class DatabaseConnections:
    """The connections of the application's account, asked through one more that is kept and not counted.

    The limit is the server's max_connections less the one that this probe takes away from the application. Those made
    are counted from the first reading on, over all accounts; a connection of this probe that broke is one more.
    """

    series = (HELD, MADE)

    def __init__(self, access: DatabaseAccess) -> None:
        """Watch a database; it is connected to at the first reading, and anew when a connection broke."""
        self._access = access
        self._connection: pymysql.Connection | None = None
        self._made_before: int | None = None

    def read(self) -> tuple[Reading, Reading]:
        """Count.

        Raises:
            NotAvailableError: the server does not answer, or lets nobody in.
        """
        self._access.pulse.asks()
        try:
            held, limit, made = self._ask()
            self._access.pulse.is_answered()
        except (OSError, pymysql.MySQLError) as error:
            self.close()
            if not _is_silence(error):
                self._access.pulse.is_answered()
            where = f"database at {self._access.host}:{self._access.port}"
            raise NotAvailableError(f"{where}: {type(error).__name__}: {error}") from error
        if self._made_before is None:
            self._made_before = made
        return Reading(series=HELD, value=held, limit=limit), Reading(series=MADE, value=made - self._made_before)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None and self._connection.open:
            self._connection.close()
        self._connection = None

    def _ask(self) -> tuple[int, int, int]:
        if self._connection is None:
            self._connection = _connect(self._access)
        with self._connection.cursor() as cursor:
            cursor.execute(QUESTION, (self._access.user,))
            held = cursor.fetchone()
            cursor.execute(COUNTER)
            made = cursor.fetchone()
        if held is None or made is None:
            raise pymysql.MySQLError("an empty answer")
        return int(held[0]), int(held[1]), int(made[1])


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
