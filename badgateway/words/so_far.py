"""Says in a line how a study stands while it goes on: who has passed all its trials, the fastest first."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import median

from badgateway.model.design import Purpose
from badgateway.model.summary import TrialSummary, Verdict
from badgateway.numbers import listed
from badgateway.words.phrases import load, milliseconds

_MOST_NAMED = 3


def so_far(ended: Sequence[TrialSummary]) -> str:
    """Return it, of trials at the highest load that was run; empty while none has ended there.

    No verdict: those are given when all trials are known.
    """
    compared = [one for one in ended if one.trial.purpose is Purpose.COMPARE and not one.trial.control]
    highest = max((one.trial.load for one in compared), key=lambda level: level.order, default=None)
    if highest is None:
        return ""
    by_name: dict[str, list[TrialSummary]] = defaultdict(list)
    for one in compared:
        if one.trial.load == highest and one.verdict is not Verdict.INVALID:
            by_name[one.trial.configuration].append(one)
    passed = {name: p95_ms for name, trials in by_name.items() if (p95_ms := _p95_ms(trials)) is not None}
    others = [name for name in by_name if name not in passed]
    told = _passed(passed) if passed else "nobody passed every trial"
    rest = f"; not {listed(others)}" if passed and others else ""
    return f"so far, at {load(highest)}: {told}{rest}"


def _p95_ms(trials: Sequence[TrialSummary]) -> float | None:
    """Return the middle of the p95s of who passed every trial."""
    found = [one.measurement.latency.p95_ms for one in trials if one.measurement and one.measurement.latency]
    has_passed = all(one.verdict is Verdict.PASS for one in trials)
    return median(found) if found and has_passed else None


def _passed(p95s_ms: Mapping[str, float]) -> str:
    ranked = sorted(p95s_ms.items(), key=lambda entry: entry[1])
    named = [f"{name} (p95 {milliseconds(p95_ms)})" for name, p95_ms in ranked[:_MOST_NAMED]]
    more = [f"{len(ranked) - _MOST_NAMED} more"] if len(ranked) > _MOST_NAMED else []
    return f"{listed([*named, *more])} passed every trial"
