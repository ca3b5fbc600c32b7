"""A Markdown comment that fits in a pull request, which is a step's summary too."""

from collections.abc import Collection, Iterator

from badgateway import numbers
from badgateway.model.gate import GATE_SEVERITY, GateFinding, GateVerdict, Matter
from badgateway.report.gate.telling import ToldCase, ToldCause, ToldGate, findings
from badgateway.report.markdown import blocks, bullets, code_span, escaped, table, whole_page
from badgateway.words.gate import name

_MARK = {GateVerdict.KEPT: "✅", GateVerdict.INCONCLUSIVE: "❔", GateVerdict.BROKEN: "❌"}
_HEAD = ("", "what", "before", "now", "times worse", "at least", "trials")
_ALIGN = (":--", ":--", "--:", "--:", "--:", "--:", "--:")
_MOST_CASES = 12
"""Of more, the worst: code hosts cut a comment at 65,536 characters."""


def render_comment(found: ToldGate) -> str:
    """Return the answer, the difference to the baseline as a table, and why."""
    by_severity = sorted(found.cases, key=lambda case: -GATE_SEVERITY.index(case.verdict))
    shown, left = by_severity[:_MOST_CASES], len(by_severity[_MOST_CASES:])
    return whole_page(
        (
            f"### {_MARK[found.verdict]} badgateway gate: {escaped(found.headline)}",
            *(_case(case) for case in shown),
            *([f"{numbers.plural(left, 'further case')} in gate.json."] if left else []),
            table(_HEAD, _ALIGN, _rows(found, {case.name for case in shown})),
            _how(found),
        )
    )


def _case(case: ToldCase) -> str:
    lines = [*case.broken, *(f"{reason}" for reason in case.reasons), *case.doubts]
    changes = [f"not as in the baseline: {'; '.join(case.changes)}"] if case.changes else []
    causes = [_cause(cause) for cause in case.causes]
    return blocks(f"**{escaped(case.name)}: {case.verdict.value}**", bullets([*lines, *changes]), *causes)


def _cause(cause: ToldCause) -> str:
    how = f"{escaped(cause.id)}, {cause.certainty}, {numbers.count(cause.count)} requests"
    change = f": change {escaped(cause.change)}" if cause.change else ""
    return blocks(
        f"**{escaped(cause.title)}** ({how}){change}", "\n".join(f"> {code_span(line)}" for line in cause.evidence)
    )


def _rows(found: ToldGate, shown: Collection[str]) -> Iterator[tuple[str, ...]]:
    for case, one in findings(found):
        if name(case) not in shown:
            continue
        what = f"{name(case)}: {one.matter.value}{f' {one.cause}' if one.cause else ''}"
        ratios = tuple(numbers.NO_DATA if value is None else numbers.ratio(value) for value in (one.ratio, one.least))
        yield (
            _MARK[one.verdict],
            escaped(what),
            _figure(one, one.before),
            _figure(one, one.now),
            *ratios,
            str(one.trials),
        )


def _figure(found: GateFinding, value: float | None) -> str:
    if value is None:
        return numbers.NO_DATA
    if found.matter is Matter.LATENCY:
        return numbers.milliseconds(value)
    if found.matter is Matter.THROUGHPUT:
        return f"{numbers.rate(value)}/s"
    return numbers.percent(value)


def _how(found: ToldGate) -> str:
    paired = any(case.is_paired for case in found.cases)
    how = (
        "Both were measured turn by turn in one run, so no other machine and no other hour is in the figures."
        if paired
        else "The baseline is of another run; p95 and throughput count only beyond what sessions differ by."
    )
    return f"{how if found.baseline else 'There is no baseline, so only the objective was asked.'}"
