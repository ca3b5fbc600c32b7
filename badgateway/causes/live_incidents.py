"""Keeps incidents while they happen: what one look at the logs finds is put to what earlier looks found."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import duckdb

from badgateway.causes.catalogue import BY_ID
from badgateway.model.diagnosis import Certainty
from badgateway.model.explanation import Incident, Spread
from badgateway.model.masking import shown_path_sql

GAP_S = 30
"""Nothing of a cause has to fail for so long, and an incident is over."""
_ON_ONE_PATH = 0.8

# Without a readable time a failure happened when it was read, as far as anybody knows.
_SECONDS = """
SELECT coalesce(cause_id, ''), coalesce(certainty, ''), floor(coalesce(time_s, $now_s))::BIGINT AS second,
    client_status, {path} AS shown_path, count(*)
FROM decided GROUP BY ALL ORDER BY ALL
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedSecond:
    """Failures of one cause, status and path in one second."""

    cause_id: str
    """Empty where no cause was found."""
    certainty: str
    second: int
    status: int
    path: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveIncident:
    """An incident, and whether it goes on."""

    number: int
    """From 1, in the order in which they were seen; it stays the same while more is learnt."""
    incident: Incident
    is_over: bool
    seen_s: float
    """When it last grew, on the clock of whoever looks."""


def failed_seconds(connection: duckdb.DuckDBPyConnection, now_s: float, *, mask: bool = True) -> list[FailedSecond]:
    """Return the diagnosed failures by second; those without a time are of this one."""
    query = _SECONDS.format(path=shown_path_sql(mask=mask))
    found = connection.execute(query, {"now_s": now_s}).fetchall()
    return [
        FailedSecond(cause_id=cause_id, certainty=certainty, second=second, status=status, path=path or "", count=count)
        for cause_id, certainty, second, status, path, count in found
    ]


_Span = list[FailedSecond]
_Key = tuple[int, int, str]


@dataclass(slots=True)
class LiveIncidents:
    """All incidents since the beginning."""

    _incidents: dict[int, LiveIncident] = field(default_factory=dict)
    _spans: dict[int, _Span] = field(default_factory=dict)
    """The failures of those that go on."""
    _told: Counter[_Key] = field(default_factory=Counter)
    """Failures of those that are over: whatever their cause is taken for later, they are not told again."""

    @property
    def incidents(self) -> tuple[LiveIncident, ...]:
        """Those that go on and those that are over, the earliest first."""
        return tuple(sorted(self._incidents.values(), key=lambda each: (each.incident.start_s, each.number)))

    def look(self, found: Iterable[FailedSecond], *, since_s: float, now_s: float) -> None:
        """Take what a look found.

        Args:
            found: All failures of the seconds since since_s; of earlier ones what was found before stays.
            since_s: In the logs' time.
            now_s: On the clock of whoever looks.
        """
        kept = [each for span in self._spans.values() for each in span if each.second < since_s]
        self._told = Counter({key: count for key, count in self._told.items() if key[0] >= since_s})
        spans = _spans([*kept, *self._untold(each for each in found if each.second >= since_s)])
        self._match(spans, now_s)
        for number in [number for number in self._spans if now_s - self._incidents[number].seen_s >= GAP_S]:
            self._end(number)

    def end_all(self) -> None:
        """Nothing comes any more."""
        for number in list(self._spans):
            self._end(number)

    def _untold(self, found: Iterable[FailedSecond]) -> Iterable[FailedSecond]:
        left = Counter(self._told)
        for each in found:
            told = min(left[_key(each)], each.count)
            left[_key(each)] -= told
            if told < each.count:
                yield replace(each, count=each.count - told)

    def _match(self, spans: Sequence[_Span], now_s: float) -> None:
        """Put spans under the numbers of the incidents that they were before."""
        before = {number: self._incidents[number] for number in self._spans}
        self._spans = {}
        left = [(span, _incident(span)) for span in spans]
        # The same cause first: the others turned out to have another cause than was thought.
        for is_it in (_is_same, _overlap):
            for number, earlier in list(before.items()):
                match = next((each for each in left if is_it(earlier.incident, each[1])), None)
                if match is not None:
                    left.remove(match)
                    del before[number]
                    grew = match[1].count != earlier.incident.count
                    self._put(number, *match, seen_s=now_s if grew else earlier.seen_s)
        for number in before:
            del self._incidents[number]
        for span, incident in left:
            self._put(max(self._incidents, default=0) + 1, span, incident, seen_s=now_s)

    def _put(self, number: int, span: _Span, incident: Incident, *, seen_s: float) -> None:
        self._incidents[number] = LiveIncident(number=number, incident=incident, is_over=False, seen_s=seen_s)
        self._spans[number] = span

    def _end(self, number: int) -> None:
        self._incidents[number] = replace(self._incidents[number], is_over=True)
        for each in self._spans.pop(number):
            self._told[_key(each)] += each.count


def _key(each: FailedSecond) -> _Key:
    return (each.second, each.status, each.path)


def _spans(seconds: Iterable[FailedSecond]) -> list[list[FailedSecond]]:
    """Return the failures of each cause, apart where nothing failed for longer than GAP_S; the earliest first."""
    last: dict[tuple[str, str], list[FailedSecond]] = {}
    spans: list[list[FailedSecond]] = []
    for each in sorted(seconds, key=lambda each: each.second):
        kind = (each.cause_id, each.certainty)
        span = last.get(kind)
        if span is None or each.second - span[-1].second > GAP_S:
            span = last[kind] = []
            spans.append(span)
        span.append(each)
    return spans


def _incident(span: Sequence[FailedSecond]) -> Incident:
    statuses: Counter[int] = Counter()
    paths: Counter[str] = Counter()
    for each in span:
        statuses[each.status] += each.count
        paths[each.path] += each.count
    path, on_it = paths.most_common(1)[0]
    first = span[0]
    return Incident(
        cause=BY_ID[first.cause_id] if first.cause_id else None,
        certainty=Certainty(first.certainty) if first.certainty else None,
        start_s=first.second,
        end_s=span[-1].second,
        count=statuses.total(),
        statuses=tuple(sorted(statuses.items(), key=lambda item: (-item[1], item[0]))),
        path=path if on_it >= _ON_ONE_PATH * statuses.total() else "",
        spread=Spread.ONCE,
    )


def _is_same(one: Incident, other: Incident) -> bool:
    return one.cause == other.cause and one.certainty == other.certainty and _overlap(one, other)


def _overlap(one: Incident, other: Incident) -> bool:
    return one.start_s <= other.end_s + GAP_S and other.start_s <= one.end_s + GAP_S
