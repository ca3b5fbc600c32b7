"""Reads from a trial's samples its accept queue, busy workers and the container's memory, beside what failed."""

import duckdb

from badgateway.model.outcome import Outcome
from badgateway.model.raw_words import SampleSeries, ServerSeries, TrialPhase
from badgateway.model.samples import Pressure
from badgateway.model.trial import Window

MOST_PARTS = 120
LEAST_PART_S = 0.1
"""What is sampled once a part."""
QUEUE, BUSY = SampleSeries.ACCEPT_QUEUE, ServerSeries.BUSY_WORKERS.of("%")
MEMORY = SampleSeries.CONTAINER_MEMORY
_FAILED = f"""
SELECT least(greatest(CAST(floor((end_s - $start) / $length * $parts) AS INTEGER), 0), $parts - 1) AS part, count(*)
FROM ledger WHERE phase = '{TrialPhase.WINDOW}' AND outcome <> '{Outcome.OK}' AND end_s IS NOT NULL GROUP BY part
"""  # noqa: S608 # constants of the kit
_MOST = """
SELECT CAST(floor((time_s - $start) / $length * $parts) AS INTEGER) AS part, CAST(max(value) AS BIGINT),
    CAST(max(limit_value) AS BIGINT)
FROM samples WHERE series LIKE $series AND value IS NOT NULL AND time_s >= $start AND time_s < $start + $length
GROUP BY part
"""


def pressure(connection: duckdb.DuckDBPyConnection, window: Window | None) -> Pressure | None:
    """Return what stood before the server over the window; None when nobody sampled its accept queue or memory.

    Args:
        connection: With the tables `ledger` and `samples` of the trial.
        window: The counted part; None when the trial never got to it.
    """
    if window is None:
        return None
    parts = min(MOST_PARTS, max(1, int(window.length_s / LEAST_PART_S)))
    where = {"start": window.start_s, "length": window.length_s, "parts": parts}
    queue, queue_limit = _most(connection, QUEUE, where)
    busy, workers = _most(connection, BUSY, where)
    memory_bytes, memory_limit_bytes = _most(connection, MEMORY, where)
    if all(value is None for value in (*queue, *memory_bytes)):
        return None
    failed = dict(connection.execute(_FAILED, where).fetchall())
    return Pressure(
        window_s=window.length_s,
        queue=queue,
        queue_limit=queue_limit,
        busy=busy,
        workers=workers,
        memory_bytes=memory_bytes,
        memory_limit_bytes=memory_limit_bytes,
        failed=tuple(failed.get(part, 0) for part in range(parts)),
    )


def _most(
    connection: duckdb.DuckDBPyConnection, series: str, where: dict[str, float]
) -> tuple[tuple[int | None, ...], int | None]:
    rows = connection.execute(_MOST, {**where, "series": series}).fetchall()
    found = {part: value for part, value, _ in rows}
    limits = [limit for _, _, limit in rows if limit is not None]
    return tuple(found.get(part) for part in range(int(where["parts"]))), max(limits, default=None)
