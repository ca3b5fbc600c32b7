"""What the causes of failures say: why the baseline fails, and which single change ends that."""

from collections.abc import Iterator

from badgateway.judge.proportion import proportion
from badgateway.judge.wording import load
from badgateway.model.configuration import Configuration, Timeouts
from badgateway.model.diagnosis import RETRIED, CauseCount, Certainty, Diagnosis
from badgateway.model.differences import differences
from badgateway.model.summary import ConfigurationSummary, LevelSummary, Verdict
from badgateway.servers.advice import first_knob
from badgateway.servers.registry import uses

_ORDINARY = ("A", "All", "An", "Another", "No", "Nothing", "Somebody", "The", "Workers")
"""First words of titles that are written small inside of a sentence; names are not."""


def main_cause(level: LevelSummary) -> CauseCount | None:
    """Return the cause of most of a level's failures; None when it is not known for enough of them to be named."""
    if level.diagnosis is None or level.measurement is None or not level.measurement.failures.count:
        return None
    causes = [found for found in level.diagnosis.causes if found.cause.id != RETRIED]
    if not causes:
        return None
    first = min(causes, key=lambda found: (-found.count, found.cause.id))
    return first if first.count >= level.diagnosis.unattributed else None


def about_cause(level: LevelSummary, found: CauseCount, configuration: Configuration) -> str:
    """Say what the main cause of a level's failures is, and what controls it."""
    assert level.measurement is not None
    failures = level.measurement.failures.count
    share = f"all {failures:,}" if found.count == failures else f"{found.count:,} of the {failures:,}"
    doubt = "" if found.certainty is Certainty.PROVEN else "; several causes fit"
    knob = first_knob(found.cause, uses([configuration]))
    return (
        f"{share} failures at {load(level)}: {inside(found.cause.title)} ({found.cause.id}{doubt})"
        f"{'; ' if knob else ''}{knob}"
    )


def inside(title: str) -> str:
    """Return the title of a cause as it is written inside of a sentence."""
    return title[0].lower() + title[1:] if title.split(" ", 1)[0] in _ORDINARY else title


def about_single_changes(
    baseline: ConfigurationSummary,
    level: LevelSummary,
    found: CauseCount,
    others: tuple[ConfigurationSummary, ...],
    usual: Timeouts,
) -> Iterator[str]:
    """Say which configurations differ from the baseline in one setting alone and do not have the cause at this level.

    Nothing is said where failures of it may be left: without a cause, of a family of causes, or not looked into.
    """
    for other in others:
        changes = differences(baseline.configuration, other.configuration, usual)
        same = next((one for one in other.levels if load(one) == load(level)), None)
        if len(changes) == 1 and same is not None and _is_rid(level, same, found):
            yield _single_change(baseline.configuration.name, changes[0], same) + _but(other)


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


def _but(other: ConfigurationSummary) -> str:
    """Return what keeps a configuration without these failures from the objective; empty when it passes."""
    return "" if other.verdict is Verdict.PASS else f" It is {other.verdict} all the same, {other.reasons[0]}."


def _single_change(baseline: str, change: str, level: LevelSummary) -> str:
    assert level.measurement is not None
    failures = level.measurement.failures
    rest = ", all of other causes" if failures.count else ""
    return (
        f"{level.configuration} differs from {baseline} only in {change} and had none of these failures: "
        f"{failures.count:,} of {failures.total:,} requests failed at {load(level)}{rest}."
    )
