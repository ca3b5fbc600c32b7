"""Says what a gate found: what is worse and by how much, what could not be told, and what to do."""

from collections.abc import Iterator, Mapping

from badgateway import numbers
from badgateway.model.gate import Doubt, Gate, GateCase, GateFinding, GateVerdict, Matter
from badgateway.numbers import listed, plural
from badgateway.words import phrases

Titles = Mapping[str, str]
"""Of causes, by their ids."""
_DOUBTS = {
    Doubt.UNDECIDED: "the trials do not decide whether the objective is kept; give more time (--budget)",
    Doubt.NO_TRIAL: "no trial can be trusted; the lines of the trials say why",
    Doubt.NOTHING_BEFORE: "the baseline has nothing of this configuration at this load; write it: --baseline-update",
    Doubt.FEW_TRIALS: "so few trials can prove nothing; give more time (--budget)",
    Doubt.OTHER_MACHINE: "the baseline is from another machine, whose figures say nothing of this one; measure both "
    "here: --against CHECKOUT",
    Doubt.OTHER_OBJECTIVE: "the baseline was asked something else (objective, the load's script or its warm-up); write "
    "it anew: --baseline-update",
}
_PAIRED_DOUBTS = {
    **_DOUBTS,
    Doubt.NOTHING_BEFORE: "no trial of what it is held to can be trusted; the lines of the trials say why",
}
"""Where the baseline was measured in the same run, and no file is to be written."""
_MATTERS = {
    Matter.OBJECTIVE: "the objective",
    Matter.FAILURES: "failures",
    Matter.CAUSE: "causes",
    Matter.LATENCY: "p95",
    Matter.THROUGHPUT: "throughput",
}


def headline(found: Gate) -> str:
    """Return the answer in a line: 'BROKEN for shop: site, 120 users: ...'."""
    of = f"{found.verdict.value} for {found.experiment.removesuffix('-gate')}"
    first = next((one for one in found.cases if one.verdict is found.verdict), None)
    if first is None or found.verdict is GateVerdict.KEPT:
        against = f", held to {found.baseline}" if found.baseline else ": the objective alone was asked"
        return f"{of}{against}"
    return f"{of}: {name(first)}"


def name(case: GateCase) -> str:
    """Return what was gated: 'uwsgi-16, 120 users'."""
    return f"{case.configuration}, {phrases.load(case.load)}"


def finding(found: GateFinding, titles: Titles) -> str:
    """Return one thing that was looked at, as a clause."""
    if found.doubt is not None:
        return f"{_MATTERS[found.matter]}: {_DOUBTS[found.doubt]}"
    match found.matter:
        case Matter.OBJECTIVE:
            said = _objective(found)
        case Matter.FAILURES:
            said = f"{_failing(found.now)}; of the baseline's {_share(found.before)}"
        case Matter.CAUSE:
            said = _cause(found, titles)
        case Matter.LATENCY:
            said = _p95(found)
        case Matter.THROUGHPUT:
            said = _throughput(found)
    return said


def doubts(case: GateCase) -> Iterator[str]:
    """Yield what could not be told of a case, each doubt once."""
    told = _PAIRED_DOUBTS if case.is_paired else _DOUBTS
    by_doubt: dict[Doubt, list[str]] = {}
    for one in case.findings:
        if one.doubt is not None:
            by_doubt.setdefault(one.doubt, []).append(_MATTERS[one.matter])
    for doubt, matters in by_doubt.items():
        yield f"not told of {listed(matters)}: {told[doubt]}"


def _objective(found: GateFinding) -> str:
    is_kept = found.verdict is GateVerdict.KEPT
    return f"the objective is {'kept' if is_kept else 'missed'}: {_failing(found.now)}, in {_trials(found)}"


def _cause(found: GateFinding, titles: Titles) -> str:
    title = phrases.inside(titles.get(found.cause, found.cause))
    if not found.before:
        return f"a cause that the baseline did not have: {title} ({_share(found.now)} of the requests)"
    return (
        f"a cause that is more frequent: {title} ({_share(found.now)} of the requests, {_share(found.before)} before)"
    )


def _p95(found: GateFinding) -> str:
    now, before = (_milliseconds(value) for value in (found.now, found.before))
    return f"p95 is {now}, and {before} before: {_times(found, 'higher')}"


def _throughput(found: GateFinding) -> str:
    now, before = (phrases.rate(value) if value else "nothing" for value in (found.now, found.before))
    return f"{now} served, and {before} before: {_times(found, 'lower')}"


def _times(found: GateFinding, worse: str) -> str:
    ratio, least = found.ratio or 1.0, found.least or 1.0
    if found.verdict is GateVerdict.BROKEN:
        return f"{_as_ratio(ratio)} times {worse}, {_as_ratio(least)} times at least, in {_trials(found)}"
    seen = f"; {_as_ratio(found.seen_from)} times would have been seen" if found.seen_from else ""
    return f"not proven to be {worse}, in {_trials(found)}{seen}"


def _as_ratio(value: float) -> str:
    return numbers.in_sentences(numbers.ratio(value))


def _trials(found: GateFinding) -> str:
    return plural(found.trials, "trial")


def _failing(share: float | None) -> str:
    if share is None:
        return "no request was made"
    return f"{_share(share)} of the requests fail" if share else "no request fails"


def _share(share: float | None) -> str:
    return "none" if not share else phrases.percent(share)


def _milliseconds(value_ms: float | None) -> str:
    # A p95 that falls on a failed request is longer than any time limit.
    most_ms = 1e6
    return "without end" if value_ms is None or value_ms > most_ms else phrases.milliseconds(value_ms)
