"""Empty databases for tests: one beside others takes a millisecond, one by itself twenty, and there are hundreds."""

from functools import cache
from itertools import count

import duckdb

_NUMBERS = count(1)


@cache
def _databases() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": 1})


def empty_database() -> duckdb.DuckDBPyConnection:
    """Return a connection to a new database in memory."""
    connection, name = _databases().cursor(), f"of_a_test_{next(_NUMBERS)}"
    connection.execute(f"ATTACH ':memory:' AS {name}; USE {name}")
    return connection
