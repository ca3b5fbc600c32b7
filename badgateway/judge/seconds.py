"""What a trial's window was second by second: what failed, what was late, how long the OK requests took."""

import duckdb

from badgateway.model.design import Counts
from badgateway.model.outcome import Outcome
from badgateway.model.raw_words import TrialPhase
from badgateway.model.summary import Pace

WINDOW = f"phase = '{TrialPhase.WINDOW}'"
OK = f"outcome = '{Outcome.OK}'"
ROUTE = "coalesce(name, '') AS route"
"""Empty where the client does not know the request."""


def counts_by_route(relation: duckdb.DuckDBPyRelation, p95_limit_ms: float) -> tuple[dict[str, Counts], ...]:
    """Return the counts by route of each second of a window, counted from its first request on.

    Args:
        relation: The requests of one trial.
        p95_limit_ms: Slower OK requests are late.
    """
    started = _in_seconds(relation, f"{ROUTE}, NOT {OK} AS failed, {OK} AND latency_ms > {p95_limit_ms!r} AS late")
    counted = "second, route, count(*), count(*) FILTER (failed), count(*) FILTER (late)"
    found: dict[int, dict[str, Counts]] = {}
    for second, route, requests, failures, late in started.aggregate(counted).order("second, route").fetchall():
        found.setdefault(second, {})[route] = Counts(requests=requests, failures=failures, late=late)
    return tuple(found.values())


def paces(relation: duckdb.DuckDBPyRelation) -> tuple[Pace | None, ...]:
    """Return how long the OK requests of the same seconds took; None where none was OK."""
    started = _in_seconds(relation, f"CASE WHEN {OK} THEN latency_ms END AS ok_ms")
    quantiles = "quantile_disc(ok_ms, 0.5), quantile_disc(ok_ms, 0.95)"
    found = started.aggregate(f"second, {quantiles}").order("second").fetchall()
    return tuple(None if p50_ms is None else Pace(p50_ms=p50_ms, p95_ms=p95_ms) for _, p50_ms, p95_ms in found)


def _in_seconds(relation: duckdb.DuckDBPyRelation, columns: str) -> duckdb.DuckDBPyRelation:
    """Return the window's requests of which it is known when they started, with the second in which they did."""
    second = "floor(start_s - min(start_s) OVER ())::INTEGER AS second"
    return relation.filter(f"{WINDOW} AND start_s IS NOT NULL").project(f"{second}, {columns}")
