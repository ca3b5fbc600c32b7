"""Renders a study as JSON for programs; docs/report-json.md tells every key."""

import json
from dataclasses import asdict

from badgateway.model.cooperation import CooperationProof
from badgateway.model.diagnosis import CauseCount, Diagnosis
from badgateway.model.experiment import Experiment
from badgateway.model.outcome import Outcome
from badgateway.model.printable import printable_page
from badgateway.model.summary import (
    ConfigurationSummary,
    LevelSummary,
    Measurement,
    Proportion,
    Quantiles,
    RouteMeasurement,
    StudySummary,
    TrialSummary,
)
from badgateway.model.waiting import LoopWatch, Waiting
from badgateway.report import rows
from badgateway.report.choice_json import choice_objects
from badgateway.report.json_story import confirmation_object, story_objects

SCHEMA_VERSION = 1

Object = dict[str, object]


def render_json(study: StudySummary) -> str:
    """Return the document; the same study gives the same bytes."""
    found = study.recommendation
    whole: Object = {
        "schema_version": SCHEMA_VERSION,
        "started": study.started,
        "command": study.command,
        "complete": study.complete,
        "recommendation": {
            "decision": found.decision.value,
            "configuration": found.configuration,
            "sentence": found.sentence,
            "reasons": found.reasons,
            "ranking": found.ranking,
        },
        "confirmation": study.confirmation and confirmation_object(study.confirmation, _level),
        "experiment": _experiment(study.experiment, study.seed),
        "environment": _environment(study),
        "circumstances": asdict(study.circumstances) if study.circumstances else None,
        "configurations": [_configuration(summary) for summary in study.configurations],
        **story_objects(study),
        **choice_objects(study),
        "other_trials": [_trial(trial) for trial in study.other_trials],
        "waiting": _waiting(study.waiting),
    }
    return printable_page(json.dumps(_rounded(whole), indent=2, ensure_ascii=False, allow_nan=False), _escape) + "\n"


def _escape(character: str) -> str:
    return json.dumps(character)[1:-1]


def _rounded(value: object) -> object:
    """Cut floats to six decimals, finer than anything measured, so that no digit is the arithmetic's own."""
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    return [_rounded(inner) for inner in value] if isinstance(value, list | tuple) else value


def _experiment(experiment: Experiment, seed: int) -> Object:
    declared = experiment.model_dump(mode="json", exclude={"configurations"})
    return {**declared, "seed": seed}


def _environment(study: StudySummary) -> Object:
    found = study.environment
    return {
        "system": found.system,
        "cpu": found.cpu,
        "cores": found.cores,
        "memory_bytes": found.memory_bytes,
        "python": found.python,
        "somaxconn": found.somaxconn,
        "account": found.account,
        "versions": dict(sorted(found.versions)),
    }


def _configuration(summary: ConfigurationSummary) -> Object:
    levels = (*summary.levels, *summary.distant_levels)
    trials = sorted((trial for level in levels for trial in level.trials), key=lambda one: one.trial.position)
    return {
        "name": summary.configuration.name,
        "verdict": summary.verdict.value,
        "reasons": summary.reasons,
        "settings": summary.configuration.model_dump(mode="json", exclude={"name"}),
        "levels": [_level(level) for level in summary.levels],
        "distant_levels": [_level(level) for level in summary.distant_levels],
        "trials": [_trial(trial) for trial in trials],
    }


def _level(level: LevelSummary) -> Object:
    return {
        "users": level.users or None,
        "rate_per_s": level.rate_per_s,
        "database_distance_ms": level.database_distance_ms,
        "verdict": level.verdict.value,
        "reasons": level.reasons,
        **_measurement(level.measurement),
        "routes": [_route(route) for route in level.measurement.routes] if level.measurement else None,
        **_diagnosis(level.diagnosis if level.measurement else None),
    }


def _trial(summary: TrialSummary) -> Object:
    trial = summary.trial
    return {
        "id": trial.id,
        "block": trial.block,
        "position": trial.position,
        "users": trial.users or None,
        "rate_per_s": trial.rate_per_s,
        "purpose": trial.purpose.value,
        "control": trial.control,
        "attempt": trial.attempt,
        "database_distance_ms": trial.database_distance_ms,
        "seed": trial.seed,
        "status": summary.verdict.value,
        "reasons": summary.reasons,
        "overhead_s": summary.overhead_s,
        "sending": summary.sending and asdict(summary.sending),
        **_measurement(rows.measured(summary)),
        **_diagnosis(summary.diagnosis if rows.measured(summary) else None),
        "database_connections": summary.connections and asdict(summary.connections),
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


def _measurement(found: Measurement | None) -> Object:
    if found is None:
        keys = ("requests", "outcomes", "failures", "latency_ms", "first_byte_ms", "over_objective", "throughput_rps")
        return dict.fromkeys(keys)
    return {
        "requests": found.requests,
        "outcomes": {outcome.value: found.count(outcome) for outcome in Outcome},
        "failures": _proportion(found.failures),
        "latency_ms": _quantiles(found.latency),
        "first_byte_ms": _quantiles(found.first_byte),
        "over_objective": found.over_objective and _proportion(found.over_objective),
        "throughput_rps": found.throughput_rps,
    }


def _route(found: RouteMeasurement) -> Object:
    return {
        "name": found.name,
        "requests": found.requests,
        "outcomes": {entry.outcome.value: entry.proportion.count for entry in found.outcomes},
        "failures": _proportion(found.failures),
        "latency_ms": _quantiles(found.latency),
        "first_byte_ms": _quantiles(found.first_byte),
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
        "remedies": [{"knob": remedy.knob, "text": remedy.text} for remedy in found.cause.remedies],
    }


def _waiting(found: Waiting | None) -> Object | None:
    if found is None:
        return None
    return {
        "complete": found.complete,
        "proofs": [_proof(proof) for proof in found.proofs],
        "loops": [_loop(watch) for watch in found.loops],
        "connect_costs": [asdict(cost) for cost in found.connect_costs],
    }


def _proof(found: CooperationProof) -> Object:
    statuses = {str(status): count for status, count in found.statuses}
    return {**asdict(found), "serial_ms": found.serial_ms, "statuses": statuses}


def _loop(found: LoopWatch) -> Object:
    stops = found.stops
    keys = ("window_s", "workers", "stops", "blocked_s", "longest_s", "typical_s", "given_up", "share")
    return {
        "configuration": found.configuration,
        "users": found.users or None,
        "rate_per_s": found.rate_per_s,
        "problem": found.problem,
        **({**asdict(stops), "share": stops.share} if stops else dict.fromkeys(keys)),
        "blocked_by": [asdict(line) for line in found.blocked_by],
    }
