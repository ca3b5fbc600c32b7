"""Pairs rows of two tables one to one: same key, nearly the same second, in their order."""

from collections.abc import Mapping

import duckdb

# The k-th of one side in a second belongs to the k-th of the other: both are in the order they were written in.
_PAIR = """
INSERT INTO {pairs}
SELECT l.id, r.id
FROM (
    SELECT id, key, second, row_number() OVER (PARTITION BY key, second ORDER BY id) AS turn
    FROM (SELECT id, hash({key}) AS key, second FROM {left} WHERE second IS NOT NULL AND {known} AND {condition})
    ANTI JOIN (SELECT left_id AS id FROM {pairs}) USING (id)) l
JOIN (
    SELECT id, key, second - {offset} AS second, row_number() OVER (PARTITION BY key, second ORDER BY id) AS turn
    FROM (SELECT id, hash({key}) AS key, second FROM {right} WHERE second IS NOT NULL AND {known})
    ANTI JOIN (SELECT right_id AS id FROM {pairs}) USING (id)) r
USING (key, second, turn)
"""

_BOTH_LEFT_OVER = """
SELECT EXISTS (FROM {right} ANTI JOIN (SELECT right_id AS id FROM {pairs}) USING (id)) AND EXISTS (
    FROM (SELECT id FROM {left} WHERE second IS NOT NULL AND {known} AND {condition})
    ANTI JOIN (SELECT left_id AS id FROM {pairs}) USING (id))
"""


# What is paired on the way can only make them fewer.
_FITTING = """
SELECT DISTINCT l.offset_s
FROM (
    SELECT *, unnest({offsets}) AS offset_s
    FROM (SELECT DISTINCT hash({key}) AS key, second FROM {left} WHERE second IS NOT NULL AND {known} AND {condition})
) l
JOIN (SELECT DISTINCT hash({key}) AS key, second FROM {right} WHERE second IS NOT NULL AND {known}) r
ON r.key = l.key AND r.second = l.second + l.offset_s
"""
_FEW = 5
"""Offsets, that are tried sooner than looked for."""


def start_pairs(connection: duckdb.DuckDBPyConnection, pairs: str) -> None:
    """Make an empty table of pairs: left_id, right_id."""
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {pairs} (left_id BIGINT, right_id BIGINT)")


def pair(
    connection: duckdb.DuckDBPyConnection,
    pairs: str,
    *,
    left: str,
    right: str,
    key: tuple[str, ...],
    condition: str = "true",
    offsets_s: tuple[int, ...] = (0, -1, 1),
) -> int:
    """Add pairs of rows that have none yet; return how many.

    Args:
        connection: Where the tables are.
        pairs: Table made by `start_pairs`.
        left: Table with an id in the order of writing, a whole `second`, and the columns of the key.
        right: Another such table.
        key: Columns that both have; rows where one is NULL find no partner.
        condition: On the left side.
        offsets_s: How much later than the left side the right may be; tried in this order.
    """
    names = {
        "pairs": pairs,
        "left": left,
        "right": right,
        "key": ", ".join(key),
        "known": " AND ".join(f"{column} IS NOT NULL" for column in key),
        "condition": condition,
    }
    paired = 0
    for offset in _fitting(connection, offsets_s, names):
        # Mostly the first offset finds all partners, and a pass over millions of rows takes its time.
        if not _are_left_over(connection, names):
            break
        ((added,),) = connection.execute(_PAIR.format(offset=offset, **names)).fetchall()
        paired += added
    return paired


def _fitting(
    connection: duckdb.DuckDBPyConnection, offsets_s: tuple[int, ...], names: Mapping[str, str]
) -> tuple[int, ...]:
    """Return those offsets, of many, at which there are rows of both tables."""
    if len(offsets_s) <= _FEW:
        return offsets_s
    if not _are_left_over(connection, names):
        return ()
    found = {offset for (offset,) in connection.execute(_FITTING.format(offsets=list(offsets_s), **names)).fetchall()}
    return tuple(offset for offset in offsets_s if offset in found)


def _are_left_over(connection: duckdb.DuckDBPyConnection, names: Mapping[str, str]) -> bool:
    return connection.execute(_BOTH_LEFT_OVER.format(**names)).fetchall() == [(True,)]
