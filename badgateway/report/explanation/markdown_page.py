"""Renders an explanation as Markdown for an issue or a chat."""

from collections.abc import Iterable, Iterator

from badgateway.model.diagnosis import EvidenceLine
from badgateway.model.explanation import Explanation
from badgateway.report import wording
from badgateway.report.explanation import document, moments
from badgateway.report.explanation.document import CauseView, Document
from badgateway.report.markdown import code_span, escaped, whole_page

_HEAD = "| | failures | share | cause | change first |\n| --: | --: | --: | :-- | :-- |"
_URLS_SHOWN = 5


def render_markdown(explanation: Explanation) -> str:
    """Return the page; the same explanation gives the same bytes."""
    page = document.build(explanation)
    blocks = (
        f"## {escaped(page.headline)}",
        escaped(page.period),
        *(escaped(note) for note in page.notes),
        *(f"**{sentence}**" for sentence in page.answer),
        *_incidents(page),
        _table(page),
        *(block for cause in page.causes for block in _cause(cause, page)),
        *_section(page.unattributed, _lines(page.unattributed_lines)),
        *_section("To learn more" if page.hints else "", (f"- {hint}" for hint in page.hints)),
        *_section(page.malformed, _lines(page.malformed_lines)),
        *_section("Read", (f"- {code_span(name)}: {kind}, {lines}" for name, kind, lines in page.files)),
    )
    return whole_page(blocks)


def _incidents(page: Document) -> Iterator[str]:
    if page.incidents:
        yield "\n".join(
            f"- {each.when}: {each.statuses}, {escaped(each.what)}{'' if each.is_sure else ' (?)'}"
            for each in page.incidents
        )


def _table(page: Document) -> str:
    return "\n".join((_HEAD, *map(_row, page.causes))) if page.causes else ""


def _row(cause: CauseView) -> str:
    doubt = "" if cause.is_proven else " (not the only one that fits)"
    # A knob may have a bar in it, which would end its cell.
    knob = cause.remedies[0].knob.replace("|", r"\|")
    return f"| {cause.place} | {cause.count} | {cause.share} | {escaped(cause.title)}{doubt} | {knob} |"


def _cause(cause: CauseView, page: Document) -> Iterator[str]:
    yield f"### {cause.place}. {escaped(cause.title)}"
    yield f"{cause.statuses}, {cause.share} of all failures; {cause.certainty}.{_when(cause, page)}"
    yield cause.explanation
    yield "\n".join(
        f"{number}. {f'**{remedy.knob}**: ' if remedy.knob else ''}{remedy.text}"
        for number, remedy in enumerate(cause.remedies, start=1)
    )
    if cause.urls:
        shown = (f"{count}{wording.TIMES}{code_span(path)}" for count, path in cause.urls[:_URLS_SHOWN])
        yield f"URLs: {', '.join(shown)}"
    yield "\n".join(("Evidence:", "", *_lines(cause.evidence)))
    yield f"More: {code_span(cause.command)}"


def _when(cause: CauseView, page: Document) -> str:
    timeline = page.timeline
    if timeline is None or not any(timeline.causes[cause.place - 1]):
        return ""
    places = [place for place, count in enumerate(timeline.causes[cause.place - 1]) if count]
    start_s = timeline.start_s + places[0] * timeline.step_s
    end_s = timeline.start_s + (places[-1] + 1) * timeline.step_s
    return f" From {moments.span(start_s, end_s, page.utc_offset_s)}."


def _section(heading: str, lines: Iterable[str]) -> tuple[str, ...]:
    return (f"### {heading}", "\n".join(lines)) if heading else ()


def _lines(lines: Iterable[EvidenceLine]) -> Iterator[str]:
    for line in lines:
        yield f"- {code_span(f'{line.file}:{line.line_number}')} {code_span(line.text) if line.text else ''}"
