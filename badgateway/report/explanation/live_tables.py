"""Says what a load does to a site while it runs: the rows of the tabs in Locust's web UI."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

from badgateway import numbers
from badgateway.model.diagnosis import Certainty, Diagnosis
from badgateway.model.explanation import Incident
from badgateway.model.live_page import (
    LOOP_STOOD_S,
    REQUESTS_LOST,
    SERVER_CPU_CORES,
    SERVER_MEMORY,
    WORKERS_ENDED,
    Counted,
    Recent,
    Row,
)
from badgateway.model.outcome import Outcome
from badgateway.model.printable import printable
from badgateway.model.raw_words import SampleSeries, ServerSeries
from badgateway.report import wording
from badgateway.report.explanation import incidents
from badgateway.report.explanation.text_rows import cut
from badgateway.servers.advice import Uses, advice_for

_CLOCK = "%H:%M:%S"
_EVIDENCE_CHARACTERS = 240
_BARS = "▁▂▃▄▅▆▇█"
_NO_SAMPLE = "╌"
"""As wide as a bar, so that the strips of all rows stand second below second."""

Said = Callable[[float], str]


def _whole(value: float) -> str:
    return numbers.count(round(value))


_SERIES: Mapping[str, tuple[str, Said]] = {
    SampleSeries.ACCEPT_QUEUE: ("Accept queue of the server", _whole),
    SampleSeries.PROXY_ACCEPT_QUEUE: ("Accept queue of nginx", _whole),
    ServerSeries.BUSY_WORKERS: ("Workers at work", _whole),
    ServerSeries.CORES_IN_REQUEST: ("Requests in the workers", _whole),
    ServerSeries.OLDEST_REQUEST_S: ("Oldest request in a worker", numbers.seconds),
    WORKERS_ENDED: ("Workers that ended, in all", _whole),
    REQUESTS_LOST: ("Requests that ended with their worker, in all", _whole),
    LOOP_STOOD_S: ("Event loops stood still, in all", numbers.seconds),
    SampleSeries.LISTEN_OVERFLOWS: ("Connections refused by a full TCP queue, in all", _whole),
    SERVER_CPU_CORES: ("CPU of the server, in cores", numbers.cores),
    SERVER_MEMORY: ("Memory of the server", lambda value: numbers.memory(round(value))),
    SampleSeries.DB_CONNECTIONS: ("Database connections", _whole),
    SampleSeries.DB_EXECUTING: ("Queries that run", _whole),
    SampleSeries.DB_CPU_CORES: ("CPU of the database, in cores", numbers.cores),
}


def cause_rows(
    found: Iterable[tuple[Incident, int]], evidence: Mapping[str, str], uses: Uses, utc_offset_s: float
) -> list[Row]:
    """Return a row a cause, the most frequent first.

    Args:
        found: The latest incident of each cause, and the failures of all incidents of it.
        evidence: A line that shows it, by the cause's id.
        uses: The server that is under load, for which the advice is.
        utc_offset_s: In which zone times are shown.
    """
    return [
        {
            "failures": incidents.statuses(incident) if incident.count == count else _times(incident, count),
            "cause": _cause(incident),
            "change": _change(incident, uses),
            "when": incidents.when(incident, utc_offset_s, with_date=False, clock=_CLOCK),
            "evidence": cut(printable(evidence.get(incident.cause.id, "")), _EVIDENCE_CHARACTERS)
            if incident.cause
            else "",
        }
        for incident, count in found
    ]


def _times(incident: Incident, count: int) -> str:
    return f"{numbers.count(count)} ({incidents.statuses(incident)} of late)"


def _cause(incident: Incident) -> str:
    doubt = "" if incident.cause is None or incident.certainty is Certainty.PROVEN else " (not proven)"
    return f"{incidents.what(incident)}{doubt}"


def _change(incident: Incident, uses: Uses) -> str:
    if incident.cause is None:
        return ""
    advice = advice_for(incident.cause, uses)[0]
    return f"{advice.knob}. {advice.text}" if advice.knob else advice.text


def server_rows(recent: Iterable[Recent]) -> list[Row]:
    """Return a row for each series that has a name in the table, in the table's order."""
    by_name = {_plain(one.series): one for one in recent}
    return [
        {
            "what": title,
            "now": _value(by_name[name].now, said),
            "limit": "" if by_name[name].limit is None else said(by_name[name].limit or 0.0),
            "most": _value(max((part for part in by_name[name].minute if part is not None), default=None), said),
            "minute": strip(by_name[name].minute, by_name[name].limit),
        }
        for name, (title, said) in _SERIES.items()
        if name in by_name and any(part is not None for part in by_name[name].minute)
    ]


def _plain(series: str) -> str:
    """Return the name of a series without that of the server which tells it."""
    return next((name for name in _SERIES if series.endswith(f"_{name}") and series not in _SERIES), series)


def _value(value: float | None, said: Said) -> str:
    return "not known" if value is None else said(value)


def outcome_rows(counted: Sequence[Counted]) -> list[Row]:
    """Return a row for each outcome that occurred; latencies are those of OK requests."""
    total = sum(one.count for one in counted)
    return [
        {
            "outcome": wording.long_name(one.outcome),
            "count": numbers.count(one.count),
            "share": numbers.percent(one.count / total),
            "p50": _latency(one.p50_ms),
            "p95": _latency(one.p95_ms),
            "p99": _latency(one.p99_ms),
            "minute": strip(one.minute),
        }
        for one in counted
        if one.count
    ]


def by_hand_note(what: str, outcomes: Mapping[Outcome, int]) -> str:
    """Return what a page about a load that was started by hand says first."""
    total = sum(outcomes.values())
    counted = numbers.listed(
        f"{numbers.count(count)}{wording.TIMES}{wording.long_name(outcome)}" for outcome, count in outcomes.items()
    )
    return (
        f"Made by hand in Locust's web UI ({what}), so it is no measurement: nothing was repeated, and no other "
        f"configuration had the same load. Of {numbers.plural(total, 'request')}: {counted}."
    )


def by_hand_summary(outcomes: Mapping[Outcome, int], diagnosis: Diagnosis) -> str:
    """Return what was counted of a load that was started by hand, and its causes, a line each."""
    total = sum(outcomes.values())
    failed = total - outcomes.get(Outcome.OK, 0)
    lines = [f"By hand: {numbers.plural(total, 'request')}, {numbers.count(failed) if failed else 'none'} failed."]
    lines += [f"  {wording.statuses(found.statuses)}: {found.cause.title}" for found in diagnosis.causes]
    if diagnosis.unattributed:
        lines.append(f"  {numbers.plural(diagnosis.unattributed, 'failure')} without a cause that was found")
    return "\n".join(lines)


def _latency(value_ms: float | None) -> str:
    return "" if value_ms is None else numbers.milliseconds(value_ms)


def strip(values: Sequence[float | None], limit: float | None = None) -> str:
    """Draw values as bars of text, the highest at the limit or at the most of them; a dot where there is none."""
    top = max([limit or 0.0, *(value for value in values if value is not None)])
    return "".join(_NO_SAMPLE if value is None else _bar(value, top) for value in values)


def _bar(value: float, top: float) -> str:
    # Only what is nothing is drawn as nothing.
    share = value / top if top else 0.0
    return _BARS[min(len(_BARS) - 1, math.ceil(share * (len(_BARS) - 1)))]
