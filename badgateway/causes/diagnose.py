"""Finds the cause of each failure in tables of evidence."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

import duckdb

from badgateway.causes.answer import Again, causes_found, count_decided, unattributed_lines
from badgateway.causes.catalogue import RULES
from badgateway.causes.deaths import prepare_deaths
from badgateway.causes.decide import decide
from badgateway.causes.events import prepare_events, prepare_serving
from badgateway.causes.failures import prepare_failures
from badgateway.causes.hints import hints
from badgateway.causes.large_tables import LargeTables
from badgateway.causes.proxy_lines import prepare_proxy_lines
from badgateway.causes.rule import Way
from badgateway.causes.silences import prepare_silences
from badgateway.causes.spans import prepare_spans
from badgateway.model.diagnosis import Diagnosis, EvidenceLine
from badgateway.model.evidence import FAILURES, PROXY_ERRORS, SAMPLES, SERVER_EVENTS, TABLES
from badgateway.model.masking import masked

_ROWS = " UNION ALL ".join(f"SELECT '{table.name}', count(*) FROM {table.name}" for table in TABLES)  # noqa: S608 # their names


def diagnose(
    connection: duckdb.DuckDBPyConnection,
    *,
    requests: int,
    journal: bool | None = None,
    given: frozenset[str] = frozenset(),
    packs: bool = False,
    mask: bool = True,
    again: Again | None = None,
    lossy: Collection[Way] = (),
) -> Diagnosis:
    """Attribute each failure to one cause, to a family of causes, or to none.

    The evidence is only read. What is made of it stays in tables of the connection: `prepared_failures` (a row per
    failure), `decided` (what was decided of each) and what is counted of those are what others may use.

    Args:
        connection: With the tables of `badgateway.model.evidence`; failure_id is unique.
        requests: All requests of the access logs, failed or not.
        journal: Whether the starts of requests in the application were kept (app_pid, app_started_s). Without them a
            request that never reached the application cannot be told from one that did. None: when any failure has one.
        given: The kinds of the logs that were read, with SERVER_LOG for any server's: nobody is told to give those.
        packs: Whether the database packs its own tables at a checkpoint, no transaction is open, and large tables may
            stay in it; else all that is made is temporary.
        mask: Whether to mask what may be secret in the lines and paths that are shown.
        again: Reads lines of the proxy's that the evidence does not have.
        lossy: On which ways packets are known to be lost: what only tells that something took long proves nothing then.
    """
    rows = dict(connection.execute(_ROWS).fetchall())
    if journal is None:
        journal = bool(rows[FAILURES.name]) and _first(connection, "SELECT count(app_pid) FROM failures") > 0
    tables = LargeTables.of(connection, packs=packs, rows=sum(rows.values()))
    has_events = bool(rows[SERVER_EVENTS.name] or rows[SAMPLES.name])
    prepare_events(connection, has_events=has_events)
    prepare_proxy_lines(tables, has_lines=bool(rows[PROXY_ERRORS.name]))
    prepare_failures(tables)
    prepare_serving(connection, has_events=has_events)
    prepare_deaths(connection)
    prepare_spans(connection, journal=journal)
    prepare_silences(connection)
    any_cause = decide(tables, RULES, journal=journal, lossy=lossy)
    count_decided(connection, mask=mask)
    hide: Callable[[str], str] = masked if mask else str
    causes = tuple(
        replace(found, evidence=_shown(found.evidence, hide))
        for found in (causes_found(connection, again=again) if any_cause else ())
    )
    failures = _first(connection, "SELECT count(*) FROM prepared_failures")
    unattributed = failures - sum(found.count for found in causes)
    return Diagnosis(
        requests=requests,
        failures=failures,
        causes=causes,
        unattributed=unattributed,
        # To look for them among a million takes long.
        unattributed_lines=_shown(unattributed_lines(connection), hide) if unattributed else (),
        hints=hints(connection, journal=journal, given=given),
    )


def _shown(lines: Sequence[EvidenceLine], hide: Callable[[str], str]) -> tuple[EvidenceLine, ...]:
    # Of the few that are shown: to mask all would take longer than to read them.
    return tuple(replace(line, text=hide(line.text)) for line in lines)


def _first(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    # All of it: a result that is not read to its end would keep the connection busy.
    ((number,),) = connection.execute(query).fetchall()
    return int(number)
