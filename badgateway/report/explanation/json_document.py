"""Renders an explanation as JSON for programs; docs/explain.md tells every key."""

from badgateway.model.diagnosis import CauseCount, EvidenceLine
from badgateway.model.explanation import Explanation, FileRead, Incident
from badgateway.model.printable import printable_json
from badgateway.report.explanation import servers
from badgateway.servers.advice import Advice

SCHEMA_VERSION = 1

Object = dict[str, object]


def render_json(explanation: Explanation) -> str:
    """Return the document; the same explanation gives the same bytes."""
    diagnosis, advice = explanation.diagnosis, servers.advice_in(explanation)
    whole: Object = {
        "schema_version": SCHEMA_VERSION,
        "requests": diagnosis.requests,
        "failures": diagnosis.failures,
        "period_s": explanation.period_s,
        "incidents": [incident_object(incident) for incident in explanation.incidents],
        "causes": [_cause(found, advice(found.cause)) for found in diagnosis.causes],
        "unattributed": diagnosis.unattributed,
        "unattributed_lines": [_line(line) for line in diagnosis.unattributed_lines],
        "unattributed_minutes": _minutes(explanation.unattributed_minutes),
        "hints": diagnosis.hints,
        "notes": explanation.notes,
        "malformed_lines": explanation.malformed_lines,
        "files": [_file(file) for file in explanation.files],
    }
    return printable_json(whole, indent=2) + "\n"


def _cause(found: CauseCount, remedies: tuple[Advice, ...]) -> Object:
    cause = found.cause
    return {
        "id": cause.id,
        "title": cause.title,
        "family": cause.family,
        "certainty": found.certainty.value,
        "count": found.count,
        "statuses": {str(status): count for status, count in found.statuses},
        "explanation": cause.explanation,
        "remedies": [{"knob": each.knob, "settings": each.settings, "text": each.text} for each in remedies],
        "evidence": [_line(line) for line in found.evidence],
        "urls": [{"path": path, "count": count} for path, count in found.urls],
        "minutes": _minutes(found.minutes),
        "page": cause.page,
    }


def incident_object(incident: Incident) -> Object:
    """Return an incident as the document has it."""
    return {
        "cause": incident.cause and incident.cause.id,
        "title": incident.cause and incident.cause.title,
        "certainty": incident.certainty and incident.certainty.value,
        "spread": incident.spread.value,
        "start_s": incident.start_s,
        "end_s": incident.end_s,
        "count": incident.count,
        "statuses": {str(status): count for status, count in incident.statuses},
        "path": incident.path,
    }


def _minutes(minutes: tuple[tuple[int, int], ...]) -> list[Object]:
    return [{"start_s": start_s, "failures": failures} for start_s, failures in minutes]


def _line(line: EvidenceLine) -> Object:
    return {"file": line.file, "line_number": line.line_number, "text": line.text}


def _file(file: FileRead) -> Object:
    return {
        "name": file.name,
        "stream": file.stream,
        "kind": file.kind and str(file.kind),
        "lines": file.lines,
        "malformed_lines": file.malformed_lines,
        "first_malformed": [_line(line) for line in file.first_malformed],
    }
