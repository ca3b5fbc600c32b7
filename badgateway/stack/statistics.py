"""What the optimizer knows of the site's tables: taken when the data is loaded, then the same for every trial."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType

import pymysql
from pymysql.cursors import Cursor

from badgateway.errors import DeploymentError
from badgateway.stack.mariadb import RunningDatabase

CONNECT_DEADLINE_S = 5.0
ANALYZE_DEADLINE_S = 600.0

_TABLES = """
SELECT table_name FROM information_schema.tables WHERE table_schema = %s AND table_type = 'BASE TABLE' ORDER BY 1
"""
_KEPT = """
SELECT table_name, index_name, stat_name, CAST(stat_value AS UNSIGNED) FROM mysql.innodb_index_stats
WHERE database_name = %s ORDER BY table_name, index_name, stat_name
"""
_FAULTS = ("error", "warning")

Known = Mapping[str, tuple[tuple[str, str, int], ...]]
"""What the server keeps of each table: index, what was counted, and how many."""


def take_statistics(database: RunningDatabase) -> Known:
    """Count the rows and values of all the site's tables, and return what is known of them now.

    After a bulk load the server knows nothing of them, and would find out in the middle of some trial.

    Raises:
        DeploymentError: the database cannot be asked, or a table cannot be read.
    """
    with _asking(database) as cursor:
        _analyze(cursor, _tables(cursor, database.name))
        return _kept(cursor, database.name)


def renew_statistics(database: RunningDatabase) -> tuple[str, ...]:
    """Count anew the tables whose statistics a restore took away with their rows, and return their names.

    All others keep theirs. The server looks at every page, so the same rows give the same statistics.

    Raises:
        DeploymentError: the database cannot be asked, or a table cannot be read.
    """
    with _asking(database) as cursor:
        then, now = database.statistics, _kept(cursor, database.name)
        changed = tuple(name for name in _tables(cursor, database.name) if now.get(name) != then.get(name))
        _analyze(cursor, changed)
    return changed


@contextmanager
def _asking(database: RunningDatabase) -> Iterator[Cursor]:
    try:
        with (
            pymysql.connect(
                host=database.host,
                port=database.port,
                user=database.user,
                password=database.password,
                database=database.name,
                connect_timeout=CONNECT_DEADLINE_S,
                read_timeout=ANALYZE_DEADLINE_S,
                autocommit=True,
                ssl_disabled=True,
            ) as connection,
            connection.cursor() as cursor,
        ):
            yield cursor
    except (OSError, pymysql.MySQLError) as error:
        where = f"MariaDB at {database.host}:{database.port}"
        raise DeploymentError(f"{where}: the tables' statistics: {type(error).__name__}: {error}") from error


def _tables(cursor: Cursor, schema: str) -> list[str]:
    cursor.execute(_TABLES, (schema,))
    return [str(name) for (name,) in cursor.fetchall()]


def _kept(cursor: Cursor, schema: str) -> Known:
    cursor.execute(_KEPT, (schema,))
    kept: dict[str, tuple[tuple[str, str, int], ...]] = {}
    for table, index, counted, value in cursor.fetchall():
        # A partitioned table has a line for each partition, "scores#P#p0"; it is analyzed as a whole.
        name = str(table).split("#", 1)[0]
        kept[name] = (*kept.get(name, ()), (str(index), str(counted), int(value)))
    return MappingProxyType(kept)


def _analyze(cursor: Cursor, tables: Sequence[str]) -> None:
    if not tables:
        return
    names = ", ".join(f"`{name.replace('`', '``')}`" for name in tables)
    # The statement itself succeeds where a table fails: its rows tell.
    cursor.execute(f"ANALYZE NO_WRITE_TO_BINLOG TABLE {names}")
    for table, _, kind, message in cursor.fetchall():
        if str(kind).lower() in _FAULTS:
            raise DeploymentError(f"MariaDB: ANALYZE TABLE {table}: {message}")
