"""Makes server events of the journal: the lives of workers, and what stopped an event loop."""

import duckdb

from badgateway.ledger.app import JOURNAL_TABLE
from badgateway.model.evidence import SERVER_EVENTS, ServerEvent
from badgateway.model.raw import JOURNAL, SERVER_LOG
from badgateway.model.raw_words import GIVEN_UP, JournalKind
from badgateway.servers.registry import servers

# The arbiter's own SIGABRT and SIGKILL come after its time limit; a worker that waits in C never tells of the first.
_LIVES = f"""
SELECT time_s, '{{server}}' AS server, event, pid, line_number,
    concat_ws(',', kind, printf('%.6f', time_s), pid, '', coalesce(CAST(number AS VARCHAR), ''), '', '', '', '', detail)
        AS line
FROM (
    SELECT *, rowid + 1 AS line_number, CASE
        WHEN kind = '{JournalKind.WORKER_ABORT}' OR (kind = '{JournalKind.WORKER_REAPED}' AND detail = '{GIVEN_UP}')
            THEN '{ServerEvent.WORKER_TIMEOUT}'
        WHEN kind = '{JournalKind.WORKER_FORKED}' THEN '{ServerEvent.WORKER_BOOTED}'
        WHEN kind = '{JournalKind.WORKER_READY}' THEN '{ServerEvent.WORKER_READY}'
        WHEN kind IN ('{JournalKind.WORKER_EXIT}', '{JournalKind.WORKER_REAPED}') THEN '{ServerEvent.WORKER_EXITED}'
        END AS event
    FROM {JOURNAL_TABLE})
WHERE event IS NOT NULL
QUALIFY row_number() OVER (PARTITION BY pid, event ORDER BY line_number) = 1
"""  # noqa: S608 # constants of the kit

# While the loop stands still only the request that stopped it runs, so the first to end in that time is that one. It
# had begun before, by clocks that differ in their last digits.
_STANDSTILLS = f"""
SELECT b.time_s, '{ServerEvent.LOOP_BLOCKED}' AS event, b.pid, b.duration_s AS value, b.line_number,
    CASE WHEN r.ended_s <= b.time_s AND r.started_s <= b.start_s + 0.01 THEN r.started_s END AS request_started_s,
    printf('event loop of process %d blocked for %.1f s', b.pid, b.duration_s)
        || coalesce(CASE WHEN s.time_s >= b.start_s - 0.1 THEN ' by ' || place END, '')
        || coalesce(CASE WHEN request_started_s IS NOT NULL THEN ', serving ' || r.name END, '') AS line
FROM (
    SELECT *, rowid + 1 AS line_number, time_s - duration_s AS start_s FROM {JOURNAL_TABLE}
    WHERE kind = '{JournalKind.BLOCKED}') b
ASOF LEFT JOIN (
    -- Of a path that is the machine's own, what tells the module.
    SELECT pid, time_s, regexp_replace(detail, '^(?:.*?/)??((?:[^/]+/){{0,2}}[^/]+:\\d+) ', '\\1 in ') AS place
    FROM {JOURNAL_TABLE} WHERE kind = '{JournalKind.BLOCKED_BY}') s
ON s.pid = b.pid AND s.time_s <= b.time_s
ASOF LEFT JOIN (
    SELECT app_pid AS pid, app_started_s AS started_s, app_ended_s AS ended_s, split_part(name, '?', 1) AS name
    FROM ledger WHERE app_ended_s IS NOT NULL) r
ON r.pid = b.pid AND r.ended_s >= b.start_s
"""  # noqa: S608 # constants of the kit

_INSERT = f"""
INSERT INTO {SERVER_EVENTS.name} BY NAME
SELECT *, '{SERVER_LOG}' AS instance, '{JOURNAL}' AS file FROM ({{events}}) ORDER BY line_number
"""  # noqa: S608 # constants of the kit

_FORGET_DOUBLES = f"""
DELETE FROM {SERVER_EVENTS.name} j WHERE file = '{JOURNAL}' AND EXISTS (
    SELECT 1 FROM {SERVER_EVENTS.name} s
    WHERE s.file = '{SERVER_LOG}' AND s.pid = j.pid AND (s.event = j.event OR (j.event = '{ServerEvent.WORKER_EXITED}'
        AND s.event IN ('{ServerEvent.WORKER_KILLED}', '{ServerEvent.WORKER_CRASHED}'))))
"""  # noqa: S608 # constants of the kit


def add_journal_events(connection: duckdb.DuckDBPyConnection) -> None:
    """Add what the table `journal` tells of workers and of event loops to the server's events.

    Args:
        connection: With the tables `journal` and `ledger`, and those of evidence.
    """
    tells = next((server.name for server in servers() if server.journals_lives), "")
    for events in (_LIVES.format(server=tells), _STANDSTILLS):
        connection.execute(_INSERT.format(events=events))


def forget_doubles(connection: duckdb.DuckDBPyConnection) -> None:
    """Drop what the server's own log, when its events are there too, tells of the same worker.

    The log's lines stay, because their order tells what came first within a second.
    """
    connection.execute(_FORGET_DOUBLES)
