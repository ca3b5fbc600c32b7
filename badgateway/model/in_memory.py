"""DuckDB as the kit uses it: a database in memory that prints nothing, and files of whole lines."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from typing import Final
from uuid import uuid4

import duckdb

ROWS_LIMIT: Final = "350MB"
"""Of the rows of trials and logs; beside them are the reading of files and Python itself."""

NO_ROOM: Final = (duckdb.OutOfMemoryException, duckdb.IOException)
"""What DuckDB raises where rows fit neither into memory nor onto the disk."""

NO_DELIMITER: Final = "\x01\x02\x03\x04"
"""For read_csv: no log and no raw file has it, so a whole line is one column."""


def connect(config: Mapping[str, str] | None = None) -> duckdb.DuckDBPyConnection:
    """Return a new database in memory; the caller closes it."""
    connection = duckdb.connect(config={**(config or {})})
    # It would go to standard output, into the midst of the answer, when a query takes longer than two seconds. As a
    # part of the configuration it is refused.
    connection.execute("SET enable_progress_bar = FALSE")
    return connection


def row_database(config: Mapping[str, str] | None = None) -> duckdb.DuckDBPyConnection:
    """Return a new database for rows, however many: what does not fit into a few hundred megabytes goes to disk."""
    return connect({"memory_limit": ROWS_LIMIT, "temp_directory": spill_folder(), **(config or {})})


def spill_folder() -> str:
    """Return where a database may put what does not fit into memory; DuckDB makes it if it needs it, and removes it."""
    return str(Path(tempfile.gettempdir()) / f"badgateway-{uuid4().hex}")


_NUMBERS = count(1)


@contextmanager
def own_database(databases: duckdb.DuckDBPyConnection) -> Iterator[duckdb.DuckDBPyConnection]:
    """Give an empty database in memory beside others; with the block it goes, and all that is in it.

    Takes a millisecond, where `connect` takes twenty: threads and buffers are those of `databases`.
    """
    name = f"database_{next(_NUMBERS)}"
    connection = databases.cursor()
    connection.execute(f"ATTACH ':memory:' AS {name}; USE {name}")
    try:
        yield connection
    finally:
        # By this connection and not by `databases`, which another thread may be using.
        connection.execute(f"USE memory; DETACH {name}")
        connection.close()


@contextmanager
def small_database() -> Iterator[duckdb.DuckDBPyConnection]:
    """Give an empty database in memory for a few rows, beside others of this process; with the block it goes."""
    with own_database(_small_databases()) as connection:
        yield connection


@cache
def _small_databases() -> duckdb.DuckDBPyConnection:
    return connect()
