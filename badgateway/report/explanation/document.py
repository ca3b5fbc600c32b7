"""The view of an explanation: everything the pages for people say, in its order, as text."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from badgateway import numbers
from badgateway.model.diagnosis import RETRIED, Cause, CauseCount, Certainty, Diagnosis, EvidenceLine
from badgateway.model.explanation import Explanation, FileRead
from badgateway.model.printable import printable
from badgateway.report import wording
from badgateway.report.explanation import incidents, moments, servers, timeline
from badgateway.report.explanation.incidents import IncidentView
from badgateway.report.explanation.timeline import Timeline
from badgateway.servers.advice import Advice


class Names:
    """What the pages call some files: by the bare name, as long as only one of them has it."""

    def __init__(self, files: Iterable[FileRead]) -> None:
        bare = {file.name: file.name.rpartition("/")[2] for file in files}
        uses = Counter(bare.values())
        self._short = {name: short for name, short in bare.items() if uses[short] == 1}

    def short(self, name: str) -> str:
        """Return the short name of a file, printable."""
        return printable(self._short.get(name, name))

    def shown(self, lines: Iterable[EvidenceLine]) -> tuple[EvidenceLine, ...]:
        """Return lines with short names, printable."""
        return tuple(
            EvidenceLine(file=self.short(line.file), line_number=line.line_number, text=printable(line.text))
            for line in lines
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseView:
    """One cause, and what to do about it."""

    place: int
    """From 1, the most frequent first."""
    id: str
    title: str
    family: str
    command: str
    """What prints its page."""
    count: str
    share: str
    """Of all failures."""
    statuses: str
    """Such as '12 x 502, 1 x 200'."""
    is_proven: bool
    certainty: str
    explanation: str
    confused_with: str
    remedies: tuple[Advice, ...]
    evidence: tuple[EvidenceLine, ...]
    urls: tuple[tuple[str, str], ...]
    """Count and path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """An explanation, before it has a format."""

    headline: str
    notes: tuple[str, ...]
    """What the logs tell beside failures, and what was assumed of them: sentences."""
    period: str
    """When the requests were; empty when the logs do not say."""
    answer: tuple[str, ...]
    """What is behind most failures, and what to change first: sentences; empty without failures."""
    incidents: tuple[IncidentView, ...]
    """What failed when, the earliest first, what went on all along last."""
    causes: tuple[CauseView, ...]
    timeline: Timeline | None
    zone: str
    utc_offset_s: float
    unattributed: str
    """One sentence; empty when every failure has a cause."""
    unattributed_lines: tuple[EvidenceLine, ...]
    hints: tuple[str, ...]
    malformed: str
    """One sentence; empty when every line was read."""
    malformed_lines: tuple[EvidenceLine, ...]
    files: tuple[tuple[str, str, str], ...]
    """Name, kind, and lines in words."""


