"""Holds what a site does now to what its baseline did: what is said to be worse is so beyond doubt."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from badgateway.judge.blocks import Number, at_block, log_ratios, logarithm
from badgateway.judge.chance import Sample, dispersion, two_sided_p
from badgateway.judge.objective import units_of, verdict
from badgateway.judge.paired import ALONE, detectable_share, least_beyond, paired_ratio
from badgateway.judge.sessions import apart
from badgateway.model.design import Counts
from badgateway.model.experiment import Objective
from badgateway.model.gate import Doubt, GateFinding, GateLevel, GateVerdict, Matter
from badgateway.model.summary import Verdict

FAILURES_ERROR = 0.005
"""How often, in all that is gated together, failures are called more frequent that are not; the same for causes."""
RATIO_ERROR = ALONE
"""The same of p95 and throughput that are worse by just the margin; of those that are alike it is far less.

Simulated, in results/reference/gates.md: with it, and so many pairs, both errors are below 1 % at any noise there.
"""
LEAST_PAIRS = 8
LEAST_TRIALS = 2
"""One trial alone shows nothing of how failures fall on trials."""
_DECIDED = {
    Verdict.PASS: (GateVerdict.KEPT, None),
    Verdict.FAIL: (GateVerdict.BROKEN, None),
    Verdict.INCONCLUSIVE: (GateVerdict.INCONCLUSIVE, Doubt.UNDECIDED),
    Verdict.INVALID: (GateVerdict.INCONCLUSIVE, Doubt.NO_TRIAL),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class GateTerms:
    """On which terms a gate judges."""

    objective: Objective
    margin: float
    """By what share p95 or throughput may be worse."""
    negligible_ms: float
    """By how much p95 may be worse, whatever share that is."""
    levels: int
    """How many configurations at how many loads are gated together: they share the errors."""
    is_paired: bool
    """Whether the baseline was measured in the same run, turn by turn."""


def held(now: GateLevel, before: GateLevel | None, terms: GateTerms, doubt: Doubt | None) -> tuple[GateFinding, ...]:
    """Return what was found of a configuration at one load.

    Args:
        now: Its trials.
        before: Those of its baseline; None when it has none.
        terms: On which it is judged.
        doubt: Why nothing can be held to the baseline; None when it can be.
    """
    units = _units(now)
    found, why = _DECIDED[verdict(units, terms.objective)]
    kept = GateFinding(
        matter=Matter.OBJECTIVE, verdict=found, doubt=why, now=_share(_failures(now)), trials=len(now.trials)
    )
    if why is Doubt.NO_TRIAL:
        return (kept,)
    return (kept, *_compared(now, before, terms, doubt))


def _compared(now: GateLevel, before: GateLevel | None, terms: GateTerms, doubt: Doubt | None) -> Iterator[GateFinding]:
    if doubt is None and (before is None or not before.trials):
        doubt = Doubt.NOTHING_BEFORE
    if doubt is not None or before is None:
        yield from (_not_told(matter, doubt) for matter in (Matter.FAILURES, Matter.LATENCY, Matter.THROUGHPUT))
        return
    yield from _more_failures(now, before, FAILURES_ERROR / terms.levels)
    level = RATIO_ERROR / (2 * terms.levels)
    yield _slower(now, before, terms, level)
    yield _less_served(now, before, terms, level)


def _not_told(matter: Matter, doubt: Doubt | None, trials: int = 0) -> GateFinding:
    return GateFinding(matter=matter, verdict=GateVerdict.INCONCLUSIVE, doubt=doubt, trials=trials)


def _more_failures(now: GateLevel, before: GateLevel, level: float) -> Iterator[GateFinding]:
    trials = min(len(now.trials), len(before.trials))
    if trials < LEAST_TRIALS:
        yield _not_told(Matter.FAILURES, Doubt.FEW_TRIALS, trials)
        return
    after, earlier = _failures(now), _failures(before)
    yield _held_failures(Matter.FAILURES, after, earlier, level, trials)
    causes = sorted({name for trial in now.trials for name in trial.causes})
    for cause in causes:
        # A failure without a cause may have had this one.
        was = _failures(before, cause, with_unknown=True)
        found = _held_failures(Matter.CAUSE, _failures(now, cause), was, level / len(causes), trials, cause)
        if found.verdict is GateVerdict.BROKEN:
            yield found


def _held_failures(  # noqa: PLR0917 # what is compared, and how sure
    matter: Matter, now: Sample, before: Sample, level: float, trials: int, cause: str = ""
) -> GateFinding:
    is_more = now.failures * before.requests > before.failures * now.requests
    # Fewer failures are no news here: half of the chance is theirs.
    is_proven = is_more and two_sided_p(before, now) / 2 <= level
    return GateFinding(
        matter=matter,
        verdict=GateVerdict.BROKEN if is_proven else GateVerdict.KEPT,
        cause=cause,
        before=_share(before),
        now=_share(now),
        trials=trials,
    )


def _slower(now: GateLevel, before: GateLevel, terms: GateTerms, level: float) -> GateFinding:
    known = [math.log(one.p95_ms) for one in before.trials if one.p95_ms]
    was_ms = math.exp(sum(known) / len(known)) if known else None
    margin = max(terms.margin, terms.negligible_ms / was_ms) if was_ms else terms.margin
    return _ratio(Matter.LATENCY, "p95_ms", now, before, _Held(terms=terms, level=level, margin=margin))


def _less_served(now: GateLevel, before: GateLevel, terms: GateTerms, level: float) -> GateFinding:
    asked = _Held(terms=terms, level=level, margin=terms.margin, is_less_worse=True)
    return _ratio(Matter.THROUGHPUT, "throughput_rps", now, before, asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    terms: GateTerms
    level: float
    margin: float
    is_less_worse: bool = False


def _ratio(matter: Matter, number: Number, now: GateLevel, before: GateLevel, asked: _Held) -> GateFinding:
    """Return whether a number is worse by more than the margin, pair by pair or session by session."""
    test: Callable[..., _Apart | None] = _by_pairs if asked.terms.is_paired else _by_sessions
    found = test(number, now, before, asked)
    trials = min(len(now.trials), len(before.trials))
    if found is None:
        return _not_told(matter, Doubt.FEW_TRIALS, trials)
    is_worse = found.least > math.log1p(asked.margin)
    return GateFinding(
        matter=matter,
        verdict=GateVerdict.BROKEN if is_worse else GateVerdict.KEPT,
        before=_middle(before, number),
        now=_middle(now, number),
        ratio=math.exp(found.estimate),
        least=math.exp(found.least),
        seen_from=None if found.reach is None else (1 + asked.margin) * math.exp(found.reach),
        trials=found.trials,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Apart:
    estimate: float
    """By what the logarithm is worse."""
    least: float
    reach: float | None
    """How much more than the margin it must be worse to be found in 4 of 5 gates."""
    trials: int


def _by_pairs(number: Number, now: GateLevel, before: GateLevel, asked: _Held) -> _Apart | None:
    logs = log_ratios(at_block(before.trials), at_block(now.trials), number)
    worse = [-log if asked.is_less_worse else log for log in logs]
    least = least_beyond(worse, asked.level)
    if least is None or len(worse) < LEAST_PAIRS:
        return None
    pairs = paired_ratio(worse)
    reach = detectable_share(pairs.spread, len(worse), 2 * asked.level) if pairs.spread is not None else None
    return _Apart(
        estimate=math.log(pairs.ratio),
        least=least,
        reach=None if reach is None else math.log1p(reach),
        trials=len(worse),
    )


def _by_sessions(number: Number, now: GateLevel, before: GateLevel, asked: _Held) -> _Apart | None:
    earlier, after = (_logs(level, number) for level in (before, now))
    # What two sessions differ by is not told by their trials, so it is asked more.
    found = apart(earlier, after, asked.level / 2)
    if found is None:
        return None
    estimate = -found.estimate if asked.is_less_worse else found.estimate
    return _Apart(
        estimate=estimate,
        least=estimate - found.reach,
        # As far again is found half the time from the margin on, and four times in five somewhat beyond.
        reach=found.reach + found.error,
        trials=min(len(earlier), len(after)),
    )


def _logs(level: GateLevel, number: Number) -> list[float]:
    found = (logarithm(facts, number) for facts in at_block(level.trials).values())
    return [log for log in found if log is not None]


def _middle(level: GateLevel, number: Number) -> float | None:
    logs = _logs(level, number)
    return math.exp(sum(logs) / len(logs)) if logs else None


def _units(level: GateLevel) -> tuple[Counts, ...]:
    """Return its trials as the judge of the objective takes them."""
    return units_of([one.counts for one in level.trials if not one.broke], sum(one.broke for one in level.trials))


def _failures(level: GateLevel, cause: str = "", *, with_unknown: bool = False) -> Sample:
    """Return the failures of a level, or those of one cause, and how many events they are."""
    units = _units(level)
    failed, total = sum(one.failures for one in units), sum(one.requests for one in units)
    asked = max((one.requests for one in units), default=1)
    # Who did not get through a trial failed once in it.
    weighed = [(asked, asked) if one.broke else (one.failures, one.together) for one in level.trials]
    together = sum(number * at_a_time for number, at_a_time in weighed)
    at_once = max(1.0, together / failed if failed else 1.0, dispersion(units))
    if not cause:
        return Sample(failures=failed, requests=total, events=failed / at_once)
    unknown = sum(one.failures - sum(one.causes.values()) for one in level.trials if not one.broke)
    of_cause = sum(one.causes.get(cause, 0) for one in level.trials) + (max(0, unknown) if with_unknown else 0)
    return Sample(failures=of_cause, requests=total, events=of_cause / at_once)


def _share(sample: Sample) -> float | None:
    return sample.failures / sample.requests if sample.requests else None
