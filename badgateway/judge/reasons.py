"""The facts that decided between configurations, as sentences."""

from collections import Counter
from collections.abc import Iterator, Sequence

from badgateway.judge.cause_reasons import about_cause, about_single_changes, main_cause
from badgateway.judge.ranking import highest_level, worst_level
from badgateway.judge.wording import counted, load, milliseconds, percent, rate
from badgateway.model.experiment import Experiment
from badgateway.model.summary import ConfigurationSummary, LevelSummary, Verdict


def reached(level: LevelSummary) -> str:
    """Say what a level that has OK requests reached: failures first, then latency, then throughput."""
    measurement = level.measurement
    assert measurement is not None
    assert measurement.latency is not None
    failures = measurement.failures
    return (
        f"at {load(level)} {failures.count:,} of {failures.total:,} requests failed "
        f"(with 95 % confidence at most {percent(failures.high)}), the p95 of OK requests was "
        f"{milliseconds(measurement.latency.p95_ms)}, and it served {rate(measurement.throughput_rps)}"
    )


def about_baseline(
    experiment: Experiment, configurations: Sequence[ConfigurationSummary], chosen: str | None
) -> tuple[str, ...]:
    """Say how the baseline does and what ends its failures; nothing where it was chosen, or could not be measured."""
    name = experiment.baseline.name
    baseline = next((one for one in configurations if one.configuration.name == name), None)
    if baseline is None or name == chosen or baseline.verdict is Verdict.INVALID:
        return ()
    if baseline.verdict is not Verdict.PASS:
        return tuple(_about_failing(baseline, tuple(configurations), experiment))
    return (f"The baseline {name} keeps the objective too: {reached(highest_level(baseline))}.",)


def _about_failing(
    baseline: ConfigurationSummary, all_of_them: tuple[ConfigurationSummary, ...], experiment: Experiment
) -> Iterator[str]:
    level = worst_level(baseline)
    # A study's verdict may be of other trials than the levels' own; then there is no sentence for it here.
    first = f", {baseline.reasons[0]}" if baseline.reasons else ""
    verdict = f"The baseline {baseline.configuration.name} is {baseline.verdict}{first}"
    found = main_cause(level)
    if found is None:
        yield f"{verdict}{_complaint(level)}."
        return
    cause = about_cause(level, found, baseline.configuration)
    yield f"{verdict}. {cause[0].upper()}{cause[1:]}."
    yield from about_single_changes(baseline, level, found, all_of_them, experiment.timeouts)


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
    return f"; nginx said {counted(count, 'time')}: {message}"
