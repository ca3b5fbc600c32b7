"""The checks every raw file has to pass before a row of it is believed."""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from badgateway.errors import RawDataError

# DuckDB's message goes on with advice about its own options, which nobody here can follow.
_ADVICE = re.compile(r"\n(?:Possible |Try |Column |\s+file = )")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What must not hold for any row."""

    broken: str
    """SQL condition that is true for a row that cannot be believed."""
    problem: str
    """The same in words; it follows the row's number in the message."""


def require_whole_lines(path: Path) -> None:
    """Raise RawDataError when the file is missing or its last line was cut."""
    if not path.is_file():
        raise RawDataError(f"{path} is missing: the trial was not recorded; run it again")
    if not _ends_a_line(path):
        raise RawDataError(f"{path}: the last line is cut, its writer was killed while writing; run the trial again")


def _ends_a_line(path: Path) -> bool:
    with path.open("rb") as file:
        if file.seek(0, os.SEEK_END) == 0:
            return True
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"


def require_header(path: Path, columns: tuple[str, ...], *earlier: tuple[str, ...]) -> tuple[str, ...]:
    """Return the columns that the first line of a CSV file names, in their order.

    Raises:
        RawDataError: They are not these columns, nor those of an earlier kit; DuckDB would not mind.
    """
    with path.open(encoding="utf-8", errors="replace") as file:
        header = file.readline().rstrip("\r\n")
    for known in (columns, *earlier):
        if header == ",".join(known):
            return known
    raise RawDataError(f"{path}, line 1: the header is '{header}', must be '{','.join(columns)}'")


def load(path: Path, load_rows: Callable[[], object], where: Callable[[str], str]) -> None:
    """Let DuckDB load a file; its error becomes a RawDataError.

    Args:
        path: The file, for the message.
        load_rows: Reads the whole file.
        where: Gets DuckDB's words, returns them with the line made certain.
    """
    try:
        load_rows()
    except duckdb.Error as error:
        lines = _ADVICE.split(str(error), maxsplit=1)[0].splitlines()
        raise RawDataError(f"{path}: {where('; '.join(line for line in lines if line.strip()))}") from error


def broken(rules: tuple[Rule, ...]) -> str:
    """Return SQL for a column of the table that is made: `broken_rule`, the first rule that the row breaks, or NULL."""
    cases = " ".join(f"WHEN {rule.broken} THEN {index}" for index, rule in enumerate(rules))
    return f"CASE {cases} END::UTINYINT AS broken_rule"


def demand_none_broken(path: Path, connection: duckdb.DuckDBPyConnection, table: str, rules: tuple[Rule, ...]) -> None:
    """Drop the column `broken_rule` of a table in which no row breaks a rule.

    Args:
        path: The file the rows were read from, for the message.
        connection: Where the table is.
        table: All rows, in the file's order, with the columns request_id and `broken_rule`.
        rules: As they were given to `broken`.

    Raises:
        RawDataError: A row breaks a rule; the message is about the first one.
    """
    # To plan what looks for the first one takes longer than to count a column that is empty.
    ((broken_rows,),) = connection.execute(f"SELECT count(broken_rule) FROM {table}").fetchall()  # noqa: S608
    if broken_rows:
        first = f"SELECT rowid + 1, request_id, broken_rule FROM {table} WHERE broken_rule IS NOT NULL"  # noqa: S608
        ((number, request_id, rule),) = connection.execute(f"{first} ORDER BY rowid LIMIT 1").fetchall()
        raise RawDataError(f"{path}: row {number} (request {request_id or 'without id'}) {rules[rule].problem}")
    connection.execute(f"ALTER TABLE {table} DROP COLUMN broken_rule")
