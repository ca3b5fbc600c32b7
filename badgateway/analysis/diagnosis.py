"""Finds out why the requests of a trial failed: ledger, server log and samples together, put to the catalogue."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from math import inf
from pathlib import Path
from types import MappingProxyType

import duckdb

from badgateway.causes import Way, diagnose, over_lines_that_explain
from badgateway.databases.database_system import PART
from badgateway.errors import RawDataError
from badgateway.ledger.container import container_kills, throttled_seconds
from badgateway.ledger.fill_evidence import fill_evidence
from badgateway.ledger.join import Ledger
from badgateway.ledger.journal_events import forget_doubles
from badgateway.ledger.saturation import saturated_seconds
from badgateway.logs import Source, read_logs
from badgateway.model.diagnosis import Diagnosis
from badgateway.model.evidence import SERVER_EVENTS, ServerEvent
from badgateway.model.in_memory import own_database
from badgateway.model.outcome import Outcome
from badgateway.model.places import Carried, Line, Places
from badgateway.model.raw import JOURNAL, SERVER_LOG, STATEMENTS
from badgateway.model.raw_words import PROBES, TrialPhase
from badgateway.model.samples import WorkerGaps
from badgateway.model.trial import Window

NOWHERE = Places()
"""Else: all parts are where the kit is."""
NOTHING: Mapping[str, Carried] = MappingProxyType({})
NONE_LOST: Mapping[Way, float] = MappingProxyType({})
_WINDOW = (TrialPhase.WINDOW,)
_COUNTS = f"""
SELECT count(*), count(*) FILTER (outcome <> '{Outcome.OK}' OR upstream_tries > 1)
FROM ledger WHERE phase = '{TrialPhase.WINDOW}'
"""  # noqa: S608 # constants of the kit

# The log has whole seconds.
_FORGET_OWN_END = f"""
DELETE FROM {SERVER_EVENTS.name} WHERE event IN ('{ServerEvent.SHUTDOWN}', '{ServerEvent.RELOAD}')
    AND time_s >= (SELECT floor(max(end_s)) FROM ledger)
"""  # noqa: S608 # constants of the kit

# `counts`, which the diagnosis leaves, has a row for each coming and going of a worker: how many accept from then on.
_LIVES = "SELECT count(*) FROM counts"
_GAPS = """
SELECT count(*), coalesce(sum(least(end_s, $window_end_s) - greatest(start_s, $window_start_s)), 0)
FROM (
    SELECT time_s AS start_s, lead(time_s, 1, $window_end_s) OVER (ORDER BY time_s, event_id) AS end_s, accepting
    FROM counts)
