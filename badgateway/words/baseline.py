"""Says how the baseline does, why it fails, and which single change ends that."""

from collections import Counter
from collections.abc import Iterator

from badgateway.model.configuration import Configuration
from badgateway.model.diagnosis import CauseCount, Certainty
from badgateway.model.ladder import Baseline, SingleChange
from badgateway.model.summary import ConfigurationSummary, LevelSummary, Verdict
from badgateway.numbers import plural
from badgateway.servers.advice import first_knob
from badgateway.servers.registry import uses
from badgateway.words.phrases import inside, load, milliseconds, percent, rate
from badgateway.words.verdict_reasons import say


def about_baseline(found: Baseline | None) -> tuple[str, ...]:
    """Return how the baseline does and what ends its failures, sentences; empty where nothing is to be said of it."""
    if found is None:
        return ()
    if found.summary.verdict is not Verdict.PASS:
        return tuple(_about_failing(found))
    return (f"The baseline {found.summary.configuration.name} keeps the objective too: {reached(found.level)}.",)


def reached(level: LevelSummary) -> str:
    """Say what a level that has OK requests reached: failures first, then latency, then throughput."""
    measurement = level.measurement
    assert measurement is not None
    assert measurement.latency is not None
    failures = measurement.failures
    return (
        f"at {load(level.load)} {failures.count:,} of {failures.total:,} requests failed "
        f"(with 95 % confidence at most {percent(failures.high)}), the p95 of OK requests was "
        f"{milliseconds(measurement.latency.p95_ms)}, and it served {rate(measurement.throughput_rps)}"
    )


def _about_failing(found: Baseline) -> Iterator[str]:
    summary = found.summary
    # A study's verdict may be of other trials than the levels' own; then there is no sentence for it here.
    first = f", {say(summary.reasons[0])}" if summary.reasons else ""
    verdict = f"The baseline {summary.configuration.name} is {summary.verdict}{first}"
    if found.cause is None:
        yield f"{verdict}{_complaint(found.level)}."
        return
    cause = _about_cause(found.level, found.cause, summary.configuration)
    yield f"{verdict}. {cause[0].upper()}{cause[1:]}."
    for one in found.single_changes:
        yield _single_change(summary.configuration.name, one) + _but(one.configuration)


def _complaint(level: LevelSummary) -> str:
    """Return what nginx said most often about a level's failures; warnings explain none."""
    if level.measurement is None or not level.measurement.failures.count:
        return ""
    said: Counter[str] = Counter()
    for trial in level.trials:
        said.update({kind.message: kind.count for kind in trial.proxy_messages if "[warn]" not in kind.first_line})
    if not said:
        return ""
    message, count = min(said.items(), key=lambda item: (-item[1], item[0]))
    return f"; nginx said {plural(count, 'time')}: {message}"


def _about_cause(level: LevelSummary, found: CauseCount, configuration: Configuration) -> str:
    """Say what the main cause of a level's failures is, and what controls it."""
    assert level.measurement is not None
    failures = level.measurement.failures.count
    share = f"all {failures:,}" if found.count == failures else f"{found.count:,} of the {failures:,}"
    doubt = "" if found.certainty is Certainty.PROVEN else "; several causes fit"
    knob = first_knob(found.cause, uses([configuration]))
    return (
        f"{share} failures at {load(level.load)}: {inside(found.cause.title)} ({found.cause.id}{doubt})"
        f"{'; ' if knob else ''}{knob}"
    )


def _but(other: ConfigurationSummary) -> str:
    """Return what keeps a configuration without these failures from the objective; empty when it passes."""
    return "" if other.verdict is Verdict.PASS else f" It is {other.verdict} all the same, {say(other.reasons[0])}."


def _single_change(baseline: str, found: SingleChange) -> str:
    level = found.level
    failures = level.measured.failures
    rest = ", all of other causes" if failures.count else ""
    return (
        f"{level.configuration} differs from {baseline} only in {found.change} and had none of these "
        f"failures: {failures.count:,} of {failures.total:,} requests failed at {load(level.load)}{rest}."
    )
