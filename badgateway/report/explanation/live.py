"""What is told of logs while they are followed: a row an incident, and a summary at the end."""

from badgateway import numbers
from badgateway.model.diagnosis import Certainty
from badgateway.model.explanation import FileRead, Incident
from badgateway.model.printable import printable, printable_json
from badgateway.report import wording
from badgateway.report.explanation import incidents, servers
from badgateway.report.explanation.json_document import Object, incident_object
from badgateway.report.explanation.text_rows import Role, Row, cut, pieces, row, wrapped
from badgateway.servers.advice import advice_for

_CLOCK = "%H:%M:%S"


def incident_row(incident: Incident, utc_offset_s: float, width: int, *, goes_on: bool) -> Row:
    """Return an incident in a row, cut to the width."""
    when = incidents.when(incident, utc_offset_s, with_date=False, clock=_CLOCK)
    counted = incidents.statuses(incident)
    doubt = "" if incident.certainty is Certainty.PROVEN else " (?)"
    more = " ..." if goes_on else ""
    room = max(width - len(when) - len(more) - len(counted) - 4, 8)
    return pieces(
        (Role.PLAIN, f"{when}{more}  "),
        (Role.FAILED, counted),
        (Role.PLAIN, f"  {cut(f'{incidents.what(incident)}{doubt}', room)}"),
    )


def remark_rows(sentence: str, width: int) -> list[Row]:
    """Return what the logs tell beside failures, wrapped to the width."""
    return [row(line, Role.UNSURE) for line in wrapped(printable(sentence), width, hanging=2)]


def remark_line(sentence: str) -> str:
    """Return the same as one line of JSON."""
    return _line({"event": "remark", "text": sentence})


def counts(requests: int, failures: int) -> str:
    """Return how many requests there were and how many failed: '53 of 12,340 requests failed'."""
    if not requests:
        # Only an error log or a server's log may be followed.
        return f"{numbers.plural(failures, 'request')} failed" if failures else "no request yet"
    return f"{numbers.count(failures)} of {numbers.plural(requests, 'request')} failed"


def summary_rows(
    requests: int, causes: list[tuple[Incident, int]], files: tuple[FileRead, ...], followed: str, width: int
) -> list[Row]:
    """Return what was found in all.

    Args:
        requests: In all access logs.
        causes: An incident of each cause, and the failures of all incidents of it, the most frequent first.
        files: What was read.
        followed: For how long, in words.
        width: Columns of the terminal.
    """
    failures = sum(count for _, count in causes)
    rows = [row(f"{counts(requests, failures)} in {followed}.", Role.STRONG)]
    for incident, count in causes:
        rows += _cause(incident, count, files, width)
    unread = sum(file.malformed_lines for file in files)
    if unread:
        first = next(line for file in files for line in file.first_malformed)
        told = f"{numbers.plural(unread, 'line')} could not be read, such as {first.file}: {first.text}"
        rows.append(row(cut(told, width), Role.UNSURE))
    return rows


def _cause(incident: Incident, count: int, files: tuple[FileRead, ...], width: int) -> list[Row]:
    doubt = "" if incident.certainty is Certainty.PROVEN else " (?)"
    title = incident.cause.title if incident.cause else "no cause was found"
    rows = [row(line) for line in wrapped(f"{numbers.count(count)}{wording.TIMES}{title}{doubt}", width, hanging=6)]
    if incident.cause:
        advice = advice_for(incident.cause, servers.in_use(files), servers.fronts(files))[0]
        knob = f"{advice.knob}. " if advice.knob else ""
        rows += [row(f"      {line}") for line in wrapped(f"{knob}{advice.text}", width - 6)]
        rows.append(row(f"      badgateway cause {incident.cause.id}", Role.FAINT))
    return rows


def incident_line(number: int, incident: Incident, *, is_over: bool) -> str:
    """Return an incident as one line of JSON."""
    return _line({"event": "incident", "number": number, "over": is_over, **incident_object(incident)})


def summary_line(
    requests: int, causes: list[tuple[Incident, int]], files: tuple[FileRead, ...], followed_s: float
) -> str:
    """Return what was found in all, as one line of JSON; the arguments are those of summary_rows."""
    return _line(
        {
            "event": "summary",
            "requests": requests,
            "failures": sum(count for _, count in causes),
            "causes": [{"cause": incident.cause and incident.cause.id, "count": count} for incident, count in causes],
            "malformed_lines": sum(file.malformed_lines for file in files),
            "followed_s": round(followed_s, 1),
        }
    )


def _line(value: Object) -> str:
    return printable_json(value) + "\n"
