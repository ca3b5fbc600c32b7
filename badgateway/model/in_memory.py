"""DuckDB as the kit uses it: a database in memory that prints nothing, and files of whole lines."""

from collections.abc import Mapping
from typing import Final

import duckdb

NO_DELIMITER: Final = "\x01\x02\x03\x04"
"""For read_csv: no log and no raw file has it, so a whole line is one column."""


def connect(config: Mapping[str, str] | None = None) -> duckdb.DuckDBPyConnection:
    """Return a new database in memory; the caller closes it."""
    connection = duckdb.connect(config={**(config or {})})
    # It would go to standard output, into the midst of the answer, when a query takes longer than two seconds. As a
    # part of the configuration it is refused.
    connection.execute("SET enable_progress_bar = FALSE")
    return connection
