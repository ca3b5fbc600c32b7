"""Adds up the requests of one trial, or of several together."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from weakref import WeakKeyDictionary

import duckdb
import numpy as np
import numpy.typing as npt

from badgateway.judge.objective import pooled
from badgateway.judge.proportion import proportion
from badgateway.judge.seconds import OK, ROUTE, WINDOW, counts_by_route, paces
from badgateway.model.design import Counts
from badgateway.model.outcome import FAILURES, Outcome
from badgateway.model.summary import (
    LatencyBin,
    Measurement,
    OutcomeShare,
    Pace,
    Proportion,
    Quantiles,
    RouteMeasurement,
)

_BINS_A_DECADE = 16
_LEAST_MS = 0.01
"""Of a bin: a logarithm needs more than nothing."""

_Numbers = npt.NDArray[np.float64]
_NOTHING: _Numbers = np.empty(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowCounts:
    """What is counted of one trial's window."""

    outcomes: Mapping[str, Counter[Outcome]]
    """By route."""
    latencies_ms: Mapping[str, _Numbers]
    """Of the requests that are OK, by route."""
    first_bytes_ms: Mapping[str, _Numbers]
    seconds: tuple[Mapping[str, Counts], ...]
    """By route."""
    paces: tuple[Pace | None, ...]

    @property
    def ok_latencies_ms(self) -> _Numbers:
        """Of all routes."""
        return _joined(self.latencies_ms.values())


_COUNTED: WeakKeyDictionary[duckdb.DuckDBPyRelation, dict[float, WindowCounts]] = WeakKeyDictionary()
"""By relation and limit; what was counted goes with the relation."""


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
    counted = [count_window(relation, p95_limit_ms) for relation in relations]
    by_route: dict[str, Counter[Outcome]] = {}
    for one in counted:
        for route, outcomes in one.outcomes.items():
            by_route.setdefault(route, Counter()).update(outcomes)
    counts = sum(by_route.values(), start=Counter[Outcome]())
    if not counts:
        return None
    total, ok = counts.total(), counts[Outcome.OK]
    latencies_ms = {route: _joined(one.latencies_ms.get(route, _NOTHING) for one in counted) for route in by_route}
    first_bytes_ms = {route: _joined(one.first_bytes_ms.get(route, _NOTHING) for one in counted) for route in by_route}
    every_latency_ms = _joined(latencies_ms.values())
    seconds = [second for one in counted for second in one.seconds]
    return Measurement(
        requests=total,
        outcomes=_shares(counts),
        failures=_failures(counts),
        latency=quantiles(every_latency_ms),
        first_byte=quantiles(_joined(first_bytes_ms.values())),
        over_objective=proportion(int(np.count_nonzero(every_latency_ms > p95_limit_ms)), ok) if ok else None,
        throughput_rps=ok / window_s,
        routes=tuple(
            RouteMeasurement(
                name=name,
                requests=outcomes.total(),
                outcomes=_shares(outcomes),
                failures=_failures(outcomes),
                latency=quantiles(latencies_ms[name]),
                first_byte=quantiles(first_bytes_ms[name]),
                seconds=tuple(second[name] for second in seconds if name in second),
            )
            for name, outcomes in sorted(by_route.items())
            if name
        ),
        seconds=tuple(pooled(second.values()) for second in seconds),
        paces=tuple(pace for one in counted for pace in one.paces),
        latency_bins=_bins(every_latency_ms),
    )


def count_window(relation: duckdb.DuckDBPyRelation, p95_limit_ms: float) -> WindowCounts:
    """Count the requests that started in the window of one trial; the same relation is asked once.

    A trial is judged alone, for the design, and with the others of its level, and its rows do not change.
    """
    known = _COUNTED.setdefault(relation, {})
    if p95_limit_ms not in known:
        outcomes = _outcomes(relation)
        latencies_ms, first_bytes_ms = _of_ok_requests(relation, outcomes)
        known[p95_limit_ms] = WindowCounts(
            outcomes=outcomes,
            latencies_ms=latencies_ms,
            first_bytes_ms=first_bytes_ms,
            seconds=counts_by_route(relation, p95_limit_ms),
            paces=paces(relation),
        )
    return known[p95_limit_ms]


def _shares(counts: Counter[Outcome]) -> tuple[OutcomeShare, ...]:
    return tuple(
        OutcomeShare(outcome=outcome, proportion=proportion(counts[outcome], counts.total()))
        for outcome in Outcome
        if counts[outcome]
    )


def _failures(counts: Counter[Outcome]) -> Proportion:
    return proportion(sum(counts[outcome] for outcome in FAILURES), counts.total())


def _outcomes(relation: duckdb.DuckDBPyRelation) -> dict[str, Counter[Outcome]]:
    """Count outcomes by route, in their order; the route of a request that the client does not know is empty."""
    by_route: dict[str, Counter[Outcome]] = {}
    counted = relation.filter(WINDOW).aggregate(f"{ROUTE}, outcome, count(*)").order("route").fetchall()
    for route, outcome, requests in counted:
        by_route.setdefault(route, Counter())[Outcome(outcome)] += requests
    return by_route


def _of_ok_requests(
    relation: duckdb.DuckDBPyRelation, outcomes: Mapping[str, Counter[Outcome]]
) -> tuple[dict[str, _Numbers], dict[str, _Numbers]]:
    """Return latencies and times to the first byte by route, without those that are not known."""
    # Numbers alone: the names of a million rows would be a million texts.
    place = "dense_rank() OVER (ORDER BY coalesce(name, '')) AS place"
    found = relation.filter(f"{WINDOW} AND {OK}").project(f"{place}, latency_ms, first_byte_ms").fetchnumpy()
    routes = [route for route, counts in outcomes.items() if counts[Outcome.OK]]

    def by_route(column: str) -> dict[str, _Numbers]:
        values_ms = np.ma.filled(np.ma.asarray(found[column], dtype=np.float64), np.nan)
        known = ~np.isnan(values_ms)
        return {route: values_ms[known & (found["place"] == at)] for at, route in enumerate(routes, start=1)}

    return by_route("latency_ms"), by_route("first_byte_ms")


def _joined(values_ms: Iterable[_Numbers]) -> _Numbers:
    return np.concatenate([_NOTHING, *values_ms])


def quantiles(values_ms: npt.NDArray[np.float64]) -> Quantiles | None:
    """Return the quantiles of times in milliseconds; None when there are none."""
    if not values_ms.size:
        return None
    # The time of a request, and never one between pages of 30 ms and exports of 300, which none had. So the quantile of
    # trials together is also never outside those of the single ones.
    p50_ms, p95_ms, p99_ms, max_ms = np.quantile(values_ms, (0.5, 0.95, 0.99, 1), method="inverted_cdf").tolist()
    return Quantiles(p50_ms=p50_ms, p95_ms=p95_ms, p99_ms=p99_ms, max_ms=max_ms)


def _bins(values_ms: _Numbers) -> tuple[LatencyBin, ...]:
    places = np.floor(_BINS_A_DECADE * np.log10(np.maximum(values_ms, _LEAST_MS)))
    found, counts = np.unique(places, return_counts=True)
    edges = ((10 ** (place / _BINS_A_DECADE), 10 ** ((place + 1) / _BINS_A_DECADE)) for place in found.tolist())
    return tuple(
        LatencyBin(low_ms=low_ms, high_ms=high_ms, count=count)
        for (low_ms, high_ms), count in zip(edges, counts.tolist(), strict=True)
    )
