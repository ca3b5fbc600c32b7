"""Pairs rows of two tables one to one: same key, nearly the same second, in their order."""

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
) -> None:
    """Add pairs of rows that have none yet.

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
    for offset in offsets_s:
        # Mostly the first offset finds all partners, and a pass over millions of rows takes its time.
        if connection.execute(_BOTH_LEFT_OVER.format(**names)).fetchall() != [(True,)]:
            return
        connection.execute(_PAIR.format(offset=offset, **names))
