"""How many connections the application holds to its database."""

import pymysql

from badgateway.probe.reading import NotAvailableError, Reading
from badgateway.probe.watch import DatabaseAccess

SERIES = "db_connections"
DEADLINE_S = 0.5
# Without the PROCESS privilege an account sees its own connections only, and those are what is asked for.
QUESTION = """
SELECT COUNT(*), @@max_connections - 1 FROM information_schema.processlist WHERE user = %s AND id <> CONNECTION_ID()
"""


class DatabaseConnections:
    """The connections of the application's account, asked through one more that is kept and not counted.

    The limit is the server's max_connections less the one that this probe takes away from the application.
    """

    series = (SERIES,)

    def __init__(self, access: DatabaseAccess) -> None:
        """Watch a database; it is connected to at the first reading, and anew when a connection broke."""
        self._access = access
        self._connection: pymysql.Connection | None = None

    def read(self) -> tuple[Reading]:
        """Count.

        Raises:
            NotAvailableError: the server does not answer, or lets nobody in.
        """
        try:
            count, limit = self._ask()
        except (OSError, pymysql.MySQLError) as error:
            self.close()
            where = f"database at {self._access.host}:{self._access.port}"
            raise NotAvailableError(f"{where}: {type(error).__name__}: {error}") from error
        return (Reading(series=SERIES, value=count, limit=limit),)

    def close(self) -> None:
        """Close the connection."""
        if self._connection is not None and self._connection.open:
            self._connection.close()
        self._connection = None

    def _ask(self) -> tuple[int, int]:
        if self._connection is None:
            self._connection = _connect(self._access)
        with self._connection.cursor() as cursor:
            cursor.execute(QUESTION, (self._access.user,))
            row = cursor.fetchone()
        if row is None:
            raise pymysql.MySQLError("an empty answer")
        return int(row[0]), int(row[1])


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
