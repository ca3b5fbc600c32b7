"""Says what made the trials of a run INVALID, and how to end it: repeating them alone would not."""

from collections.abc import Iterable, Iterator, Sequence

from badgateway.model.outcome import CheckReason, SelfCheck
from badgateway.model.summary import TrialSummary, Verdict
from badgateway.model.trial import NEVER_LEFT, OutsidePart
from badgateway.model.verdict_reason import Disturbed, Reason
from badgateway.numbers import plural
from badgateway.words.verdict_reasons import say

_BUSY = "badgateway doctor names who is busy: end that, and run it again"
_REMEDIES: dict[object, str] = {
    SelfCheck.OUTSIDE_LOAD: "badgateway doctor names who it is",
    SelfCheck.STOLEN: "run it on a machine that no other guest takes time from, or when those are quiet",
    SelfCheck.SATURATED: "share the load out: more of load.processes, or fewer users",
    SelfCheck.SENT_LATE: f"the generator got too little time; {_BUSY}, or with lower rates",
    SelfCheck.CLOCK_SET: "let nothing set the clock while it runs",
    OutsidePart.GENERATOR: f"let nobody stop it, nor take its time; {_BUSY}",
    NEVER_LEFT: "let it have what it lacked, more local ports (ip_local_port_range, also of places.load), more open "
    "files (ulimit -n), memory or a way to the site; or send less",
    OutsidePart.DATABASE: "let nobody stop it; its log is in the run's folder",
    OutsidePart.PROXY: "let nobody stop it; its log is in the trial's folder",
    OutsidePart.RELAY: (
        "let nobody stop it, nor touch its device; its log is in the trial's folder. Where it dropped packets: fewer "
        "or smaller requests, or no delay"
    ),
    OutsidePart.SERVICE: "let nobody stop it",
    OutsidePart.KIT: f"it got too little time; {_BUSY}",
    OutsidePart.MACHINE: _BUSY,
    OutsidePart.CLOCK: "let nothing set the clock while it runs",
    OutsidePart.SETTINGS: "let the experiment's file say what the server runs with",
}


def what_disturbed(trials: Sequence[TrialSummary], busy: str = "") -> Iterator[str]:
    """Yield what befell the trials of a run, each kind with how often, an example and its remedy.

    Args:
        trials: All of them.
        busy: Who kept the machine busy when the run began, in a clause.
    """
    groups: dict[object, list[Reason]] = {}
    for reason in _reasons(trials):
        groups.setdefault(_kind(reason), []).append(reason)
    for kind, found in sorted(groups.items(), key=lambda one: -len(one[1])):
        of, remedy = plural(len(trials), "trial"), _REMEDIES.get(kind, "")
        were = "is" if len(found) == 1 else "are"
        yield f"{len(found)} of {of} {were} INVALID: {say(_worst(found))}{f'. Remedy: {remedy}' if remedy else ''}."
    if groups and busy:
        yield f"When it began, the machine was busy: {busy}."


def _reasons(trials: Iterable[TrialSummary]) -> Iterator[Reason]:
    """Yield the first reason of each trial that is in no statistic."""
    return (one.reasons[0] for one in trials if one.verdict is Verdict.INVALID and one.reasons)


def _kind(reason: Reason) -> object:
    """Return what reasons that differ in figures alone have in common."""
    match reason:
        case CheckReason():
            return reason.check
        case Disturbed():
            return NEVER_LEFT if NEVER_LEFT in reason.first.what else reason.first.part
        case _:
            return reason


def _worst(reasons: Sequence[Reason]) -> Reason:
    return max(reasons, key=lambda one: abs(one.found) if isinstance(one, CheckReason) else 0.0)
