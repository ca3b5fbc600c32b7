"""Tells from a trial's files whether a process of the load generator had the time of the site, request by request."""

from pathlib import Path

import duckdb

from badgateway.errors import LoadError
from badgateway.load.events import read_events
from badgateway.model.in_memory import small_database
from badgateway.model.raw import ACCESS_LOG, CLIENT_COLUMNS, CLIENT_EVENTS, CLIENT_ROWS
from badgateway.model.trial import Disturbance, OutsidePart

TOLERANCE_S = 0.02
"""Rows of clocks that differ by this can still be laid beside each other."""
_MOST = 0.95
"""Of the requests, not of all: a proxy that had to wait for a CPU logs one of them late."""

# A request begins at the client before it does at the proxy, and ends there after it does. So much the proxy's clock is
# ahead at least and at most, if the two clocks go on at the same pace.
_AHEAD = f"""
SELECT split_part(request_id, '-', 1), quantile_cont(time_s - end_s, {_MOST}),
    quantile_cont(time_s - request_time_s - start_s, {1 - _MOST:g})
FROM (SELECT request_id, CAST(start_s AS DOUBLE) AS start_s, CAST(end_s AS DOUBLE) AS end_s
    FROM read_csv($rows, columns = $columns, header = true, auto_detect = false, delim = ','))
JOIN read_json($log, format = 'newline_delimited',
    columns = {{request_id: 'VARCHAR', time_s: 'DOUBLE', request_time_s: 'DOUBLE'}}) USING (request_id)
GROUP BY 1 ORDER BY 1
"""  # noqa: S608 # constants of this module


def clock_disturbances(raw: Path) -> tuple[Disturbance, ...]:
    """Return which processes that shared a load had another time than the site.

    One process alone is on the site's own machine. What cannot be read makes the trial INVALID by itself.
    """
    try:
        if (read_events(raw / CLIENT_EVENTS).processes or 0) < 2:
            return ()
        found = _ahead(raw)
    except (LoadError, duckdb.Error):
        return ()
    return tuple(
        Disturbance(
            part=OutsidePart.GENERATOR,
            what=(
                f"the clock of one process of the load generator (its requests begin with {process}) was "
                f"{abs(off_s):.2f} s {'behind' if off_s > 0 else 'ahead of'} the site's"
            ),
            # Of the whole load, whose times are not those of the others.
            at_s=None,
        )
        for process, low_s, high_s in found
        if (off_s := max(0.0, low_s) + min(0.0, high_s)) and abs(off_s) > TOLERANCE_S
    )


def _ahead(raw: Path) -> list[tuple[str, float, float]]:
    """Return by how much the site's clock is ahead of that of each process, at least and at most."""
    given = {
        "rows": str(raw / CLIENT_ROWS),
        "log": str(raw / ACCESS_LOG),
        "columns": dict.fromkeys(CLIENT_COLUMNS, "VARCHAR"),
    }
    with small_database() as connection:
        return connection.execute(_AHEAD, given).fetchall()
