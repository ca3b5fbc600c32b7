"""Renders an explanation in twenty lines for a terminal: what happened when, why, and what to change first."""

from collections.abc import Iterator, Sequence

from badgateway import numbers
from badgateway.model.explanation import Explanation
from badgateway.model.printable import printable
from badgateway.report.explanation import document
from badgateway.report.explanation.document import CauseView, Document
from badgateway.report.explanation.incidents import IncidentView
from badgateway.report.explanation.text_rows import (
    Paint,
    Role,
    Row,
    cut,
    painted,
    pieces,
    row,
    unpainted,
    wrapped_within,
)

MOST_ROWS = 20
_LABEL = 8
"""Columns of 'When', 'Why' and 'Change'."""
_HEAD_ROWS, _NOTE_ROWS, _INCIDENT_ROWS, _CAUSE_ROWS, _CHANGE_ROWS = 2, 2, 4, 4, 3
_HINT_ROWS = 3
"""Where there is room. The others leave one row for it, with three of what is left open and where to find more."""


def render_short(explanation: Explanation, *, width: int = 100, paint: Paint = unpainted) -> str:
    """Return the page; the same explanation gives the same bytes.

    Args:
        explanation: What to say.
        width: Columns of the terminal.
        paint: Gives pieces of rows their look.
    """
    page = document.build(explanation)
    inner = width - _LABEL
    blocks = [
        list(_head(page, width)),
        _labelled("When", _incidents(page.incidents, inner)),
        _labelled("Why", list(_causes(page.causes, inner))),
        _labelled("Change", list(_change(page.causes, inner))),
        [*_open(page, width), *_more(page, width)],
    ]
    room = MOST_ROWS - sum(map(len, blocks))
    blocks.insert(-1, list(_hint(page, width, min(room, _HINT_ROWS))))
    return painted(_spaced([block for block in blocks if block]), paint)


def _spaced(blocks: Sequence[list[Row]]) -> list[Row]:
    """Return all rows, with an empty one between blocks as long as there is room."""
    room = MOST_ROWS - sum(map(len, blocks))
    rows = list(blocks[0])
    for block in blocks[1:]:
        rows += [*([row("")] if room > 0 else []), *block]
        room -= 1
    return rows


def _labelled(label: str, rows: Sequence[Row]) -> list[Row]:
    labels = [label, *[""] * (len(rows) - 1)] if rows else []
    return [(*pieces((Role.STRONG, f"{name:<{_LABEL}}")), *one) for name, one in zip(labels, rows, strict=True)]


def _head(page: Document, width: int) -> Iterator[Row]:
    for line in wrapped_within(page.headline, width, _HEAD_ROWS):
        yield row(line, Role.STRONG)
    if page.period:
        yield row(page.period, Role.FAINT)
    for line in wrapped_within(" ".join(page.notes), width, _NOTE_ROWS):
        yield row(line)


def _incidents(incidents: Sequence[IncidentView], width: int) -> list[Row]:
    shown = incidents
    if len(incidents) > _INCIDENT_ROWS:
        largest = sorted(range(len(incidents)), key=lambda place: -incidents[place].count)[: _INCIDENT_ROWS - 1]
        shown = [incidents[place] for place in sorted(largest)]
    whens = max((len(each.when) for each in shown), default=0)
    counts = max((len(each.statuses) for each in shown), default=0)
    rows = [_incident(each, whens, counts, width) for each in shown]
    if len(shown) < len(incidents):
        rows.append(row(f"and {numbers.plural(len(incidents) - len(shown), 'smaller one')}", Role.FAINT))
    return rows


def _incident(incident: IncidentView, whens: int, counts: int, width: int) -> Row:
    what = f"{incident.what}{'' if incident.is_sure else ' (?)'}"
    return pieces(
        (Role.PLAIN, f"{incident.when:<{whens}}  "),
        (Role.FAILED, f"{incident.statuses:>{counts}}"),
        (Role.PLAIN, f"  {cut(what, max(width - whens - counts - 4, 8))}"),
    )


def _causes(causes: Sequence[CauseView], width: int) -> Iterator[Row]:
    room = _CAUSE_ROWS
    for cause in causes:
        rows = list(_cause(cause, width, with_evidence=cause.place == 1))
        if len(rows) > room - (cause.place < len(causes)):
            yield row(f"and {numbers.plural(len(causes) - cause.place + 1, 'other cause')}", Role.FAINT)
            return
        room -= len(rows)
        yield from rows


def _cause(cause: CauseView, width: int, *, with_evidence: bool) -> Iterator[Row]:
    certainty = "proven" if cause.is_proven else "one of several that fit"
    told = f"{cause.place}. {cause.title} ({cause.share}): {certainty}"
    *before, last = wrapped_within(told, width, 2, hanging=3)
    for line in before:
        yield row(line)
    start, end = (last[: -len(certainty)], certainty) if last.endswith(certainty) else (last, "")
    yield pieces((Role.PLAIN, start), (Role.SURE if cause.is_proven else Role.UNSURE, end))
    if with_evidence and cause.evidence:
        proof = cause.evidence[0]
        yield row(cut(printable(f"   {proof.file}:{proof.line_number}  {proof.text}"), width), Role.FAINT)


def _change(causes: Sequence[CauseView], width: int) -> Iterator[Row]:
    for cause in causes[:1]:
        advice = cause.remedies[0]
        knob = f"{advice.knob}. " if advice.knob else ""
        yield from map(row, wrapped_within(f"{knob}{advice.text}", width, _CHANGE_ROWS))


def _open(page: Document, width: int) -> Iterator[Row]:
    # That there are failures without a cause, or lines that were not read, is never left to --full.
    for sentence, lines in (
        (page.unattributed, page.unattributed_lines),
        (page.malformed, page.malformed_lines),
    ):
        if sentence:
            example = "".join(f" {each.file}:{each.line_number}  {each.text}" for each in lines[:1])
            yield row(cut(printable(f"{sentence}{example}"), width), Role.UNSURE)


def _hint(page: Document, width: int, most: int) -> Iterator[Row]:
    for hint in page.hints[:1]:
        yield from map(row, wrapped_within(f"To learn more: {hint}", width, most))


def _more(page: Document, width: int) -> Iterator[Row]:
    of_cause = f"; badgateway cause {page.causes[0].id}" if page.causes else ""
    whole = f"All lines and remedies: --full{of_cause}"
    # A command that is cut cannot be typed.
    yield row(whole if len(whole) <= width else cut(f"--full{of_cause}", width), Role.FAINT)
