"""Pairs failures with the proxy's lines about them, one line to one failure."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, compress
from typing import Self

import duckdb

from badgateway.causes.pairing import pair, start_pairs

_FAILED_AT_PROXY = "NOT lb_made AND NOT header_came AND NOT retried"

# Apache's access log has when a request came, its error log when it failed, and of which client it was.
_LONGEST_S = 300
_OF_CLIENT = f"""
INSERT INTO failure_lines
SELECT left_id, right_id FROM (
    SELECT c.id AS left_id, u.id AS right_id, row_number() OVER (PARTITION BY c.id ORDER BY u.id) AS turn
    FROM (FROM unnamed_proxy_lines ANTI JOIN (SELECT right_id AS id FROM failure_lines) USING (id)) u
    ASOF JOIN (
        SELECT id, client, status, second, host
        FROM failure_rows ANTI JOIN (SELECT left_id AS id FROM failure_lines) USING (id)
        WHERE {_FAILED_AT_PROXY}) c
    ON c.client = u.client AND c.status = u.status AND c.second <= u.second
    WHERE u.second - c.second <= {_LONGEST_S} AND coalesce(c.host = u.host, true))
WHERE turn = 1
"""  # noqa: S608 # constants of this module

# As above, where no client is named: mostly a time limit was over.
_LATER_S = (0, -1, 1, *(limit_s + step for limit_s in (30, 60, 120, 300) for step in (0, 1, -1)))

# Apache's and Traefik's lines name no request: status and second must do.
_UNNAMED = """
CREATE OR REPLACE TEMP TABLE unnamed_proxy_lines AS
FROM proxy_lines WHERE request IS NULL AND told_status IS NOT NULL
"""

_WHO = ("client_key", "asked_key")
"""What tells two requests for the same of the same second apart, where both logs have it."""
_COLUMNS = ("host", "connection", *_WHO)
_LEFT_OUT = (("connection",), *(columns for number in (1, 2) for columns in combinations(_WHO, number)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Side:
    """What some of the failures, or of the lines, tell: asked for at once, for each question takes time to plan."""

    rows: int
    told: frozenset[str]
    """Columns that are not NULL in one of them, at least."""
    untold: frozenset[tuple[str, ...]]
    """Columns that are all NULL in one of them."""

    @classmethod
    def of(cls, connection: duckdb.DuckDBPyConnection, table: str) -> Self:
        told = (f"coalesce(bool_or({column} IS NOT NULL), false)" for column in _COLUMNS)
        untold = (f"coalesce(bool_or({_all_null(columns)}), false)" for columns in _LEFT_OUT)
        query = f"SELECT count(*), {', '.join((*told, *untold))} FROM {table}"  # noqa: S608 # constants
        ((rows, *found),) = connection.execute(query).fetchall()
        return cls(
            rows=rows,
            told=frozenset(compress(_COLUMNS, found)),
            untold=frozenset(compress(_LEFT_OUT, found[len(_COLUMNS) :])),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class LinePairs:
    """What became of the lines."""

    paired: int
    unpaired: int
    unnamed: int
    """Lines that name no request, of both."""


def pair_lines(connection: duckdb.DuckDBPyConnection) -> LinePairs:
    """Make the tables failure_lines, with the pairs, and unnamed_proxy_lines from failure_rows and proxy_lines."""
    start_pairs(connection, "failure_lines")
    unnamed = _rows_changed(connection, _UNNAMED)
    failures, lines = (_Side.of(connection, table) for table in ("failure_rows", "proxy_lines"))
    if not failures.rows:
        return LinePairs(paired=0, unpaired=lines.rows, unnamed=unnamed)
    pairs = _Pairs(connection, failures, lines)
    pairs.add_named()
    if unnamed and pairs.unpaired:
        pairs.add_unnamed()
    return LinePairs(paired=lines.rows - pairs.unpaired, unpaired=pairs.unpaired, unnamed=unnamed)


class _Pairs:
    """Adds pairs until no line is left."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, failures: _Side, lines: _Side) -> None:
        self.unpaired = lines.rows
        self._connection = connection
        self._failures = failures
        self._lines = lines
        self._who = tuple(column for column in _WHO if column in failures.told & lines.told)

    def add_named(self) -> None:
        """Pair failures with lines that name their requests."""
        if "connection" in self._failures.told & self._lines.told:
            self._add_by(("connection", "request"), f"{_FAILED_AT_PROXY} AND connection IS NOT NULL")
        if ("connection",) in self._failures.untold:
            self._add_by(("request",), f"{_FAILED_AT_PROXY} AND connection IS NULL")

    def add_unnamed(self) -> None:
        """Pair failures that are left with lines that name none."""
        self.unpaired -= _rows_changed(self._connection, _OF_CLIENT)
        self._add("unnamed_proxy_lines", key=("status",), condition=_FAILED_AT_PROXY, offsets_s=_LATER_S)

    def _add_by(self, columns: tuple[str, ...], condition: str) -> None:
        for right, known, of in self._by_who_asked():
            self._add(right, key=("status", *columns, *known), condition=f"{condition} AND {of}")
            # An error_page may have turned the status into another one.
            answerless = f"{condition} AND {of} AND NOT app_answered"
            self._add(right, key=(*columns, *known), condition=answerless, offsets_s=(0,))

    def _by_who_asked(self) -> Iterator[tuple[str, tuple[str, ...], str]]:
        """Yield lines, the columns of those given in which they are like a failure, and which failures may have them.

        First what both logs tell must be the same; then one of them may leave some of it out.
        """
        yield "proxy_lines", self._who, "true"
        for number in reversed(range(len(self._who))):
            for known in combinations(self._who, number):
                left_out = tuple(column for column in self._who if column not in known)
                if left_out in self._failures.untold:
                    yield "proxy_lines", known, _all_null(left_out)
                if left_out in self._lines.untold:
                    yield f"(FROM proxy_lines WHERE {_all_null(left_out)})", known, "true"

    def _add(
        self, right: str, *, key: tuple[str, ...], condition: str, offsets_s: tuple[int, ...] = (0, -1, 1)
    ) -> None:
        """Pair failures with lines of their host; where hosts are told apart, then also where one is not known."""
        passes = [(right, (*key, "on_host"), condition)]
        if "host" in self._failures.told | self._lines.told:
            passes.append((f"(FROM {right} WHERE host IS NULL)", key, condition))
            passes.append((right, key, f"{condition} AND host IS NULL"))
        for lines, columns, of in passes:
            if self.unpaired:
                self.unpaired -= pair(
                    self._connection,
                    "failure_lines",
                    left="failure_rows",
                    right=lines,
                    key=columns,
                    condition=of,
                    offsets_s=offsets_s,
                )


def _all_null(columns: tuple[str, ...]) -> str:
    return " AND ".join(f"{column} IS NULL" for column in columns)


def _rows_changed(connection: duckdb.DuckDBPyConnection, statement: str) -> int:
    ((rows,),) = connection.execute(statement).fetchall()
    return int(rows)
