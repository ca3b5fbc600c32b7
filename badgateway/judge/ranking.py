"""Puts load levels in order: failures first, so that they can never win."""

from badgateway.judge.objective import SEVERITY
from badgateway.model.summary import ConfigurationSummary, LevelSummary, Measurement, Verdict

_WORST = float("inf")


def highest_level(summary: ConfigurationSummary) -> LevelSummary:
    """Return the level with the most load; any rate is more than any number of users."""
    return max(summary.levels, key=_load)


def worst_level(summary: ConfigurationSummary) -> LevelSummary:
    """Return the level with the largest failure share; of equal ones that with the most load."""
    return max(summary.levels, key=lambda level: (_failure_share(level.measurement), _load(level)))


def _load(level: LevelSummary) -> tuple[float, int]:
    return level.rate_per_s or 0.0, level.users


def level_key(level: LevelSummary) -> tuple[int, float, float, float]:
    """Return what puts levels in order, the best first.

    By verdict; then by failure share, except among those that pass; then by the p95 of OK requests, and throughput.
    """
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


def _failure_share(measurement: Measurement | None) -> float:
    # A level that was not measured is no worst level to speak of.
    return measurement.failures.share if measurement else -1.0
