"""Reads from a journal for how long the event loops of its workers stood still, and what held them."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import duckdb

from badgateway.errors import RawDataError, UntrustedFileError, first_line, without_folder
from badgateway.ledger.app import JOURNAL_TABLE, load_journal
from badgateway.model.in_memory import small_database
from badgateway.model.raw import JOURNAL
from badgateway.model.raw_words import GIVEN_UP, JournalKind
from badgateway.model.trial import TrialRecord, Window
from badgateway.model.worker_checks import BlockingLine, LoopStops, LoopWatch
from badgateway.store.packed import unpacked
from badgateway.store.plain_file import demand_plain

MOST_LINES = 10

_PIDS = f"SELECT count(DISTINCT pid) FROM {JOURNAL_TABLE} WHERE kind = '{JournalKind.START}' AND time_s BETWEEN ? AND ?"  # noqa: S608
# A loop that nobody watched has no stops either: the first line of kind "blocked" says that the watch begins.
_UNWATCHED = f"""
SELECT count(*) FROM (
    SELECT pid FROM {JOURNAL_TABLE} WHERE kind = '{JournalKind.START}' AND time_s BETWEEN ? AND ?
    EXCEPT SELECT pid FROM {JOURNAL_TABLE} WHERE kind = '{JournalKind.BLOCKED}')
"""  # noqa: S608 # constants of the kit
# A line is written when the stop is over, so it lies before; what is outside of the window is cut off.
_STOPS = f"""
SELECT least(time_s, $end) - greatest(time_s - duration_s, $start) AS inside_s FROM {JOURNAL_TABLE}
WHERE kind = '{JournalKind.BLOCKED}' AND duration_s > 0 AND inside_s > 0 ORDER BY inside_s
"""  # noqa: S608 # constants of the kit
_GIVEN_UP = f"SELECT count(*) FROM {JOURNAL_TABLE} WHERE kind = '{JournalKind.WORKER_REAPED}' AND detail = '{GIVEN_UP}'"  # noqa: S608
_PLACES = f"""
SELECT detail, count(*) AS sightings FROM {JOURNAL_TABLE}
WHERE kind = '{JournalKind.BLOCKED_BY}' AND time_s BETWEEN ? AND ? GROUP BY detail
"""  # noqa: S608 # constants of the kit
_ALWAYS = Window(start_s=0, end_s=float("inf"), drained_s=float("inf"))
_INSTALLED = ("/site-packages/", "/dist-packages/", "/lib/python")
_ROOTS = ("/snapshot/", *_INSTALLED)
"""Where a place's path begins to mean something: the copy that the servers ran from, and installed packages."""


def watched(record: TrialRecord, raw: Path) -> LoopWatch:
    """Return what the journal of a trial with a watched loop says; one that cannot be trusted is its problem."""
    stops: LoopStops | None = None
    lines: tuple[BlockingLine, ...] = ()
    problem = first_line(record.reason)
    if record.window is not None:
        try:
            stops, lines = _read(raw, record.window)
        except RawDataError as error:
            problem = without_folder(str(error), raw)
    return LoopWatch(
        configuration=record.trial.configuration,
        users=record.trial.users,
        rate_per_s=record.trial.rate_per_s,
        stops=stops,
        blocked_by=lines,
        problem=problem,
    )


def blocking_lines(raw: Path) -> tuple[BlockingLine, ...]:
    """Return what was seen holding an event loop at any time, most often seen first.

    Raises:
        RawDataError: The journal is damaged.
    """
    with _journal(raw) as connection:
        return _lines(connection, _ALWAYS)


def _read(raw: Path, window: Window) -> tuple[LoopStops, tuple[BlockingLine, ...]]:
    with _journal(raw) as connection:
        return _stops(connection, window), _lines(connection, window)


@contextmanager
def _journal(raw: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    try:
        demand_plain(raw)
    except UntrustedFileError as error:
        raise RawDataError(str(error)) from error
    with small_database() as connection:
        with unpacked(raw) as folder:
            load_journal(connection, folder / JOURNAL)
        yield connection


def _stops(connection: duckdb.DuckDBPyConnection, window: Window) -> LoopStops:
    within = (window.start_s, window.end_s)
    ((workers,),) = connection.execute(_PIDS, within).fetchall()
    ((unwatched,),) = connection.execute(_UNWATCHED, within).fetchall()
    if not workers:
        raise RawDataError(f"{JOURNAL}: no request was started in the window, so no event loop was seen")
    if unwatched:
        raise RawDataError(
            f"{JOURNAL}: the event loop of {unwatched} of {workers} workers was not watched: gevent had not patched "
            "their sockets"
        )
    stops_s = [
        inside_s
        for (inside_s,) in connection.execute(_STOPS, {"start": window.start_s, "end": window.end_s}).fetchall()
    ]
    ((given_up,),) = connection.execute(_GIVEN_UP).fetchall()
    return LoopStops(
        window_s=window.length_s,
        workers=workers,
        stops=len(stops_s),
        blocked_s=sum(stops_s),
        longest_s=max(stops_s, default=0.0),
        typical_s=median(stops_s) if stops_s else None,
        given_up=given_up,
    )


def _lines(connection: duckdb.DuckDBPyConnection, window: Window) -> tuple[BlockingLine, ...]:
    sightings = Counter[tuple[str, bool]]()
    for detail, count in connection.execute(_PLACES, (window.start_s, window.end_s)).fetchall():
        sightings[_short(detail), not any(folder in detail for folder in _INSTALLED)] += count
    most = sorted(sightings.items(), key=lambda found: (-found[1], found[0]))[:MOST_LINES]
    return tuple(BlockingLine(place=place, is_own=is_own, sightings=count) for (place, is_own), count in most)


def _short(place: str) -> str:
    """Return a place without the folders that differ from run to run."""
    for root in _ROOTS:
        _, found, rest = place.partition(root)
        if found:
            return rest
    return place
