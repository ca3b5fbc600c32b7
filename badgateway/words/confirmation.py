"""Says whether the pick holds where tasks are started at a rate."""

from badgateway.model.study_summary import Confirmation
from badgateway.model.summary import LevelSummary, Verdict
from badgateway.words.phrases import milliseconds
from badgateway.words.verdict_reasons import say


def sentence(found: Confirmation) -> str:
    """Return whether a configuration was confirmed, and what it reached."""
    level = found.level
    where = f"{level.configuration} at {found.rate_per_minute:,.0f} tasks a minute"
    if found.sent_per_minute is None:
        return f"Not confirmed: {where} was not measured, {_first(level)}."
    if not found.is_sent:
        return f"Not confirmed: {where} was not measured, only {found.sent_per_minute:,.0f} a minute were sent."
    if level.verdict is Verdict.PASS:
        return f"Confirmed: {where}: {_reached(level)}."
    verdict = "Not decided" if level.verdict is Verdict.INCONCLUSIVE else "Not confirmed"
    return f"{verdict}: {where}: {_reached(level)}; {_first(level)}."


def _first(level: LevelSummary) -> str:
    return say(level.reasons[0])


def _reached(level: LevelSummary) -> str:
    found = level.measurement
    assert found is not None
    p95 = f", p95 {milliseconds(found.latency.p95_ms)}" if found.latency else ""
    return f"{found.failures.count:,} of {found.failures.total:,} failed{p95}"
