"""Adds up the requests of one trial, or of several together."""

from collections import Counter
from collections.abc import Sequence

import duckdb
import numpy as np
import numpy.typing as npt

from badgateway.judge.objective import pooled
from badgateway.judge.proportion import proportion
from badgateway.model.contest import Counts
from badgateway.model.outcome import FAILURES, Outcome
from badgateway.model.summary import Measurement, OutcomeShare, Proportion, Quantiles, RouteMeasurement

_WINDOW = "phase = 'window'"
_WINDOW_OK = f"{_WINDOW} AND outcome = '{Outcome.OK}'"

_ROUTE = "coalesce(name, '') AS route"

_Numbers = npt.NDArray[np.float64]
_NOTHING: _Numbers = np.empty(0)


def measure(
    relations: Sequence[duckdb.DuckDBPyRelation], *, window_s: float, p95_limit_ms: float
) -> Measurement | None:
    """Add up the requests that started in the window; None when there are none.

    Args:
        relations: One per trial, with the columns name, outcome, phase, start_s, latency_ms and first_byte_ms; their
            connections may differ.
        window_s: Seconds of all the trials' windows together.
        p95_limit_ms: The objective's limit.
    """
    by_route = _outcomes(relations)
    counts = sum(by_route.values(), start=Counter[Outcome]())
    if not counts:
        return None
    total, ok = counts.total(), counts[Outcome.OK]
    latencies_ms = _of_ok_requests(relations, "latency_ms")
    every_latency_ms = _joined(latencies_ms)
    first_bytes_ms = _of_ok_requests(relations, "first_byte_ms")
    seconds = [second for relation in relations for second in _seconds(relation, p95_limit_ms)]
    return Measurement(
        requests=total,
        outcomes=_shares(counts),
        failures=_failures(counts),
        latency=_quantiles(every_latency_ms),
        first_byte=_quantiles(_joined(first_bytes_ms)),
        over_objective=proportion(int(np.count_nonzero(every_latency_ms > p95_limit_ms)), ok) if ok else None,
        throughput_rps=ok / window_s,
        routes=tuple(
            RouteMeasurement(
                name=name,
                requests=outcomes.total(),
                outcomes=_shares(outcomes),
                failures=_failures(outcomes),
                latency=_quantiles(latencies_ms.get(name, _NOTHING)),
                first_byte=_quantiles(first_bytes_ms.get(name, _NOTHING)),
                seconds=tuple(second[name] for second in seconds if name in second),
            )
            for name, outcomes in sorted(by_route.items())
            if name
        ),
        seconds=tuple(pooled(second.values()) for second in seconds),
    )


def _seconds(relation: duckdb.DuckDBPyRelation, p95_limit_ms: float) -> list[dict[str, Counts]]:
    """Return the counts by route of each second of a window, counted from its first request on."""
    ok = f"outcome = '{Outcome.OK}'"
    started = relation.filter(f"{_WINDOW} AND start_s IS NOT NULL").project(
        f"{_ROUTE}, floor(start_s - min(start_s) OVER ())::INTEGER AS second, NOT {ok} AS failed, "
        f"{ok} AND latency_ms > {p95_limit_ms!r} AS late"
    )
    counted = "second, route, count(*), count(*) FILTER (failed), count(*) FILTER (late)"
    found: dict[int, dict[str, Counts]] = {}
    for second, route, requests, failures, late in started.aggregate(counted).order("second, route").fetchall():
        found.setdefault(second, {})[route] = Counts(requests=requests, failures=failures, late=late)
    return list(found.values())


def _shares(counts: Counter[Outcome]) -> tuple[OutcomeShare, ...]:
    return tuple(
        OutcomeShare(outcome=outcome, proportion=proportion(counts[outcome], counts.total()))
        for outcome in Outcome
        if counts[outcome]
    )


def _failures(counts: Counter[Outcome]) -> Proportion:
    return proportion(sum(counts[outcome] for outcome in FAILURES), counts.total())


def _outcomes(relations: Sequence[duckdb.DuckDBPyRelation]) -> dict[str, Counter[Outcome]]:
    """Count outcomes by route; the route of a request that the client does not know is empty."""
    by_route: dict[str, Counter[Outcome]] = {}
    for relation in relations:
        counted = relation.filter(_WINDOW).aggregate(f"{_ROUTE}, outcome, count(*) AS requests").fetchall()
        for route, outcome, requests in counted:
            by_route.setdefault(route, Counter())[Outcome(outcome)] += requests
    return by_route


def _of_ok_requests(relations: Sequence[duckdb.DuckDBPyRelation], column: str) -> dict[str, _Numbers]:
    # Relations of different connections cannot be united in DuckDB, so the columns are.
    known = [
        relation.filter(f"{_WINDOW_OK} AND {column} IS NOT NULL").project(f"{_ROUTE}, {column}").fetchnumpy()
        for relation in relations
    ]
    routes = np.concatenate([np.asarray(rows["route"], dtype=np.str_) for rows in known])
    values_ms = np.concatenate([np.asarray(rows[column], dtype=np.float64) for rows in known])
    return {str(route): values_ms[routes == route] for route in np.unique(routes)}


def _joined(values_ms: dict[str, _Numbers]) -> _Numbers:
    return np.concatenate([_NOTHING, *values_ms.values()])


def _quantiles(values_ms: _Numbers) -> Quantiles | None:
    if not values_ms.size:
        return None
    p50_ms, p95_ms, p99_ms, max_ms = np.quantile(values_ms, (0.5, 0.95, 0.99, 1)).tolist()
    return Quantiles(p50_ms=p50_ms, p95_ms=p95_ms, p99_ms=p99_ms, max_ms=max_ms)
