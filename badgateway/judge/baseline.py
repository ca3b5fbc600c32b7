"""How the baseline does: the main cause of its failures, and the single changes that end them."""

from collections.abc import Iterator, Sequence

from badgateway.judge.proportion import proportion
from badgateway.judge.ranking import highest_level, worst_level
from badgateway.model.configuration import Timeouts
from badgateway.model.diagnosis import RETRIED, CauseCount, Certainty, Diagnosis
from badgateway.model.differences import changed
from badgateway.model.experiment import Experiment
from badgateway.model.ladder import Baseline, SingleChange
from badgateway.model.summary import ConfigurationSummary, LevelSummary, Verdict


def baseline_of(
    experiment: Experiment, configurations: Sequence[ConfigurationSummary], chosen: str | None
) -> Baseline | None:
    """Return how the baseline does and what ends its failures; None where it was chosen, or could not be measured."""
    name = experiment.baseline.name
    found = next((one for one in configurations if one.configuration.name == name), None)
    if found is None or name == chosen or found.verdict is Verdict.INVALID:
        return None
    if found.verdict is Verdict.PASS:
        return Baseline(summary=found, level=highest_level(found), cause=None, single_changes=())
    level = worst_level(found)
    cause = main_cause(level)
    changes = _single_changes(found, level, cause, configurations, experiment.timeouts) if cause else ()
    return Baseline(summary=found, level=level, cause=cause, single_changes=tuple(changes))


def main_cause(level: LevelSummary) -> CauseCount | None:
    """Return the cause of most of a level's failures; None when it is not known for enough of them to be named."""
    if level.diagnosis is None or level.measurement is None or not level.measurement.failures.count:
        return None
    causes = [found for found in level.diagnosis.causes if found.cause.id != RETRIED]
    if not causes:
        return None
    first = min(causes, key=lambda found: (-found.count, found.cause.id))
    return first if first.count >= level.diagnosis.unattributed else None


def _single_changes(
    baseline: ConfigurationSummary,
    level: LevelSummary,
    found: CauseCount,
    others: Sequence[ConfigurationSummary],
    usual: Timeouts,
) -> Iterator[SingleChange]:
    """Yield the configurations that differ from the baseline in one setting alone and do not have the cause there.

    None where failures of it may be left: without a cause, of a family of causes, or not looked into.
    """
    for other in others:
        changes = changed(baseline.configuration, other.configuration, usual)
        same = next((one for one in other.levels if one.load == level.load), None)
        if len(changes) == 1 and same is not None and _is_rid(level, same, found):
            yield SingleChange(configuration=other, level=same, change=changes[0])


def _is_rid(level: LevelSummary, other: LevelSummary, found: CauseCount) -> bool:
    if level.measurement is None or other.measurement is None or other.diagnosis is None:
        return False
    if _may_be_left(other.diagnosis, other.measurement.failures.count, found):
        return False
    before = proportion(min(found.count, level.measurement.requests), level.measurement.requests)
    # Without this a rare failure that did not happen to occur would look like one that cannot.
    return before.low > proportion(0, other.measurement.requests).high


def _may_be_left(diagnosis: Diagnosis, failures: int, found: CauseCount) -> bool:
    return (
        bool(diagnosis.unattributed)
        or diagnosis.failures < failures
        or any(
            one.cause.id == found.cause.id or (one.certainty is Certainty.FAMILY and _alike(one, found))
            for one in diagnosis.causes
        )
    )


def _alike(one: CauseCount, other: CauseCount) -> bool:
    return bool(dict(one.statuses).keys() & dict(other.statuses).keys())
