"""What one change did: an arm held against the arm that it changed something of, at one load level."""

from badgateway.judge.cause_reasons import inside, main_cause
from badgateway.judge.chance import are_told_alike, chance
from badgateway.judge.shifts import causes_shift, clear_shift, failed, shares_shift, speed_shift
from badgateway.judge.wording import counted, seconds
from badgateway.model.ladder import ArmEffect, Effect
from badgateway.model.summary import LevelSummary, Proportion, Verdict

_SHARE_LEFT = 0.8
"""A share of failures that a change leaves more of than this is about the same, however many requests say so."""
_POINTS = 0.1
"""A difference of this much counts all the same: where nearly everything failed, a fifth of that is too much to ask."""
_LEAST_GAP_S = 0.5
_LOSS = (Verdict.PASS, Verdict.FAIL)


def start(level: LevelSummary) -> ArmEffect:
    """Say how the arm does that all others go back to."""
    found = level.measurement
    fact = failed(level) if found else f"it was not measured: {level.reasons[0]}"
    return ArmEffect(
        users=level.users,
        effect=Effect.START if found else Effect.NOT_COMPARED,
        sentence=f"Where the others start from: {fact}.{_gaps(level)}",
        p_value=None,
    )


def not_compared(users: int, reason: str) -> ArmEffect:
    """Say why two arms cannot be compared."""
    return ArmEffect(users=users, effect=Effect.NOT_COMPARED, sentence=f"Not compared: {reason}.", p_value=None)


def effect(before: LevelSummary, after: LevelSummary, changes: tuple[str, ...], *, significance: float) -> ArmEffect:
    """Say what became of the failures between two arms at one load level.

    Args:
        before: The arm that something was changed of.
        after: The arm with the change.
        changes: What was changed, setting by setting.
        significance: A p-value below it is no chance.
    """
    for level in (before, after):
        if level.measurement is None:
            return not_compared(after.users, f"{level.configuration} was not measured, {level.reasons[0]}")
    p_value = chance(before, after)
    kind = _with_trials_lost(_kind(before, after, p_value, significance), before, after)
    sentence = f"{_sentence(kind, before, after, changes, p_value)}{_trials_lost(before)}{_trials_lost(after)}"
    return ArmEffect(users=after.users, effect=kind, sentence=f"{sentence}{_gaps(after)}", p_value=p_value)


def _kind(before: LevelSummary, after: LevelSummary, p_value: float, significance: float) -> Effect:
    failures, failures_after = before.measured.failures, after.measured.failures
    if not failures.count and not failures_after.count:
        return Effect.NEVER_FAILED
    if _about_the_same(failures, failures_after):
        return Effect.NO_EFFECT if are_told_alike(before, after) else Effect.NOT_PROVEN
    if p_value >= significance:
        return Effect.NOT_PROVEN
    return Effect.HELPED if failures_after.share < failures.share else Effect.WORSE


def _with_trials_lost(kind: Effect, before: LevelSummary, after: LevelSummary) -> Effect:
    """Let a trial that an arm did not get through, which is in no share of its failures, never speak for that arm."""
    is_for_before, is_for_after = kind is Effect.WORSE, kind is Effect.HELPED
    lost_before, lost_after = bool(before.trials_lost), bool(after.trials_lost)
    is_open = (lost_before and not is_for_after) or (lost_after and not is_for_before)
    return Effect.NOT_PROVEN if is_open else kind


def _about_the_same(one: Proportion, other: Proportion) -> bool:
    less, more = sorted((one.share, other.share))
    return less > _SHARE_LEFT * more and more - less < _POINTS


def _sentence(kind: Effect, before: LevelSummary, after: LevelSummary, changes: tuple[str, ...], p_value: float) -> str:
    speed = speed_shift(before, after)
    if kind is Effect.NEVER_FAILED:
        moved = clear_shift(before, after)
        joined = f", {moved}{_because(changes)}: {speed}.{_lost(before, after)}" if moved else f"; {speed}."
        return f"No failures before and after{joined}"
    if kind is Effect.NOT_PROVEN:
        return (
            f"Not proven: {_counts(before, after)}, {_why_not(before, after, p_value)}; {speed}.{_lost(before, after)}"
        )
    shifts = f"{shares_shift(before, after)}; {speed}"
    if kind is Effect.NO_EFFECT:
        return f"{_why_no_effect(before, after)}; {shifts}."
    verb = "Helped" if kind is Effect.HELPED else "Made it worse"
    return f"{verb}{_because(changes)}: {causes_shift(before, after)}; {shifts}."


def _why_not(before: LevelSummary, after: LevelSummary, p_value: float) -> str:
    if before.trials_lost or after.trials_lost:
        return "in the trials that were got through"
    if _about_the_same(before.measured.failures, after.measured.failures):
        return "about as many, but too few to say that it did not double or halve them"
    return f"which may be chance (p = {p_value:.2g}, as unevenly as failures fell)"


def _trials_lost(level: LevelSummary) -> str:
    lost = level.trials_lost
    if not lost:
        return ""
    of_all = f"{len(lost)} of {counted(len(level.valid_trials), 'trial')}"
    return f" {level.configuration} did not get through {of_all}, in no share here: {lost[0].reasons[0]}."


def _lost(before: LevelSummary, after: LevelSummary) -> str:
    return " It no longer keeps the objective." if (before.verdict, after.verdict) == _LOSS else ""


def _because(changes: tuple[str, ...]) -> str:
    if len(changes) == 1:
        return f" because of {changes[0]}"
    # With several changes nobody knows which one it was.
    return f" ({counted(len(changes), 'setting')} changed)" if changes else " though nothing was changed"


def _why_no_effect(before: LevelSummary, after: LevelSummary) -> str:
    shift = causes_shift(before, after)
    first, then = main_cause(before), main_cause(after)
    if first is None or then is None:
        return f"No effect: {shift}"
    if first.cause.id != then.cause.id:
        return f"No fewer failures, but of another cause: {shift}"
    return f"No effect: the cause was the same, {inside(first.cause.title)} ({shift})"


def _counts(before: LevelSummary, after: LevelSummary) -> str:
    one, other = before.measured.failures, after.measured.failures
    return f"{one.count:,} of {one.total:,} requests failed before, {other.count:,} of {other.total:,} after"


def _gaps(level: LevelSummary) -> str:
    """Say how long no worker accepted, where that is known and was long enough to matter."""
    known = [trial.worker_gaps for trial in level.trials if trial.worker_gaps]
    total_s = sum(gaps.total_s for gaps in known)
    if total_s < _LEAST_GAP_S:
        return ""
    times = counted(sum(gaps.count for gaps in known), "time")
    among = f" of {counted(len(known), 'trial')} together" if len(known) > 1 else ""
    return f" No worker accepted for about {seconds(total_s)}{among} ({times})."
