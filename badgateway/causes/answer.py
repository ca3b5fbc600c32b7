"""Turns attributed failures into what a diagnosis says: counts, times, paths and lines."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import duckdb

from badgateway.causes.catalogue import BY_ID
from badgateway.model.diagnosis import CauseCount, Certainty, EvidenceLine
from badgateway.model.masking import shown_path_sql

_LINES_SHOWN = 3
_PATHS_SHOWN = 10

_MINUTES = """
CREATE OR REPLACE TEMP TABLE failed_minutes AS
SELECT cause_id, certainty, client_status AS status, TRY_CAST(floor(time_s / 60) AS BIGINT) * 60 AS minute_s,
    count(*) AS number, TRY_CAST(floor(min(time_s)) AS BIGINT) AS first_s,
    TRY_CAST(floor(max(time_s)) AS BIGINT) AS last_s
FROM decided GROUP BY ALL
"""
_DECIDED = "FROM failed_minutes WHERE cause_id IS NOT NULL"
_GROUPS = f"""
SELECT cause_id, certainty, sum(number)::BIGINT AS number {_DECIDED}
GROUP BY ALL ORDER BY number DESC, cause_id, certainty
"""
_STATUSES = f"""
SELECT cause_id, certainty, status, sum(number)::BIGINT AS number {_DECIDED} GROUP BY ALL ORDER BY number DESC, status
"""
_OF_MINUTES = f"""
SELECT cause_id, certainty, minute_s, sum(number)::BIGINT {_DECIDED} AND minute_s IS NOT NULL
GROUP BY ALL ORDER BY minute_s
"""

# What is masked in paths makes many of them one; a million failures have few.
_SHOWN_PATHS = """
CREATE OR REPLACE TEMP TABLE shown_paths AS
SELECT cause_id, certainty, {shown} AS shown, sum(times)::BIGINT AS number
FROM (SELECT cause_id, certainty, path, count(*) AS times FROM decided GROUP BY ALL)
GROUP BY ALL
"""
_PATHS = f"""
FROM shown_paths WHERE cause_id IS NOT NULL AND shown <> ''
QUALIFY row_number() OVER (PARTITION BY cause_id, certainty ORDER BY number DESC, shown) <= {_PATHS_SHOWN}
ORDER BY number DESC, shown
"""

_PROOFS = """(
    SELECT cause_id, certainty, 0 AS kind, event_id AS id FROM decided WHERE event_id IS NOT NULL
    UNION ALL
    SELECT cause_id, certainty, 1, proxy_line_id FROM decided WHERE cause_id IS NOT NULL AND proxy_line_id IS NOT NULL
    UNION ALL
    SELECT cause_id, certainty, 2, failure_id FROM decided
    WHERE cause_id IS NOT NULL AND proxy_line_id IS NULL AND event_id IS NULL)"""
# The first of each kind, then the first behind that: to order millions, or to see which are the same, takes memory.
_FIRST = f"""
CREATE OR REPLACE TEMP TABLE shown AS
SELECT cause_id, certainty, kind, min(id) AS id, 1 AS turn FROM {_PROOFS} GROUP BY ALL
"""  # noqa: S608 # a constant of this module
_NEXT = f"""
INSERT INTO shown
SELECT cause_id, certainty, kind, min(p.id), any_value(t.turn) + 1
FROM {_PROOFS} p JOIN shown t USING (cause_id, certainty, kind)
WHERE t.turn = (SELECT max(turn) FROM shown) AND p.id > t.id GROUP BY cause_id, certainty, kind
"""  # noqa: S608 # as above
# A line of the server and the proxy's line about the same failure say more than three of either.
_OTHERS = f"""
DELETE FROM shown WHERE (cause_id, certainty, turn, kind) NOT IN (
    SELECT (cause_id, certainty, turn, kind) FROM shown
    QUALIFY row_number() OVER (PARTITION BY cause_id, certainty ORDER BY turn, kind) <= {_LINES_SHOWN})
"""  # noqa: S608 # as above

# Of a million lines only the few that are shown are held.
_SHOWN_LINES = """
CREATE OR REPLACE TEMP TABLE shown_lines AS
SELECT id, row FROM proxy_lines SEMI JOIN (SELECT id FROM shown WHERE kind = 1) USING (id)
"""
_EVIDENCE = """
SELECT cause_id, certainty, coalesce(m.file, e.file, f.file), coalesce(m.line_number, e.line_number, f.line_number, 0),
    coalesce(m.line, e.line, f.line, CASE WHEN t.kind <> 1 THEN '' END)
