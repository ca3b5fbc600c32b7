"""What was measured, for programs: levels, trials and why requests failed; docs/report-json.md tells every key."""

from dataclasses import asdict

from badgateway.model.axis import keys_of
from badgateway.model.diagnosis import CauseCount, Diagnosis
from badgateway.model.outcome import Outcome
from badgateway.model.samples import ContainerUse
from badgateway.model.summary import LevelSummary, Measurement, Proportion, Quantiles, RouteMeasurement, TrialSummary
from badgateway.report import rows, spread
from badgateway.report.section import Object
from badgateway.servers.advice import advice_for, any_server
from badgateway.words.verdict_reasons import said

_MEASURED = (
    "requests",
    "outcomes",
    "outcome_shares",
    "failures",
    "latency_ms",
    "first_byte_ms",
    "over_objective",
    "throughput_rps",
)


def level(found: LevelSummary) -> Object:
    """Return what one configuration did at one load."""
    return {
        "users": found.users or None,
        "rate_per_s": found.rate_per_s,
        **keys_of(found.at),
        "verdict": found.verdict.value,
        "reasons": said(found.reasons),
        **_measurement(found.measurement),
        "routes": [_route(route, found) for route in found.measurement.routes] if found.measurement else None,
        **_diagnosis(found.diagnosis if found.measurement else None),
    }


def trial(summary: TrialSummary) -> Object:
    """Return one trial."""
    one = summary.trial
    return {
        "id": one.id,
        "block": one.block,
        "position": one.position,
        "users": one.users or None,
        "rate_per_s": one.rate_per_s,
        "purpose": one.purpose.value,
        "control": one.control,
        "attempt": one.attempt,
        **keys_of(one.at),
        "seed": one.seed,
        "status": summary.verdict.value,
        "reasons": said(summary.reasons),
        "overhead_s": summary.overhead_s,
        "sending": summary.sending and asdict(summary.sending),
        **_measurement(rows.measured(summary)),
        **_diagnosis(summary.diagnosis if rows.measured(summary) else None),
        "database_connections": summary.connections and asdict(summary.connections),
        "container": _container(summary.container),
        "site": summary.site and asdict(summary.site),
        "worker_gaps": summary.worker_gaps and asdict(summary.worker_gaps),
        "proxy_messages": [
            {"message": message.message, "count": message.count, "first_line": message.first_line}
            for message in summary.proxy_messages
        ],
        "processes": [
            {
                "part": use.part,
                "cpu_s": use.cpu_s,
                "peak_rss_bytes": use.peak_rss_bytes,
                "rss_growth_bytes": use.rss_growth_bytes,
            }
            for use in summary.uses
        ],
    }


def _container(found: ContainerUse | None) -> Object | None:
    return None if found is None else {**_use(found), "proxy": found.proxy and _use(found.proxy)}


def _use(found: ContainerUse) -> Object:
    own = {key: value for key, value in asdict(found).items() if key != "proxy"}
    return {**own, "throttled_share": found.throttled_share}


def _measurement(found: Measurement | None) -> Object:
    if found is None:
        return dict.fromkeys(_MEASURED)
    return {
        "requests": found.requests,
        "outcomes": {outcome.value: found.count(outcome) for outcome in Outcome},
        "outcome_shares": {outcome.value: found.count(outcome) / found.requests for outcome in Outcome},
        "failures": _proportion(found.failures),
        "latency_ms": _quantiles(found.latency),
        "first_byte_ms": _quantiles(found.first_byte),
        "over_objective": found.over_objective and _proportion(found.over_objective),
        "throughput_rps": found.throughput_rps,
    }


def _route(found: RouteMeasurement, level: LevelSummary) -> Object:
    return {
        "name": found.name,
        "requests": found.requests,
        "outcomes": {entry.outcome.value: entry.proportion.count for entry in found.outcomes},
        "failures": _proportion(found.failures),
        "latency_ms": _quantiles(found.latency),
        "first_byte_ms": _quantiles(found.first_byte),
        "p95_of_trials_ms": spread.by_trial(level, spread.of_route(found.name, spread.p95_ms)),
    }


def _proportion(found: Proportion) -> Object:
    return {"count": found.count, "total": found.total, "share": found.share, "low": found.low, "high": found.high}


def _quantiles(found: Quantiles | None) -> Object | None:
    return (
        None if found is None else {"p50": found.p50_ms, "p95": found.p95_ms, "p99": found.p99_ms, "max": found.max_ms}
    )


def _diagnosis(found: Diagnosis | None) -> Object:
    if found is None:
        return {"causes": None, "unattributed": None}
    return {"causes": [_cause(cause) for cause in found.causes], "unattributed": found.unattributed}


def _cause(found: CauseCount) -> Object:
    return {
        "id": found.cause.id,
        "title": found.cause.title,
        "certainty": found.certainty.value,
        "count": found.count,
        "statuses": {str(status): count for status, count in found.statuses},
        "evidence": [
            {"file": line.file, "line_number": line.line_number, "text": line.text} for line in found.evidence
        ],
        "remedies": [
            {"knob": advice.knob, "settings": advice.settings, "text": advice.text}
            for advice in advice_for(found.cause, any_server())
        ],
    }
