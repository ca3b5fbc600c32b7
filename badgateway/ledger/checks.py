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


def require_header(path: Path, columns: tuple[str, ...]) -> None:
    """Raise RawDataError when the first line of a CSV file does not name these columns; DuckDB would not mind."""
    with path.open(encoding="utf-8", errors="replace") as file:
        header = file.readline().rstrip("\r\n")
    if header != ",".join(columns):
        raise RawDataError(f"{path}, line 1: the header is '{header}', must be '{','.join(columns)}'")


def load(path: Path, load_rows: Callable[[], None], where: Callable[[str], str]) -> None:
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


def check(path: Path, rows: duckdb.DuckDBPyRelation, rules: tuple[Rule, ...]) -> None:
    """Raise RawDataError for the first row that breaks a rule.

    Args:
        path: The file the rows were read from, for the message.
        rows: All rows, in the file's order, with a column request_id.
        rules: Tried in their order; the first broken one is named.
    """
    broken = " ".join(f"WHEN {rule.broken} THEN {index}" for index, rule in enumerate(rules))
    numbered = rows.project(f"row_number() OVER () AS number, request_id, CASE {broken} END AS rule")
    found = numbered.filter("rule IS NOT NULL").order("number").limit(1).fetchall()
    if found:
        number, request_id, rule = found[0]
        raise RawDataError(f"{path}: row {number} (request {request_id or 'without id'}) {rules[rule].problem}")
