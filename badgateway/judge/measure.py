"""Adds up the requests of one trial, or of several together."""

from collections import Counter
from collections.abc import Sequence

import duckdb
import numpy as np
import numpy.typing as npt

from badgateway.judge.proportion import proportion
from badgateway.model.outcome import FAILURES, Outcome
from badgateway.model.summary import Measurement, OutcomeShare, Quantiles

_WINDOW = "phase = 'window'"
_WINDOW_OK = f"{_WINDOW} AND outcome = '{Outcome.OK}'"

_Numbers = npt.NDArray[np.float64]


def measure(
    relations: Sequence[duckdb.DuckDBPyRelation], *, window_s: float, p95_limit_ms: float
) -> Measurement | None:
    """Add up the requests that started in the window; None when there are none.

    Args:
        relations: One per trial, with the columns outcome, phase, latency_ms and first_byte_ms; their connections
            may differ.
        window_s: Seconds of all the trials' windows together.
        p95_limit_ms: The objective's limit.
    """
    counts = _outcomes(relations)
    if not counts:
        return None
    total, ok = counts.total(), counts[Outcome.OK]
    latencies_ms = _of_ok_requests(relations, "latency_ms")
    return Measurement(
        requests=total,
        outcomes=tuple(
            OutcomeShare(outcome=outcome, proportion=proportion(counts[outcome], total))
            for outcome in Outcome
            if counts[outcome]
        ),
        failures=proportion(sum(counts[outcome] for outcome in FAILURES), total),
        latency=_quantiles(latencies_ms),
        first_byte=_quantiles(_of_ok_requests(relations, "first_byte_ms")),
        over_objective=proportion(int(np.count_nonzero(latencies_ms > p95_limit_ms)), ok) if ok else None,
        throughput_rps=ok / window_s,
    )


def _outcomes(relations: Sequence[duckdb.DuckDBPyRelation]) -> Counter[Outcome]:
    counts: Counter[Outcome] = Counter()
    for relation in relations:
        counted = relation.filter(_WINDOW).aggregate("outcome, count(*) AS requests").fetchall()
        counts.update({Outcome(outcome): requests for outcome, requests in counted})
    return counts


def _of_ok_requests(relations: Sequence[duckdb.DuckDBPyRelation], column: str) -> _Numbers:
    # Relations of different connections cannot be united in DuckDB, so the columns are.
    known = (relation.filter(f"{_WINDOW_OK} AND {column} IS NOT NULL").project(column) for relation in relations)
    return np.concatenate([np.asarray(rows.fetchnumpy()[column], dtype=np.float64) for rows in known])


def _quantiles(values_ms: _Numbers) -> Quantiles | None:
    if not values_ms.size:
        return None
    p50_ms, p95_ms, p99_ms, max_ms = np.quantile(values_ms, (0.5, 0.95, 0.99, 1)).tolist()
    return Quantiles(p50_ms=p50_ms, p95_ms=p95_ms, p99_ms=p99_ms, max_ms=max_ms)
