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

_GROUPS = """
SELECT cause_id, certainty, count(*) FROM attributions GROUP BY ALL ORDER BY count(*) DESC, cause_id, certainty
"""

_STATUSES = """
SELECT cause_id, certainty, client_status, count(*)
FROM attributions JOIN prepared_failures USING (failure_id) GROUP BY ALL ORDER BY count(*) DESC, client_status
"""

_MINUTES = """
SELECT cause_id, certainty, floor(time_s / 60)::BIGINT * 60 AS minute_s, count(*)
FROM attributions JOIN prepared_failures USING (failure_id) WHERE time_s IS NOT NULL GROUP BY ALL ORDER BY minute_s
"""

# What is masked in paths makes many of them one; a million failures have few.
_SHOWN_PATHS = """
CREATE OR REPLACE TEMP TABLE shown_paths AS
SELECT cause_id, certainty, {shown} AS shown, sum(times)::BIGINT AS number
FROM (SELECT cause_id, certainty, path, count(*) AS times
    FROM prepared_failures LEFT JOIN attributions USING (failure_id) GROUP BY ALL)
GROUP BY ALL
"""
_PATHS = f"""
FROM shown_paths WHERE cause_id IS NOT NULL AND shown <> ''
QUALIFY row_number() OVER (PARTITION BY cause_id, certainty ORDER BY number DESC, shown) <= {_PATHS_SHOWN}
ORDER BY number DESC, shown
"""

# A line of the server and the proxy's line about the same failure say more than three of either.
_SHOWN = f"""
CREATE OR REPLACE TEMP TABLE shown AS
WITH proofs AS (
    SELECT cause_id, certainty, 0 AS kind, event_id AS id FROM attributions WHERE event_id IS NOT NULL
    UNION ALL
    SELECT cause_id, certainty, 1, proxy_line_id FROM attributions JOIN prepared_failures USING (failure_id)
    WHERE proxy_line_id IS NOT NULL
    UNION ALL
    SELECT cause_id, certainty, 2, failure_id FROM attributions JOIN prepared_failures USING (failure_id)
    WHERE proxy_line_id IS NULL AND event_id IS NULL),
firsts AS (
    SELECT DISTINCT cause_id, certainty, kind, id FROM proofs
    QUALIFY dense_rank() OVER (PARTITION BY cause_id, certainty, kind ORDER BY id) <= {_LINES_SHOWN}),
turns AS (
    SELECT *, row_number() OVER (PARTITION BY cause_id, certainty, kind ORDER BY id) AS turn FROM firsts)
FROM turns QUALIFY row_number() OVER (PARTITION BY cause_id, certainty ORDER BY turn, kind) <= {_LINES_SHOWN}
"""  # noqa: S608 # a constant of this module

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
FROM failures SEMI JOIN (FROM prepared_failures ANTI JOIN attributions USING (failure_id)) USING (failure_id)
ORDER BY file, line_number, failure_id LIMIT {_LINES_SHOWN}
"""  # noqa: S608 # a constant of this module

Again: TypeAlias = Callable[[Sequence[int]], Mapping[int, str]]
"""Reads lines again, by their numbers in the one file that they were left in."""
_Rows = dict[tuple[str, str], list[tuple[Any, ...]]]


def show_paths(connection: duckdb.DuckDBPyConnection, *, mask: bool = True) -> None:
    """Make the table shown_paths: how many failures there are on each path that is shown, by cause and without one."""
    connection.execute(_SHOWN_PATHS.format(shown=shown_path_sql(mask=mask)))


def causes_found(connection: duckdb.DuckDBPyConnection, *, again: Again | None = None) -> tuple[CauseCount, ...]:
    """Return the causes of the attributed failures, the most frequent first.

    Args:
        connection: With the attributions, and what `show_paths` makes.
        again: Reads lines of the proxy's that the evidence does not have.
    """
    connection.execute(_SHOWN)
    connection.execute(_SHOWN_LINES)
    statuses, minutes, paths = (
        _grouped(connection.execute(query).fetchall()) for query in (_STATUSES, _MINUTES, _PATHS)
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
