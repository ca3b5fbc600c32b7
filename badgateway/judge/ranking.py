"""Puts configurations in order: failures first, so that they can never win."""

from collections.abc import Sequence

from badgateway.judge.verdicts import SEVERITY
from badgateway.model.summary import ConfigurationSummary, LevelSummary, Measurement, Verdict

_WORST = float("inf")


def rank(configurations: Sequence[ConfigurationSummary]) -> tuple[ConfigurationSummary, ...]:
    """Return the configurations, best first, whatever order they come in.

    By verdict; then by the failure share of the worst level, except among those that pass: they are equal in
    failures, since the objective says how many are too many; then by the p95 of OK requests at the highest level;
    then by throughput there; then by name.
    """
    return tuple(sorted(configurations, key=_key))


def highest_level(summary: ConfigurationSummary) -> LevelSummary:
    """Return the level with the most load; any rate is more than any number of users."""
    return max(summary.levels, key=_load)


def worst_level(summary: ConfigurationSummary) -> LevelSummary:
    """Return the level with the largest failure share; of equal ones that with the most load."""
    return max(summary.levels, key=lambda level: (_failure_share(level.measurement), _load(level)))


def _load(level: LevelSummary) -> tuple[float, int]:
    return level.rate_per_s or 0.0, level.users


def level_key(level: LevelSummary) -> tuple[int, float, float, float]:
    """Return what puts levels in order as `rank` does configurations, the best first."""
    passes = level.verdict is Verdict.PASS
    return (
        SEVERITY.index(level.verdict),
        0.0 if passes else _failure_share(level.measurement),
        *_speed(level.measurement),
    )


def _speed(measurement: Measurement | None) -> tuple[float, float]:
    return (
        measurement.latency.p95_ms if measurement and measurement.latency else _WORST,
        -measurement.throughput_rps if measurement else 0.0,
    )


def _key(summary: ConfigurationSummary) -> tuple[int, float, float, float, str]:
    highest = highest_level(summary).measurement
    passes = summary.verdict is Verdict.PASS
    return (
        SEVERITY.index(summary.verdict),
        0.0 if passes else _failure_share(worst_level(summary).measurement),
        *_speed(highest),
        summary.configuration.name,
    )


def _failure_share(measurement: Measurement | None) -> float:
    # A level that was not measured is behind every measured one in the ranking, and no worst level to speak of.
    return measurement.failures.share if measurement else -1.0
