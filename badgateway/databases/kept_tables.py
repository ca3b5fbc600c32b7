"""Keeps a copy of each table in a second schema, and fills anew those that have been written to since."""

from collections.abc import Sequence
from typing import Any

from badgateway.databases.database_system import Ask
from badgateway.errors import DeploymentError

SUFFIX = "_kept"
"""Of the schema with the copies."""
_TABLES = """
SELECT table_name, create_time, update_time FROM information_schema.tables
WHERE table_schema = '{schema}' AND table_type = 'BASE TABLE' ORDER BY 1
"""
_COLUMNS = """
SELECT column_name FROM information_schema.columns
WHERE table_schema = '{schema}' AND table_name = '{table}' AND is_generated = 'NEVER' ORDER BY ordinal_position
"""
_TRIGGERS = "SELECT count(*) FROM information_schema.triggers WHERE trigger_schema = '{schema}'"
_AS_THEY_ARE = (
    "SET foreign_key_checks = 0",
    "SET unique_checks = 0",
    # A row with the number 0 keeps it.
    "SET sql_mode = CONCAT(@@sql_mode, ',NO_AUTO_VALUE_ON_ZERO')",
)


def keep(ask: Ask, name: str) -> None:
    """Copy all tables of the database into the schema beside it, which is there and empty.

    Raises:
        DeploymentError: It has triggers, which would run again when rows are put back.
    """
    ((triggers,),) = ask(_TRIGGERS.format(schema=name), name)
    if triggers:
        raise DeploymentError(
            "application.restore is missing, and the database has triggers, which would act again on rows that the kit "
            "puts back; name a command that restores the data"
        )
    for statement in _AS_THEY_ARE:
        ask(statement, name)
    for table, *_ in _tables(ask, name, name):
        ask(f"CREATE TABLE {_named(name + SUFFIX, table)} LIKE {_named(name, table)}", name)
        _copy(ask, name, table, name, name + SUFFIX)


def put_back(ask: Ask, name: str) -> None:
    """Give each table that has been written to since the rows that it had, and drop those that there were not.

    Raises:
        DeploymentError: A table is gone.
    """
    for statement in _AS_THEY_ARE:
        ask(statement, name)
    now = {table: changed for table, _, changed in _tables(ask, name, name)}
    kept = {table: made for table, made, _ in _tables(ask, name, name + SUFFIX)}
    gone = sorted(kept.keys() - now.keys())
    if gone:
        raise DeploymentError(f"table {gone[0]} was dropped by the site; name a command that restores the data")
    for table in now.keys() - kept.keys():
        ask(f"DROP TABLE {_named(name, table)}", name)
    for table, made in kept.items():
        if _may_differ(ask, name, table, made, now[table]):
            ask(f"TRUNCATE TABLE {_named(name, table)}", name)
            _copy(ask, name, table, name + SUFFIX, name)


def _tables(ask: Ask, name: str, schema: str) -> Sequence[Sequence[Any]]:
    return ask(_TABLES.format(schema=schema), name)


def _may_differ(ask: Ask, name: str, table: str, made: Any, changed: Any) -> bool:
    if changed is not None:
        # To the second: what was written in the one in which the copy was made may be in it or not.
        return bool(changed >= made)
    # Never written to, or it is no longer known when.
    places = (_named(name, table), _named(name + SUFFIX, table))
    return any(ask(f"SELECT 1 FROM {place} LIMIT 1", name) for place in places)  # noqa: S608 # a table's own name


def _copy(ask: Ask, name: str, table: str, source: str, target: str) -> None:
    # In the connection that was told to take rows as they are.
    rows = ask(_COLUMNS.format(schema=source, table=table.replace("'", "''")), name)
    columns = ", ".join(_quoted(str(column)) for (column,) in rows)
    statement = f"INSERT INTO {_named(target, table)} ({columns}) SELECT {columns} FROM {_named(source, table)}"  # noqa: S608 # as above
    ask(statement, name)


def _named(schema: str, table: str) -> str:
    return f"{_quoted(schema)}.{_quoted(table)}"


def _quoted(name: str) -> str:
    return f"`{name.replace('`', '``')}`"