WHERE accepting <= 0 AND least(end_s, $window_end_s) > greatest(start_s, $window_start_s)
"""


def lost_packets(places: Places, carried: Mapping[str, Carried] = NOTHING) -> dict[Way, float]:
    """Return how many packets of a trial were lost, by where, as far as is to be expected; infinity: nobody knows.

    Args:
        places: Where its parts stood, and what was to be lost on the way.
        carried: What the lines did with its packets, by their keys; none of a line whose packets nobody counted.
    """
    # Without a machine of its own the server is where the kit is, and nginx reaches it by the line that leads to nginx.
    to_server = "target" if places.target is not None else "proxy"
    keys = {Way.TO_PROXY: ("load", "proxy"), Way.TO_SERVER: (to_server,), Way.TO_DATABASE: ("database",)}
    lost = {way: sum(_lost(places.lines.get(key), carried.get(key)) for key in of_it) for way, of_it in keys.items()}
    return {way: packets for way, packets in lost.items() if packets}


def _lost(line: Line | None, carried: Carried | None) -> float:
    loss = line.loss if line is not None else 0.0
    # A line that counted nothing was not looked at: each request is a few packets.
    if carried is None or not carried.packets:
        return inf if loss else 0.0
    return loss * carried.packets + carried.dropped


def diagnose_trial(ledger: Ledger, raw: Path, lost: Mapping[Way, float] = NONE_LOST) -> Diagnosis:
    """Attribute each failure of the trial's window to a cause, a family of causes, or none.

    Args:
        ledger: The trial's.
        raw: Its folder.
        lost: How many packets were lost, by where.

    Raises:
        RawDataError: A raw file is missing, or something in it cannot be believed.
    """
    ((requests, worth_a_look),) = ledger.connection.execute(_COUNTS).fetchall()
    if not worth_a_look:
        return Diagnosis(requests=requests, failures=0, causes=(), unattributed=0, unattributed_lines=(), hints=())
    fill_evidence(ledger, raw, phases=_WINDOW)
    unread = _add_server_events(ledger.connection, raw / SERVER_LOG)
    forget_doubles(ledger.connection)
    # The kit stops the server when the last request has ended: no request failed by that.
    ledger.connection.execute(_FORGET_OWN_END)
    _add_seen(ledger.connection, raw / STATEMENTS)

    def over(ways: Collection[Way]) -> Diagnosis:
        return diagnose(ledger.connection, requests=requests, journal=(raw / JOURNAL).is_file(), lossy=ways)

    diagnosis = over_lines_that_explain(over, lost)
    return replace(diagnosis, hints=(*unread, *diagnosis.hints))


def _add_server_events(connection: duckdb.DuckDBPyConnection, log: Path) -> tuple[str, ...]:
    """Copy what the server wrote about itself; return why its log could not be used, if so.

    The failures are counted without it too, so a log of another grammar costs causes, not the trial.
    """
    if not log.is_file():
        return (f"{log.name} is missing: what the server wrote about itself is unknown.",)
    if log.stat().st_size == 0:
        return (f"{log.name} is empty: the server wrote nothing about itself.",)
    with own_database(connection) as database:
        try:
            read_logs([Source(name=log.name, content=log)], database=database)
        except RawDataError as error:
            return (f"The server's log could not be used: {str(error).replace(str(log), log.name)}.",)
        rows = database.execute(f"FROM {SERVER_EVENTS.name}").fetchall()
    if rows:
        places = ", ".join("?" for _ in SERVER_EVENTS.columns)
        connection.executemany(f"INSERT INTO {SERVER_EVENTS.name} VALUES ({places})", rows)  # noqa: S608 # constants
    return ()


def _add_seen(connection: duckdb.DuckDBPyConnection, statements: Path) -> None:
    """Add what the samples say of database and containers, as if those had written a line about each second."""
    for number, event in enumerate(_seen(connection, statements), start=1):
        row = {"file": PROBES, "line_number": number, **event}
        places = ", ".join(f"${name}" for name in row)
        connection.execute(f"INSERT INTO {SERVER_EVENTS.name} ({', '.join(row)}) VALUES ({places})", row)  # noqa: S608


def _seen(connection: duckdb.DuckDBPyConnection, statements: Path) -> Iterator[dict[str, object]]:
    for second in saturated_seconds(connection, statements):
        yield {
            "time_s": second.start_s,
            "server": PART,
            "event": str(ServerEvent.DATABASE_SATURATED),
            "value": second.cores_used,
            "limit_value": second.cores,
            "line": second.line,
        }
    for throttled in throttled_seconds(connection):
        yield {
            "time_s": throttled.start_s,
            "event": str(ServerEvent.CPU_THROTTLED),
            "value": throttled.throttled,
            "limit_value": throttled.periods,
            "line": throttled.line,
        }
    for kill in container_kills(connection):
        event = str(ServerEvent.CONTAINER_KILL)
        yield {"time_s": kill.time_s, "event": event, "pid": kill.pid, "line": kill.line}


def worker_gaps(connection: duckdb.DuckDBPyConnection, window: Window | None) -> WorkerGaps | None:
    """Return for how long of the window the server's log proves that no worker accepted requests.

    None when the trial was not diagnosed, or its log tells of no worker's life.

    Args:
        connection: That of the trial's ledger, after its diagnosis.
        window: The counted part; None when the trial never got to it.
    """
    if window is None:
        return None
    try:
        ((lives,),) = connection.execute(_LIVES).fetchall()
    except duckdb.CatalogException:
        return None
    if not lives:
        return None
    bounds = {"window_start_s": window.start_s, "window_end_s": window.end_s}
    ((count, total_s),) = connection.execute(_GAPS, bounds).fetchall()
    return WorkerGaps(count=count, total_s=float(total_s))
