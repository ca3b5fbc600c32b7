"""Tables that are made empty, since nothing of a log would get into them, have the columns that they have else."""

from badgateway.causes import diagnose
from badgateway.causes.failures import _AMBIGUOUS
from badgateway.causes.silences import _SILENT
from badgateway.causes.spans import _ABANDONED
from badgateway.model.evidence import ServerEvent
from tests.causes.evidence import Evidence

COLUMNS = """
SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE database_name = 'temp'
ORDER BY table_name, column_index
"""
MADE_EMPTY = {
    *("events", "timed_events", "places", "nearby", "serving", "bystanders", "failure_deaths"),
    *("proxy_lines", "ambiguous_failures", "silent", "abandoned", "decided"),
}


def columns(evidence, *, journal, also=()):
    with evidence.database() as connection:
        diagnose(connection, requests=1, journal=journal)
        for statement in also:
            connection.execute(statement)
        found = connection.execute(COLUMNS).fetchall()
    return {name: [(column, kind) for table, column, kind in found if table == name] for name in MADE_EMPTY}


def test_tables_that_are_made_empty_have_all_columns():
    killed = Evidence().closed(app_pid=7, app_started_s=1.0).event(ServerEvent.WORKER_KILLED, pid=7)
    filled = columns(killed, journal=True, also=(_AMBIGUOUS, _SILENT, _ABANDONED))

    assert columns(Evidence(), journal=False) == filled
    assert all(filled.values())