def build(explanation: Explanation) -> Document:
    """Put an explanation into words."""
    diagnosis = explanation.diagnosis
    names = Names(explanation.files)
    advice = servers.advice_in(explanation)
    causes = tuple(
        _cause(place, found, diagnosis.failures, _Setting(advice=advice, names=names))
        for place, found in enumerate(diagnosis.causes, start=1)
    )
    return Document(
        headline=_headline(explanation),
        notes=tuple(map(printable, explanation.notes)),
        period=_period(explanation),
        answer=_answer(diagnosis, causes),
        incidents=incidents.build(explanation.incidents, explanation.utc_offset_s),
        causes=causes,
        timeline=timeline.build(explanation),
        zone=moments.zone(explanation.utc_offset_s),
        utc_offset_s=explanation.utc_offset_s,
        unattributed=_unattributed(diagnosis),
        unattributed_lines=names.shown(diagnosis.unattributed_lines),
        hints=diagnosis.hints,
        malformed=_malformed(explanation),
        malformed_lines=names.shown(line for file in explanation.files for line in file.first_malformed),
        files=tuple(_file(file) for file in explanation.files),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Setting:
    """Whose logs they are: what advice fits, and what files are called."""

    advice: Callable[[Cause], tuple[Advice, ...]]
    names: Names


def _cause(place: int, found: CauseCount, failures: int, setting: _Setting) -> CauseView:
    cause = found.cause
    return CauseView(
        place=place,
        id=cause.id,
        title=cause.title,
        family=cause.family,
        command=cause.command,
        count=numbers.count(found.count),
        share=numbers.percent(found.count / failures),
        statuses=wording.statuses(found.statuses),
        is_proven=found.certainty is Certainty.PROVEN,
        certainty=wording.CERTAINTIES[found.certainty],
        explanation=cause.explanation,
        confused_with=cause.confused_with,
        remedies=setting.advice(cause),
        evidence=setting.names.shown(found.evidence),
        urls=tuple((numbers.count(count), printable(path)) for path, count in found.urls),
    )


def _headline(explanation: Explanation) -> str:
    diagnosis = explanation.diagnosis
    if not diagnosis.failures:
        return _no_failures(explanation)
    retried = any(found.cause.id == RETRIED for found in diagnosis.causes)
    failed = "failed or had to be tried again" if retried else "failed"
    if not diagnosis.requests:
        return f"{numbers.plural(diagnosis.failures, 'request')} {failed}; of how many, these logs do not say."
    share = numbers.percent(diagnosis.failures / diagnosis.requests)
    return f"{numbers.count(diagnosis.failures)} of {numbers.plural(diagnosis.requests, 'request')} {failed} ({share})."


def _no_failures(explanation: Explanation) -> str:
    requests, unread_lines = explanation.diagnosis.requests, explanation.malformed_lines
    # Lines that were not read may hold the very failures, so they are named in one breath.
    unread = f"; {numbers.plural(unread_lines, 'line')} could not be read" if unread_lines else ""
    if not requests:
        return f"No request is in these logs, so they cannot show a failure{unread}."
    read = numbers.plural(requests, "request")
    if explanation.failed_elsewhere:
        told = numbers.plural(explanation.failed_elsewhere, "request")
        return f"None of the {read} in the access log failed, but nginx's error log tells of {told} that did{unread}."
    if unread:
        return f"None of the {read} that could be read failed{unread}, and may hold failures."
    return f"No failures in {read}."


def _period(explanation: Explanation) -> str:
    if explanation.period_s is None:
        return ""
    first_s, last_s = explanation.period_s
    return moments.span(first_s, last_s + 60, explanation.utc_offset_s)


def _answer(diagnosis: Diagnosis, causes: tuple[CauseView, ...]) -> tuple[str, ...]:
    if not diagnosis.failures:
        return ()
    if not causes or diagnosis.unattributed > diagnosis.causes[0].count:
        return (f"No cause was found for {_how_many(diagnosis)} of them.",)
    first, advice = causes[0], causes[0].remedies[0]
    doubt = "" if first.is_proven else f"; {first.certainty}"
    knob = f"{advice.knob}. " if advice.knob else ""
    return (f"{first.title} ({first.share}{doubt}).", f"Change first: {knob}{advice.text}")


def _how_many(diagnosis: Diagnosis) -> str:
    return "any" if diagnosis.unattributed == diagnosis.failures else numbers.count(diagnosis.unattributed)


def _unattributed(diagnosis: Diagnosis) -> str:
    if not diagnosis.unattributed:
        return ""
    share = numbers.percent(diagnosis.unattributed / diagnosis.failures)
    return f"{numbers.plural(diagnosis.unattributed, 'failure')} ({share}) without a cause: nothing was guessed."


def _malformed(explanation: Explanation) -> str:
    if not explanation.malformed_lines:
        return ""
    verb = "was" if explanation.malformed_lines == 1 else "were"
    return f"{numbers.plural(explanation.malformed_lines, 'line')} could not be read and {verb} left out."


def _file(file: FileRead) -> tuple[str, str, str]:
    lines = numbers.plural(file.lines, "line")
    malformed = f", {numbers.count(file.malformed_lines)} malformed" if file.malformed_lines else ""
    name = printable(f"{file.name} ({file.stream})" if file.stream else file.name)
    kind = "empty" if not file.lines else str(file.kind or "no log that is known here")
    return (name, kind, f"{lines}{malformed}")