FROM shown t
LEFT JOIN events m ON t.kind = 0 AND m.event_id = t.id
LEFT JOIN shown_lines p ON t.kind = 1 AND p.id = t.id
LEFT JOIN (
    SELECT rowid AS row, file, line_number, line FROM proxy_errors WHERE rowid IN (SELECT row FROM shown_lines)) e
    ON e.row = p.row
LEFT JOIN (SELECT failure_id, file, line_number, line FROM failures
    SEMI JOIN (SELECT id AS failure_id FROM shown WHERE kind = 2) USING (failure_id)) f
    ON t.kind = 2 AND f.failure_id = t.id
ORDER BY t.turn, t.kind
"""

_UNATTRIBUTED = f"""
SELECT coalesce(file, ''), coalesce(line_number, 0), coalesce(line, '')
FROM failures SEMI JOIN (FROM decided WHERE cause_id IS NULL) USING (failure_id)
ORDER BY file, line_number, failure_id LIMIT {_LINES_SHOWN}
"""  # noqa: S608 # a constant of this module

Again: TypeAlias = Callable[[Sequence[int]], Mapping[int, str]]
"""Reads lines again, by their numbers in the one file that they were left in."""
_Rows = dict[tuple[str, str], list[tuple[Any, ...]]]


def count_decided(connection: duckdb.DuckDBPyConnection, *, mask: bool = True) -> None:
    """Make the tables failed_minutes and shown_paths: how many failures each cause, and none, has when and where."""
    connection.execute(_MINUTES)
    connection.execute(_SHOWN_PATHS.format(shown=shown_path_sql(mask=mask)))


def causes_found(connection: duckdb.DuckDBPyConnection, *, again: Again | None = None) -> tuple[CauseCount, ...]:
    """Return the causes of the decided failures, the most frequent first.

    Args:
        connection: With them, and what `count_decided` makes.
        again: Reads lines of the proxy's that the evidence does not have.
    """
    _show_lines(connection)
    statuses, minutes, paths = (
        _grouped(connection.execute(query).fetchall()) for query in (_STATUSES, _OF_MINUTES, _PATHS)
    )
    evidence = _grouped(_with_lines(connection.execute(_EVIDENCE).fetchall(), again))
    return tuple(
        CauseCount(
            cause=BY_ID[cause_id],
            certainty=Certainty(certainty),
            count=count,
            statuses=tuple((status, number) for status, number in statuses[cause_id, certainty]),
            evidence=_lines(evidence[cause_id, certainty]),
            minutes=tuple((minute_s, number) for minute_s, number in minutes[cause_id, certainty]),
            urls=tuple((path, number) for path, number in paths[cause_id, certainty]),
        )
        for cause_id, certainty, count in connection.execute(_GROUPS).fetchall()
    )


def _show_lines(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the tables shown and shown_lines: the few lines that prove each cause."""
    connection.execute(_FIRST)
    for _ in range(_LINES_SHOWN - 1):
        connection.execute(_NEXT)
    connection.execute(_OTHERS)
    connection.execute(_SHOWN_LINES)


def unattributed_lines(connection: duckdb.DuckDBPyConnection) -> tuple[EvidenceLine, ...]:
    """Return the first lines of failures that no rule held for."""
    return _lines(connection.execute(_UNATTRIBUTED).fetchall())


def _grouped(rows: Iterable[tuple[Any, ...]]) -> _Rows:
    groups: _Rows = defaultdict(list)
    for cause_id, certainty, *rest in rows:
        groups[cause_id, certainty].append(tuple(rest))
    return groups


def _with_lines(rows: Sequence[tuple[Any, ...]], again: Again | None) -> Iterator[tuple[Any, ...]]:
    left = [number for *_, number, text in rows if text is None]
    texts = again(left) if again is not None and left else {}
    for *place, number, text in rows:
        yield (*place, number, texts.get(number, "") if text is None else text)


def _lines(rows: Iterable[tuple[Any, ...]]) -> tuple[EvidenceLine, ...]:
    return tuple(EvidenceLine(file=file or "", line_number=number, text=text) for file, number, text in rows)
