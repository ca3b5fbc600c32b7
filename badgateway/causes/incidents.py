"""Finds incidents: what failed when, for each cause, and what failed all along."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import duckdb

from badgateway.causes.catalogue import BY_ID
from badgateway.model.diagnosis import Certainty
from badgateway.model.explanation import Incident, Spread

_BURST_FROM = 10
"""Failures of a minute: fewer are no burst, however few there are else."""
_BURST_TIMES = 4
"""How often the cause's mean a minute of a burst has, at least."""
_GAPS_IN_PERIOD = 24
_SHORTEST_GAP_S, _LONGEST_GAP_S = 60, 86_400
_LONG_S = 600
"""Logs of less time have nothing that went on all along: it only filled them."""
_ALL_ALONG = 0.8
_MOST_SPANS = 4
_OUTSTANDING_TIMES = 2
"""How often the mean a span has that is told of by itself."""
_ON_ONE_PATH = 0.8

# Beyond the year 9999 no calendar has a name for a time, and no clock was right before 1970.
_NAMEABLE = "minute_s BETWEEN 0 AND 253402300799"

_MINUTES = f"""
SELECT coalesce(cause_id, ''), coalesce(certainty, ''), minute_s, status, number, first_s, last_s
FROM failed_minutes WHERE {_NAMEABLE} ORDER BY ALL
"""  # noqa: S608 # a constant of this module

_PATHS = """
SELECT coalesce(cause_id, ''), coalesce(certainty, ''), max_by(shown, (number, shown)), max(number) / sum(number)
FROM shown_paths GROUP BY ALL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Minute:
    """Failures of one cause and status in one minute."""

    minute_s: int
    status: int
    count: int
    first_s: int
    last_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Kind:
    """Whose failures an incident has."""

    cause_id: str
    certainty: str
    path: str

    def incident(self, minutes: Sequence[_Minute], spread: Spread) -> Incident:
        statuses: Counter[int] = Counter()
        for minute in minutes:
            statuses[minute.status] += minute.count
        return Incident(
            cause=BY_ID[self.cause_id] if self.cause_id else None,
            certainty=Certainty(self.certainty) if self.certainty else None,
            start_s=min(minute.first_s for minute in minutes),
            end_s=max(minute.last_s for minute in minutes),
            count=statuses.total(),
            statuses=tuple(sorted(statuses.items(), key=lambda item: (-item[1], item[0]))),
            path=self.path,
            spread=spread,
        )


def incidents(connection: duckdb.DuckDBPyConnection, period_s: tuple[int, int] | None) -> tuple[Incident, ...]:
    """Return the incidents of diagnosed failures, the earliest first; what has no time is in none.

    Args:
        connection: With what `count_decided` makes.
        period_s: First second of the first and of the last minute with a request; None when that is not known.
    """
    shown = connection.execute(_PATHS).fetchall()
    paths = {(cause_id, certainty): path if share >= _ON_ONE_PATH else "" for cause_id, certainty, path, share in shown}
    groups: dict[tuple[str, str], list[_Minute]] = {}
    for cause_id, certainty, minute_s, status, count, first_s, last_s in connection.execute(_MINUTES).fetchall():
        minute = _Minute(minute_s=minute_s, status=status, count=count, first_s=first_s, last_s=last_s)
        groups.setdefault((cause_id, certainty), []).append(minute)
    start_s, end_s = _period(groups.values(), period_s)
    found = (
        incident
        for (cause_id, certainty), minutes in groups.items()
        for incident in _of_a_kind(
            _Kind(cause_id=cause_id, certainty=certainty, path=paths[cause_id, certainty]), minutes, start_s, end_s
        )
    )
    return tuple(sorted(found, key=_order))


def _order(incident: Incident) -> tuple[int, int, int]:
    return (incident.start_s, incident.end_s, -incident.count)


def _period(groups: Iterable[Sequence[_Minute]], period_s: tuple[int, int] | None) -> tuple[int, int]:
    """Return from when to when the logs tell of requests; of failures, where there is no access log."""
    if period_s is not None:
        return period_s[0], period_s[1] + 60
    seconds = [minute.minute_s for minutes in groups for minute in minutes]
    return min(seconds, default=0), max(seconds, default=0) + 60


def _of_a_kind(kind: _Kind, minutes: Sequence[_Minute], start_s: int, end_s: int) -> Iterator[Incident]:
    """Yield the bursts of a cause, and what else there is of it."""
    gap_s = min(max((end_s - start_s) / _GAPS_IN_PERIOD, _SHORTEST_GAP_S), _LONGEST_GAP_S)
    hot = _hot(minutes, (end_s - start_s) / 60)
    bursts = _spans([minute for minute in minutes if minute.minute_s in hot], gap_s)
    rest = _spans([minute for minute in minutes if minute.minute_s not in hot], gap_s)
    # What leads up to a burst, and what is left after it, is of it, unless it goes on all along.
    if bursts and rest and not _is_all_along(_joined(rest), start_s, end_s):
        bursts, rest = _spans(minutes, gap_s), []
    yield from _told(kind, bursts, start_s, end_s)
    yield from _told(kind, rest, start_s, end_s)


def _hot(minutes: Iterable[_Minute], period_minutes: float) -> frozenset[int]:
    counts: Counter[int] = Counter()
    for minute in minutes:
        counts[minute.minute_s] += minute.count
    least = max(_BURST_FROM, _BURST_TIMES * counts.total() / max(period_minutes, 1))
    return frozenset(minute_s for minute_s, count in counts.items() if count >= least)


def _spans(minutes: Iterable[_Minute], gap_s: float) -> list[list[_Minute]]:
    """Return the minutes in their order, apart where nothing failed for longer than the gap."""
    spans: list[list[_Minute]] = []
    for minute in sorted(minutes, key=lambda minute: (minute.minute_s, minute.status)):
        if spans and minute.minute_s - spans[-1][-1].minute_s <= gap_s:
            spans[-1].append(minute)
        else:
            spans.append([minute])
    return spans


def _told(kind: _Kind, spans: list[list[_Minute]], start_s: int, end_s: int) -> Iterator[Incident]:
    if not spans:
        return
    together = _joined(spans)
    if _is_all_along(together, start_s, end_s) and (len(spans) == 1 or len(spans) > _MOST_SPANS):
        yield kind.incident(together, Spread.ALL_ALONG)
        return
    kept = spans if len(spans) <= _MOST_SPANS else _outstanding(spans)
    for span in kept:
        yield kind.incident(span, Spread.ONCE)
    if len(kept) < len(spans):
        yield kind.incident(_joined(span for span in spans if span not in kept), Spread.NOW_AND_THEN)


def _outstanding(spans: Sequence[list[_Minute]]) -> list[list[_Minute]]:
    """Return the few spans that have many more failures than the others."""
    counts = [sum(minute.count for minute in span) for span in spans]
    least = _OUTSTANDING_TIMES * sum(counts) / len(counts)
    ranked = sorted(zip(counts, spans, strict=True), key=lambda counted: -counted[0])
    return [span for count, span in ranked[: _MOST_SPANS - 1] if count >= least]


def _joined(spans: Iterable[Sequence[_Minute]]) -> list[_Minute]:
    return [minute for span in spans for minute in span]


def _is_all_along(minutes: Sequence[_Minute], start_s: int, end_s: int) -> bool:
    first_s, last_s = min(minute.minute_s for minute in minutes), max(minute.minute_s for minute in minutes) + 60
    return end_s - start_s >= _LONG_S and last_s - first_s >= _ALL_ALONG * (end_s - start_s)
