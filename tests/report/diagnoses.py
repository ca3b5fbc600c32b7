"""Diagnoses of sample levels, with causes of the catalogue."""

from collections.abc import Sequence
from dataclasses import replace

from badgateway.causes import BY_ID
from badgateway.model.diagnosis import CauseCount, Certainty, Diagnosis, EvidenceLine
from badgateway.model.summary import LevelSummary

PROVEN, FAMILY = Certainty.PROVEN, Certainty.FAMILY


def line(text: str, *, file: str = "nginx-error.log", number: int = 12) -> EvidenceLine:
    return EvidenceLine(file=file, line_number=number, text=text)


def found(cause_id: str, count: int, status: int, *lines: EvidenceLine, certainty: Certainty = PROVEN) -> CauseCount:
    return CauseCount(
        cause=BY_ID[cause_id],
        certainty=certainty,
        count=count,
        statuses=((status, count),),
        evidence=lines,
        minutes=(),
        urls=(),
    )


def diagnosed(
    level: LevelSummary,
    *causes: CauseCount,
    unattributed: Sequence[EvidenceLine] = (),
    unattributed_count: int | None = None,
) -> LevelSummary:
    """Give a level of one trial a diagnosis, and the trial the same."""
    assert level.measurement is not None
    left = len(unattributed) if unattributed_count is None else unattributed_count
    diagnosis = Diagnosis(
        requests=level.measurement.requests,
        failures=sum(one.count for one in causes) + left,
        causes=causes,
        unattributed=left,
        unattributed_lines=tuple(unattributed),
        hints=(),
    )
    trials = tuple(replace(trial, diagnosis=diagnosis) for trial in level.trials)
    return replace(level, trials=trials, diagnosis=diagnosis)
