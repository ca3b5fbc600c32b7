"""For how long of a trial's window the server's log proves that no worker accepted requests."""

import duckdb

from badgateway.model.samples import WorkerGaps
from badgateway.model.trial import Window

# `counts`, which the diagnosis leaves, has a row for each coming and going of a worker: how many accept from then on.
_IS_KNOWN = "SELECT count(*) FROM duckdb_tables() WHERE table_name = 'counts' AND temporary"
_GAPS = """
SELECT count(*), coalesce(sum(least(end_s, $window_end_s) - greatest(start_s, $window_start_s)), 0)
FROM (
    SELECT time_s AS start_s, lead(time_s, 1, $window_end_s) OVER (ORDER BY time_s, mark_id) AS end_s, accepting
    FROM counts)
WHERE accepting <= 0 AND least(end_s, $window_end_s) > greatest(start_s, $window_start_s)
"""


def worker_gaps(connection: duckdb.DuckDBPyConnection, window: Window | None) -> WorkerGaps | None:
    """Return the time without a worker; None when the trial was not diagnosed, or its log tells of no worker's life.

    Args:
        connection: That of the trial's ledger, after its diagnosis.
        window: The counted part; None when the trial never got to it.
    """
    ((known,),) = connection.sql(_IS_KNOWN).fetchall()
    if window is None or not known:
        return None
    ((lives,),) = connection.sql("SELECT count(*) FROM counts").fetchall()
    if not lives:
        return None
    bounds = {"window_start_s": window.start_s, "window_end_s": window.end_s}
    ((count, total_s),) = connection.execute(_GAPS, bounds).fetchall()
    return WorkerGaps(count=count, total_s=float(total_s))
