"""Renders an explanation for a terminal: what to change first, then each cause, then what is left open."""

from collections.abc import Iterator

from badgateway import numbers
from badgateway.model.diagnosis import EvidenceLine
from badgateway.model.explanation import Explanation
from badgateway.report import wording
from badgateway.report.explanation import document, moments
from badgateway.report.explanation.document import CauseView, Document
from badgateway.report.explanation.incidents import IncidentView
from badgateway.report.explanation.text_rows import Paint, Role, Row, cut, painted, row, unpainted, wrapped
from badgateway.report.explanation.timeline import Timeline

_BARS = "▁▂▃▄▅▆▇█"
_LABEL = 13
"""Columns of 'Change', 'Evidence' and the like, with the space before and after."""
_EVIDENCE_ROWS = 4
_URLS_SHOWN = 5


def render_text(explanation: Explanation, *, width: int = 100, paint: Paint = unpainted) -> str:
    """Return the page; the same explanation gives the same bytes.

    Args:
        explanation: What to say.
        width: Columns of the terminal.
        paint: Gives rows their look.
    """
    page = document.build(explanation)
    blocks = [
        _head(page, width),
        _incidents(page.incidents, width),
        *(_cause(cause, page, width) for cause in page.causes),
        _open(page.unattributed, page.unattributed_lines, width),
        _hints(page.hints, width),
        _open(page.malformed, page.malformed_lines, width),
        _files(page, width),
    ]
    return "\n".join(painted(map(_row, lines), paint) for block in blocks if (lines := list(block)))


class _Strong(str):
    """A line that is to stand out."""

    __slots__ = ()


def _row(line: str) -> Row:
    return row(line, Role.STRONG if isinstance(line, _Strong) else Role.PLAIN)


def _head(page: Document, width: int) -> Iterator[str]:
    yield _Strong(page.headline)
    if page.period:
        yield page.period
    for note in page.notes:
        yield from wrapped(note, width)
    if page.answer:
        yield ""
    for sentence in page.answer:
        yield from map(_Strong, wrapped(sentence, width))
    if len(page.causes) > 1:
        yield ""
        yield from _overview(page.causes, width)


def _incidents(incidents: tuple[IncidentView, ...], width: int) -> Iterator[str]:
    if incidents:
        yield _Strong("What happened when")
    for incident in incidents:
        doubt = "" if incident.is_sure else " (?)"
        yield from wrapped(f"   {incident.when}: {incident.statuses}, {incident.what}{doubt}", width, hanging=6)


def _overview(causes: tuple[CauseView, ...], width: int) -> Iterator[str]:
    digits = max(len(cause.count) for cause in causes)
    for cause in causes:
        doubt = "" if cause.is_proven else " (?)"
        yield cut(f"{cause.place:>3}. {cause.count:>{digits}}  {cause.share:>8}  {cause.title}{doubt}", width)
    if not all(cause.is_proven for cause in causes):
        yield "     (?) several causes fit, and these logs cannot tell them apart"


def _cause(cause: CauseView, page: Document, width: int) -> Iterator[str]:
    yield _Strong(cut(f"{cause.place}. {cause.title}", width))
    yield from _part("Seen", f"{cause.statuses} ({cause.share} of all failures); {cause.certainty}", width)
    if page.timeline is not None:
        yield from _part("When", _when(page.timeline, page.timeline.causes[cause.place - 1], page), width)
    yield from _part("Why", cause.explanation, width)
    for number, remedy in enumerate(cause.remedies, start=1):
        knob = f"{remedy.knob}. " if remedy.knob else ""
        yield from _part("Change" if number == 1 else "", f"{number}. {knob}{remedy.text}", width, hanging=3)
    if cause.urls:
        shown = ", ".join(f"{count}{wording.TIMES}{path}" for count, path in cause.urls[:_URLS_SHOWN])
        yield from _part("URLs", shown, width)
    yield from _lines("Evidence", cause.evidence, width)
    yield from _part("More", cause.command, width)


def _when(timeline: Timeline, counts: tuple[int, ...], page: Document) -> str:
    span = moments.span(timeline.start_s, timeline.end_s, page.utc_offset_s)
    if timeline.buckets == 1:
        return f"{span}, {numbers.count(sum(counts))}" if sum(counts) else "at no known time"
    top = max(counts)
    bars = "".join(_BARS[(count * len(_BARS) - 1) // top] if count else " " for count in counts)
    return f"|{bars}| {span}; a bar is {moments.length(timeline.step_s)}, the highest {numbers.count(top)}"


def _open(sentence: str, lines: tuple[EvidenceLine, ...], width: int) -> Iterator[str]:
    if sentence:
        yield _Strong(sentence)
        yield from _lines("First", lines, width)


def _hints(hints: tuple[str, ...], width: int) -> Iterator[str]:
    if hints:
        yield _Strong("To learn more")
    for hint in hints:
        yield from wrapped(f"   - {hint}", width, hanging=5)


def _files(page: Document, width: int) -> Iterator[str]:
    yield _Strong("Read")
    for name, kind, lines in page.files:
        yield from wrapped(f"   {name}: {kind}, {lines}", width, hanging=5)


def _lines(label: str, lines: tuple[EvidenceLine, ...], width: int) -> Iterator[str]:
    for line in lines:
        place = f"{line.file}:{line.line_number}  {line.text}"
        rows = list(_part(label, place, width, hanging=2))
        yield from rows[:_EVIDENCE_ROWS]
        if len(rows) > _EVIDENCE_ROWS:
            yield f"{' ' * (_LABEL + 2)}..."
        label = ""


def _part(label: str, text: str, width: int, *, hanging: int = 0) -> Iterator[str]:
    first, *rest = wrapped(text, width - _LABEL, hanging=hanging) or ("",)
    yield f"   {label:<{_LABEL - 3}}{first}".rstrip()
    for line in rest:
        yield f"{' ' * _LABEL}{line}"
