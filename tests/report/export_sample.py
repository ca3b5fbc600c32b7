"""An experiment with exports and small requests beside them."""

from dataclasses import replace

from badgateway.model.outcome import Outcome
from badgateway.model.run_summary import Decision, Recommendation, RunSummary
from badgateway.model.summary import LevelSummary, OutcomeShare, RouteMeasurement, Verdict
from tests.report.builders import declared, level, measurement, proportion, quantiles, summary
from tests.report.comparison import experiment, run_summary

EXPORT, SMALL, POLL = "GET /members/export.xlsx", "GET /members/", "GET /exports/<id>/"
_TIMES = {"naive_xls": (2900, 2950, 400), "streamed": (40, 610, 35), "job": (20, 24, 30)}


def route(name: str, counts: dict[Outcome, int], first_ms: float, last_ms: float) -> RouteMeasurement:
    total, ok = sum(counts.values()), counts.get(Outcome.OK, 0)
    return RouteMeasurement(
        name=name,
        requests=total,
        outcomes=tuple(
            OutcomeShare(outcome=outcome, proportion=proportion(count, total)) for outcome, count in counts.items()
        ),
        failures=proportion(total - ok, total),
        latency=quantiles(last_ms / 2, last_ms, last_ms, last_ms) if ok else None,
        first_byte=quantiles(first_ms / 2, first_ms, first_ms, first_ms) if ok else None,
    )


def _level(name: str, position: int) -> LevelSummary:
    first_ms, last_ms, small_ms = _TIMES[name]
    failed = {Outcome.GATEWAY_TIMEOUT: 7, Outcome.BAD_GATEWAY: 2, Outcome.TRUNCATED: 1, Outcome.SERVER_ERROR: 3}
    exports = {Outcome.OK: 27} | (failed if name == "naive_xls" else {})
    routes = [
        route(SMALL, {Outcome.OK: 900}, small_ms / 2, small_ms),
        route(EXPORT, exports, first_ms, last_ms),
        *([route(POLL, {Outcome.OK: 80}, 3, 4)] if name == "job" else []),
    ]
    measured = replace(measurement({Outcome.OK: 927}, (30, last_ms, last_ms, last_ms)), routes=tuple(routes))
    verdict = Verdict.FAIL if name == "naive_xls" else Verdict.PASS
    return level(name, 8, position, measured, verdict=verdict, reasons=("too slow",) if name == "naive_xls" else ())


def exports() -> RunSummary:
    """Return the run."""
    configurations = tuple(
        declared(name.replace("_", "-"), "servers/gunicorn_gthread.py", "mysqlclient", 2) for name in _TIMES
    )
    entries = [
        summary(configuration, [replace(_level(name, position), configuration=configuration.name)])
        for position, (configuration, name) in enumerate(zip(configurations, _TIMES, strict=True), start=1)
    ]
    recommendation = Recommendation(
        decision=Decision.PICKED,
        configuration="job",
        sentence="Run job: no request failed.",
        reasons=("It is the fastest.",),
        ranking=("job", "streamed", "naive-xls"),
    )
    return run_summary(entries, recommendation, declared_experiment=experiment(configurations, (8,)))
