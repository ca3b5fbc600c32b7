"""Adds up the diagnoses of several trials of one configuration and level."""

from collections import Counter
from collections.abc import Sequence

from badgateway.model.diagnosis import CauseCount, Diagnosis

_SHOWN_LINES = 3
_SHOWN_URLS = 5


def pooled(diagnoses: Sequence[Diagnosis | None]) -> Diagnosis | None:
    """Return one diagnosis for all; None when there is none, or when one of them was not made."""
    made = [diagnosis for diagnosis in diagnoses if diagnosis is not None]
    if not made or len(made) < len(diagnoses):
        return None
    return Diagnosis(
        requests=sum(one.requests for one in made),
        failures=sum(one.failures for one in made),
        causes=_pooled_causes([found for one in made for found in one.causes]),
        unattributed=sum(one.unattributed for one in made),
        unattributed_lines=tuple(line for one in made for line in one.unattributed_lines)[:_SHOWN_LINES],
        hints=tuple(dict.fromkeys(hint for one in made for hint in one.hints)),
    )


def _pooled_causes(found: Sequence[CauseCount]) -> tuple[CauseCount, ...]:
    by_cause: dict[tuple[str, str], list[CauseCount]] = {}
    for one in found:
        by_cause.setdefault((one.cause.id, one.certainty), []).append(one)
    together = [_together(counts) for counts in by_cause.values()]
    return tuple(sorted(together, key=lambda one: (-one.count, one.cause.id, one.certainty)))


def _together(counts: Sequence[CauseCount]) -> CauseCount:
    statuses, minutes, urls = Counter[int](), Counter[int](), Counter[str]()
    for one in counts:
        statuses.update(dict(one.statuses))
        minutes.update(dict(one.minutes))
        urls.update(dict(one.urls))
    return CauseCount(
        cause=counts[0].cause,
        certainty=counts[0].certainty,
        count=sum(one.count for one in counts),
        statuses=tuple(sorted(statuses.items(), key=lambda item: (-item[1], item[0]))),
        evidence=tuple(line for one in counts for line in one.evidence)[:_SHOWN_LINES],
        minutes=tuple(sorted(minutes.items())),
        urls=tuple(sorted(urls.items(), key=lambda item: (-item[1], item[0])))[:_SHOWN_URLS],
    )
