"""Says what one change did between two configurations of a ladder."""

from collections.abc import Iterable, Iterator

from badgateway.model.axis import AXES, At, away
from badgateway.model.configuration import Configuration
from badgateway.model.differences import Difference
from badgateway.model.knob import WorkerModel
from badgateway.model.ladder import ConfigurationEffect, Effect, SpeedMove
from badgateway.model.summary import LevelSummary, Verdict
from badgateway.numbers import listed, plural
from badgateway.servers.registry import server_of
from badgateway.words.phrases import chance, inside, seconds
from badgateway.words.shifts import causes_shift, failed, shares_shift, speed_shift
from badgateway.words.verdict_reasons import say

MANY_AT_ONCE = (WorkerModel.GREENLETS, WorkerModel.EVENT_LOOP)
_LEAST_GAP_S = 0.5
_LOSS = (Verdict.PASS, Verdict.FAIL)
_MOVED = {SpeedMove.SLOWER: "but slower", SpeedMove.FASTER: "and faster"}


def in_own_words(configuration: Configuration, changes: Iterable[Difference]) -> Iterator[tuple[str, str, str]]:
    """Yield what was changed as the server's own file spells it: setting, before, after; of another file no setting."""
    for one in changes:
        if one.setting == "server":
            yield "", _short(one.old), _short(one.new)
        elif one.setting != "greenlets" or configuration.worker_model in MANY_AT_ONCE:
            yield server_of(configuration).settings.get(one.setting, one.setting), one.old, one.new


def _short(server: str) -> str:
    """Return the name of a server file; a command is not cut."""
    return server if " " in server else server.rpartition("/")[2]


def sentence(found: ConfigurationEffect) -> str:
    """Return what became of the failures, or why the two cannot be compared."""
    if not found.against:
        fact = failed(found.after) if found.after.measurement else f"it was not measured: {say(found.after.reasons[0])}"
        return f"Where the others start from: {fact}.{_gaps(found.after)}"
    if found.before is None:
        return f"Not compared: {found.against} was not measured {_condition(found.after.at)}."
    for level in (found.before, found.after):
        if level.measurement is None:
            return f"Not compared: {level.configuration} was not measured, {say(level.reasons[0])}."
    return (
        f"{_what_became(found, found.before)}{_trials_lost(found.before)}{_trials_lost(found.after)}"
        f"{_gaps(found.after)}"
    )


def _condition(at: At) -> str:
    there = [axis.condition.format(value) for axis, value in away(at)]
    return listed(there) if there else f"without {listed([axis.noun for axis in AXES], 'or')}"


def _what_became(found: ConfigurationEffect, before: LevelSummary) -> str:
    after = found.after
    speed = speed_shift(before, after, found.p95)
    if found.effect is Effect.NEVER_FAILED:
        joined = (
            f", {_MOVED[found.moved]}{_because(found.changes)}: {speed}.{_lost(before, after)}"
            if found.moved
            else f"; {speed}."
        )
        return f"No failures before and after{joined}"
    if found.effect is Effect.NOT_PROVEN:
        counts = f"{_counts(before, after)} ({causes_shift(before, after)})"
        return f"Not proven: {counts}, {_why_not(found, before)}; {speed}.{_lost(before, after)}"
    shifts = f"{shares_shift(before, after)}; {speed}"
    if found.effect is Effect.NO_EFFECT:
        return f"{_why_no_effect(found, before)}; {shifts}."
    verb = "Helped" if found.effect is Effect.HELPED else "Made it worse"
    return f"{verb}{_because(found.changes)}: {causes_shift(before, after)}; {shifts}."


def _why_not(found: ConfigurationEffect, before: LevelSummary) -> str:
    if before.trials_lost or found.after.trials_lost:
        return "in the trials that were got through"
    if found.is_same_share:
        return "about as many, but too few to say that it did not double or halve them"
    assert found.p_value is not None
    return f"which may be chance ({chance(found.p_value)} among all comparisons, as unevenly as failures fell)"


def _trials_lost(level: LevelSummary) -> str:
    lost = level.trials_lost
    if not lost:
        return ""
    of_all = f"{len(lost)} of {plural(len(level.valid_trials), 'trial')}"
    return f" {level.configuration} did not get through {of_all}, in no share here: {say(lost[0].reasons[0])}."


def _lost(before: LevelSummary, after: LevelSummary) -> str:
    return " It no longer keeps the objective." if (before.verdict, after.verdict) == _LOSS else ""


def _because(changes: tuple[Difference, ...]) -> str:
    if len(changes) == 1:
        return f" because of {changes[0]}"
    # With several changes nobody knows which one it was.
    return f" ({plural(len(changes), 'setting')} changed)" if changes else " though nothing was changed"


def _why_no_effect(found: ConfigurationEffect, before: LevelSummary) -> str:
    shift = causes_shift(before, found.after)
    first, then = found.causes
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
    times = plural(sum(gaps.count for gaps in known), "time")
    among = f" of {plural(len(known), 'trial')} together" if len(known) > 1 else ""
    return f" No worker accepted for about {seconds(total_s)}{among} ({times})."
