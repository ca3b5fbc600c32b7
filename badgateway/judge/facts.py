"""What a trial adds up to for the judge: counts, the p95 with failures, throughput and cost."""

import duckdb

from badgateway.errors import first_line
from badgateway.judge.measure import count_window
from badgateway.judge.objective import p95_with_failures
from badgateway.judge.seconds import OK, WINDOW
from badgateway.judge.summarise import counts_of, summarise_trial
from badgateway.judge.trial_evidence import TrialEvidence
from badgateway.model.design import Facts
from badgateway.model.experiment import Objective
from badgateway.model.outcome import CheckReason
from badgateway.model.summary import Verdict
from badgateway.model.trial import Window
from badgateway.model.verdict_reason import Reason


def facts_of(evidence: TrialEvidence, objective: Objective) -> Facts | None:
    """Add up a trial's window; None when the trial is INVALID, "broken" when the configuration did not get through.

    Args:
        evidence: What its raw files say.
        objective: Says from when on a request is late.
    """
    relation, window = evidence.relation, evidence.record.window
    summary = summarise_trial(evidence, objective)
    measured = summary.measurement
    if measured is None or relation is None or window is None:
        return None if summary.verdict is Verdict.INVALID else _broken(summary.reasons[0])
    ok_ms = count_window(relation, objective.p95_ms).ok_latencies_ms
    server = next((use for use in evidence.uses if use.part == "server"), None)
    ok = len(relation.filter(OK))
    counts = counts_of(evidence, measured)
    return Facts(
        requests=counts.requests,
        failures=counts.failures,
        late=counts.late,
        p95_ms=p95_with_failures(ok_ms, counts.failures),
        throughput_rps=measured.throughput_rps,
        # The samples of CPU are of the whole trial, and so are the requests that they are shared out among.
        cpu_ms=server.cpu_s * 1000 / ok if server and ok else None,
        rss_bytes=float(server.peak_rss_bytes) if server else None,
        answered=_answered(relation, window) if evidence.record.trial.rate_per_s is not None else None,
        db_connections=float(evidence.connections.peak) if evidence.connections else None,
        seconds=measured.seconds,
    )


def _answered(relation: duckdb.DuckDBPyRelation, window: Window) -> float | None:
    """Return how many answers came in the window for each request that was due in it."""
    came = "intended_start_s + latency_ms / 1000"
    ((answers, requests),) = relation.aggregate(
        f"count(*) FILTER ({came} >= {window.start_s!r} AND {came} < {window.end_s!r}), "
        f"count(*) FILTER ({WINDOW} AND latency_ms IS NOT NULL)"
    ).fetchall()
    return answers / requests if requests else None


def _broken(reason: Reason) -> Facts:
    broke = reason.check if isinstance(reason, CheckReason) else first_line(str(reason))
    return Facts(requests=0, failures=0, late=0, p95_ms=None, throughput_rps=0.0, broke=broke)
