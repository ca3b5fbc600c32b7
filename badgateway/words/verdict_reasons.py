"""Says why a trial, a level or a configuration is not PASS."""

from badgateway.model.outcome import STATUS_OF, CheckReason, SelfCheck
from badgateway.model.trial import Disturbance, OtherWork, WorkMeasure
from badgateway.model.verdict_reason import (
    Disturbed,
    LimitReason,
    LoadReason,
    NoneOk,
    OutcomeCounts,
    Reason,
    TrialsReason,
    Undecided,
)
from badgateway.numbers import plural
from badgateway.words.phrases import limit, limit_count, load, milliseconds, milliseconds_limit, percent, seconds


def said(reasons: tuple[Reason, ...]) -> tuple[str, ...]:
    """Return each reason as a clause."""
    return tuple(map(say, reasons))


def say(reason: Reason) -> str:
    """Return a reason as a clause; what a file or a program says, as it says it."""
    match reason:
        case LimitReason():
            clause = _limit(reason)
        case NoneOk():
            clause = f"none of {reason.requests:,} requests was OK: {_kinds(reason.outcomes)}"
        case CheckReason():
            clause = _check(reason)
        case Disturbed():
            moment = "" if reason.after_s is None else f", {seconds(reason.after_s)} after the trial began"
            more = f"; and {plural(reason.more, 'more disturbance')}" if reason.more else ""
            clause = f"{disturbance(reason.first)}{moment}{more}"
        case TrialsReason():
            what = "not got through" if reason.is_counted else "not counted"
            clause = f"{reason.count} of {plural(reason.of, 'trial')} {what}: {say(reason.reason)}"
        case LoadReason():
            clause = f"at {load(reason.load)}: {say(reason.reason)}"
        case str():
            clause = reason
    return clause


def disturbance(found: Disturbance) -> str:
    """Return what befell a trial, as a clause; while it ran it was said by what saw it."""
    if not isinstance(found, OtherWork):
        return found.what
    return f"the database did other work: {_OTHER_WORK[found.measure].format(found=found)}"


_OTHER_WORK = {
    WorkMeasure.ROWS: "it read {found.found:,.1f} rows for each SELECT, and {found.usual:,.1f} is usual in the "
    "{found.trials} trials that ask for the same",
    WorkMeasure.CPU_MS: "it used {found.found:.2f} ms of CPU for each SELECT, and {found.usual:.2f} ms is usual in the "
    "{found.trials} trials of this configuration at this load",
}


def _limit(found: LimitReason) -> str:
    kinds = f": {_kinds(found.outcomes)}" if found.outcomes else ""
    p95 = f", the p95 of OK requests was {milliseconds(found.p95_ms)}" if found.p95_ms is not None else ""
    said = f"{limit_count(found.counted)}{kinds}{p95}"
    return said if found.undecided is None else f"{said}; {_what_it_takes(found.undecided, found.counted.allowed)}"


def _what_it_takes(found: Undecided, allowed: float) -> str:
    of = found.unit
    if allowed == 0:
        return "no number of requests can prove that none ever fails"
    if found.units == 1:
        return f"one {of} alone shows nothing of how {of}s differ, so it takes another"
    most = f"by how unevenly it fell on {plural(found.units, of)}, it may be up to {percent(found.most)}"
    if found.more is None:
        return f"{most}, and more {of}s will hardly decide it"
    return f"{most}; it needs about {plural(found.more, f'more {of}')} to decide, if all goes on so"


def _kinds(outcomes: OutcomeCounts) -> str:
    """Return the failures by kind: '284 x 502, 3 x TRUNCATED'."""
    return ", ".join(f"{count:,} x {STATUS_OF.get(outcome, outcome.value)}" for outcome, count in outcomes)


def _check(reason: CheckReason) -> str:
    found, allowed = reason.found, reason.allowed
    return {
        SelfCheck.SATURATED: f"the load generator was saturated ({percent(found)} of one core)",
        SelfCheck.GENERATOR_UNKNOWN: "how busy the load generator was is unknown",
        SelfCheck.SENT_LATE: f"the load generator was late: 1 % of requests were sent more than {milliseconds(found)} "
        f"after they were due; allowed are {milliseconds_limit(allowed)}",
        SelfCheck.SENDING_UNKNOWN: "whether the load generator sent its schedule is unknown",
        SelfCheck.MACHINE_UNKNOWN: "what else ran on the machine is unknown: it was not looked at often enough, raise "
        "load.window_s",
        SelfCheck.CLOCK_SET: f"the machine's clock was set during the trial, by {found:+.2f} s",
        SelfCheck.STOLEN: f"the hypervisor took {percent(found)} of the CPU time for other guests; "
        f"allowed are {limit(allowed)} (machine.max_steal_share)",
        SelfCheck.OUTSIDE_LOAD: f"other processes used {percent(found)} of the machine's CPU time; "
        f"allowed are {limit(allowed)} (machine.max_outside_share): stop them, or wait",
        SelfCheck.NO_LEDGER: "there is no ledger of the trial",
        SelfCheck.ONE_SIDED: f"{found:,.0f} of {allowed:,.0f} requests are in the books of one side only",
        SelfCheck.ABORTED: "the trial was aborted, and nobody wrote down why",
        SelfCheck.NO_WINDOW: "the trial ended before its window began",
        SelfCheck.NO_REQUEST: "no request started in the window",
        SelfCheck.NO_TRIAL: "no trial was run",
    }[reason.check]
