"""Reads from a trial's samples in which seconds the database had no CPU left, and what it was executing then."""

import re
from dataclasses import dataclass
from pathlib import Path

import duckdb

from badgateway import numbers
from badgateway.ledger.checks import load, require_header, require_whole_lines
from badgateway.model.evidence import SAMPLES
from badgateway.model.raw import STATEMENT_COLUMNS
from badgateway.model.raw_words import SampleSeries

SATURATED_SHARE = 0.75
"""Of the cores that the database can use: what serves the site beside it needs some too."""
_STATEMENT_COLUMNS = dict(zip(STATEMENT_COLUMNS, ("DOUBLE", "INTEGER", "VARCHAR"), strict=True))

_LONG_LIST = re.compile(r"^(SELECT (?:DISTINCT )?)(?!COUNT\b).{60,}?(?= FROM )", re.IGNORECASE)
"""Of columns: what a statement costs is told by what follows."""
MOST_CHARACTERS = 400

# A sample of CPU is of the second that ends with it.
_SECONDS = f"""
WITH busy AS (
    SELECT floor(time_s - 0.5) AS second, avg(value) AS cores_used, max(limit_value) AS cores
    FROM {SAMPLES.name} WHERE series = '{SampleSeries.DB_CPU_CORES}' AND limit_value > 0 GROUP BY second
    HAVING avg(value) >= {SATURATED_SHARE} * max(limit_value)),
executing AS (
    SELECT floor(time_s) AS second, avg(value) AS executing
    FROM {SAMPLES.name} WHERE series = '{SampleSeries.DB_EXECUTING}' GROUP BY second),
seen AS (
    SELECT floor(time_s) AS second, statement, sum(executing) AS times FROM statements GROUP BY second, statement),
most AS (
    SELECT second, arg_max(statement, (times, statement)) AS statement, max(times) / sum(times) AS share
    FROM seen GROUP BY second)
SELECT second, cores_used, cores, executing, statement, share
FROM busy LEFT JOIN executing USING (second) LEFT JOIN most USING (second) ORDER BY second
"""  # noqa: S608 # constants of this module


@dataclass(frozen=True, slots=True, kw_only=True)
class SaturatedSecond:
    """A second in which the database used nearly all CPU that it can."""

    start_s: float
    """Seconds since the epoch."""
    cores_used: float
    cores: float
    """That it can use."""
    executing: float | None
    """Statements at a time; None when nobody looked."""
    statement: str | None
    """Seen most often, with its values masked; None when none was seen."""
    share: float | None
    """Of all that were seen."""

    @property
    def line(self) -> str:
        """What was seen, in one line."""
        cpu = f"the database used {numbers.cores(self.cores_used)} of {self.cores:g} cores"
        many = "" if self.executing is None else f", {self.executing:.0f} statements at a time"
        if self.statement is None or self.share is None:
            return f"{cpu}{many}"
        share = numbers.in_sentences(numbers.percent(self.share))
        return f"{cpu}{many}; {share} of the time: {_shortened(self.statement)}"


def _shortened(statement: str) -> str:
    shown = _LONG_LIST.sub(r"\1...", statement)
    return shown if len(shown) <= MOST_CHARACTERS else f"{shown[:MOST_CHARACTERS]} ..."


_ROWS = f"""
INSERT INTO statements
FROM read_csv($file, columns = {_STATEMENT_COLUMNS}, header = true, auto_detect = false, delim = ',')
"""  # constants of this module


def saturated_seconds(connection: duckdb.DuckDBPyConnection, statements: Path) -> tuple[SaturatedSecond, ...]:
    """Return the seconds of a trial, in their order; none when nobody sampled the database.

    Args:
        connection: With the table `samples`; gets the table `statements`.
        statements: The trial's file of them; a trial of an earlier kit has none.

    Raises:
        RawDataError: The file is malformed.
    """
    columns = ", ".join(f"{name} {sql_type}" for name, sql_type in _STATEMENT_COLUMNS.items())
    connection.execute(f"CREATE TABLE statements ({columns})")
    if statements.is_file():
        require_whole_lines(statements)
        require_header(statements, tuple(_STATEMENT_COLUMNS))
        load(statements, lambda: connection.execute(_ROWS, {"file": str(statements)}), where=str)
    rows = connection.execute(_SECONDS).fetchall()
    return tuple(
        SaturatedSecond(
            start_s=start_s, cores_used=used, cores=cores, executing=executing, statement=statement, share=share
        )
        for start_s, used, cores, executing, statement, share in rows
    )
