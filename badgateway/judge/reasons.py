"""The facts that decided between configurations, as sentences."""

from collections import Counter
from collections.abc import Iterator

from badgateway.judge.cause_reasons import about_cause, about_single_changes, main_cause
from badgateway.judge.ranking import highest_level, worst_level
from badgateway.judge.shifts import CLOSE_SHARE
from badgateway.judge.unfinished import is_unfinished
from badgateway.judge.wording import counted, limit, load, milliseconds, percent, rate
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


def about_rivals(experiment: Experiment, ranked: tuple[ConfigurationSummary, ...]) -> tuple[str, ...]:
    """Say why the first of the ranking, which passes, is ahead of the second."""
    best, *others = ranked
    if not others:
        return (f"{best.configuration.name} was the only configuration.",)
    rival = others[0]
    if rival.verdict is Verdict.PASS:
        return (_why_ahead(best, rival),)
    alone = "No other configuration is proven to reach the objective"
    if rival.verdict is Verdict.INVALID or rival.configuration.name == _baseline_name(experiment):
        return (f"{alone}.",)
    return (f"{alone}; next is {rival.configuration.name} ({rival.verdict}), {rival.reasons[0]}.",)


def _baseline_name(experiment: Experiment) -> str:
    return experiment.configurations[0].name


def _why_ahead(best: ConfigurationSummary, rival: ConfigurationSummary) -> str:
    ahead, behind = highest_level(best), highest_level(rival)
    fact = (
        f"Both {best.configuration.name} and {rival.configuration.name} reached the objective; at "
        f"{load(ahead)} {best.configuration.name} had a p95 of {_p95_and_rate(ahead)}, "
        f"{rival.configuration.name} of {_p95_and_rate(behind)}"
    )
    if _p95_ms(behind) - _p95_ms(ahead) >= CLOSE_SHARE * _p95_ms(behind):
        return f"{fact}."
    return f"{fact}: less than {limit(CLOSE_SHARE)} apart in p95, so with {_trials(ahead)} each they may be equivalent."


def _p95_ms(level: LevelSummary) -> float:
    assert level.measurement is not None
    assert level.measurement.latency is not None
    return level.measurement.latency.p95_ms


def _p95_and_rate(level: LevelSummary) -> str:
    assert level.measurement is not None
    return f"{milliseconds(_p95_ms(level))} and {rate(level.measurement.throughput_rps)}"


def _trials(level: LevelSummary) -> str:
    return counted(sum(trial.verdict is not Verdict.INVALID for trial in level.trials), "trial")


def about_baseline(experiment: Experiment, ranked: tuple[ConfigurationSummary, ...]) -> tuple[str, ...]:
    """Say how the experiment's first configuration does and what ends its failures, unless that was said already."""
    name = _baseline_name(experiment)
    names = [one.configuration.name for one in ranked]
    if name not in names:
        return ()
    rank = names.index(name)
    baseline = ranked[rank]
    if rank == 0 or baseline.verdict is Verdict.INVALID:
        return ()
    if baseline.verdict is not Verdict.PASS:
        in_order = sorted(ranked, key=lambda one: experiment.configurations.index(one.configuration))
        return tuple(_about_failing(baseline, tuple(in_order), experiment))
    if rank == 1:
        return ()
    return (f"The baseline {name} reached the objective too: {reached(highest_level(baseline))}.",)


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


def about_invalid(ranked: tuple[ConfigurationSummary, ...]) -> tuple[str, ...]:
    """Say which configurations were not compared, and why."""
    invalid = [
        f"{summary.configuration.name} is INVALID and was not compared, {summary.reasons[0]}."
        for summary in ranked
        if summary.verdict is Verdict.INVALID and not is_unfinished(summary)
    ]
    unfinished = ", ".join(summary.configuration.name for summary in ranked if is_unfinished(summary))
    if unfinished:
        invalid.append(f"Not measured at every load level, because the run was stopped: {unfinished}.")
    return tuple(invalid)
