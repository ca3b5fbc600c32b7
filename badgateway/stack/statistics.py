"""What the optimizer knows of the site's tables: taken when the data is loaded, then the same for every trial."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from importlib import import_module
from types import MappingProxyType
from typing import Any

from badgateway.errors import DeploymentError
from badgateway.stack.database import RunningDatabase

CONNECT_DEADLINE_S = 5.0
ANSWER_DEADLINE_S = 30.0
"""For a greeting, and for what the server keeps in tables of its own; one that was stopped gives neither."""
ANALYZE_DEADLINE_S = 600.0

Known = Mapping[str, tuple[tuple[str, str, int], ...]]
"""What the server keeps of each table: index, what was counted, and how many."""


def take_statistics(database: RunningDatabase) -> Known:
    """Count the rows and values of all the site's tables, and return what is known of them now.

    After a bulk load the server knows nothing of them, and would find out in the middle of some trial. Where there is
    no server, whatever is known lies in the file itself.

    Raises:
        DeploymentError: the database cannot be asked, or a table cannot be read.
    """
    if database.pid is None:
        return MappingProxyType({})
    with _asking(database) as cursor:
        tables = _tables(cursor, database)
    _analyze(database, tables)
    with _asking(database) as cursor:
        return _kept(cursor, database)


def renew_statistics(database: RunningDatabase) -> tuple[str, ...]:
    """Count anew the tables whose statistics a restore took away with their rows, and return their names.

    All others keep theirs. The server looks at every page, so the same rows give the same statistics.

    Raises:
        DeploymentError: the database cannot be asked, or a table cannot be read.
    """
    if database.pid is None:
        return ()
    with _asking(database) as cursor:
        then, now = database.statistics, _kept(cursor, database)
        changed = tuple(name for name in _tables(cursor, database) if now.get(name) != then.get(name))
    _analyze(database, changed)
    return changed


@contextmanager
def _asking(database: RunningDatabase, answer_s: float | None = None) -> Iterator[Any]:
    client = database.server.client
    library = import_module(client.module)
    limits_s = CONNECT_DEADLINE_S, answer_s or ANSWER_DEADLINE_S
    try:
        with closing(library.connect(**client.arguments(database, *limits_s))) as link:
            for name, value in client.attributes.items():
                setattr(link, name, value)
            yield link.cursor()
    except (OSError, library.Error) as error:
        where = f"{database.system.label} at {database.host}:{database.port}"
        raise DeploymentError(f"{where}: the tables' statistics: {type(error).__name__}: {error}") from error


def _tables(cursor: Any, database: RunningDatabase) -> list[str]:  # PEP 249 has no type
    cursor.execute(database.server.statistics.tables, (database.name,))
    return [str(name) for (name,) in cursor.fetchall()]


def _kept(cursor: Any, database: RunningDatabase) -> Known:  # as above
    cursor.execute(database.server.statistics.kept, (database.name,))
    kept: dict[str, tuple[tuple[str, str, int], ...]] = {}
    for table, index, counted, value in cursor.fetchall():
        kept[str(table)] = (*kept.get(str(table), ()), (str(index), str(counted), int(value)))
    return MappingProxyType(kept)


def _analyze(database: RunningDatabase, tables: Sequence[str]) -> None:
    if not tables:
        return
    system = database.server
    with _asking(database, ANALYZE_DEADLINE_S) as cursor:
        cursor.execute(system.statistics.analyze(tables))
        # A statement that gives no rows has no description, and nothing to fetch.
        fault = system.statistics.fault(cursor.fetchall() if cursor.description else ())
    if fault:
        raise DeploymentError(f"{system.label}: {fault}")
