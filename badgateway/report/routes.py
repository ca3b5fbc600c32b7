"""The requests of each route: what became of exports, and what small requests felt meanwhile."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from badgateway.model.outcome import Outcome
from badgateway.model.summary import (
    LevelSummary,
    ProcessUse,
    Quantiles,
    RouteMeasurement,
    StudySummary,
)
from badgateway.report import numbers
from badgateway.report.loads import LoadLevel
from badgateway.report.rows import Shown

_EXPORT = re.compile(r"/exports?\b")
"""In a route's name: '/members/export.xlsx', '/exports/<id>/'."""
_NAMED = (Outcome.GATEWAY_TIMEOUT, Outcome.BAD_GATEWAY, Outcome.TRUNCATED)

_APPLICATION = ("server", "background")
"""Parts of a trial that run the application's code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteRow:
    """One route of one configuration at one load level."""

    configuration: str
    users: str
    route: str
    requests: str
    failed: Shown
    named: tuple[Shown, ...]
    """504, 502 and truncated."""
    others: Shown
    """All other failures."""
    first_p50: Shown
    first_p95: Shown
    p50: Shown
    p95: Shown
    longest: Shown
    bar: str
    """The p95 as a width of CSS, the longest of the table being the whole; empty without an OK request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportArm:
    """The exports of one configuration at one load level, and what making them took."""

    rows: tuple[RouteRow, ...]
    app_growth: Shown
    generator_peak: Shown
    database_cpu: Shown
    """Of the whole trial: which request it was spent for, nobody wrote down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exports:
    """The section about exports."""

    arms: tuple[ExportArm, ...]
    """In the order of the experiment file."""
    small: tuple[RouteRow, ...]
    """Routes that are no exports; empty when there is none."""


def of_level(level: LevelSummary) -> tuple[RouteRow, ...]:
    """Return the rows of a level; none when nothing was measured."""
    return tuple(_row(level, route) for route in _routes(level))


def build(study: StudySummary) -> Exports | None:
    """Put the exports of a study side by side; None when it has none."""
    levels = [level for summary in study.configurations for level in summary.levels]
    if not any(_is_export(route) for level in levels for route in _routes(level)):
        return None
    small = [(level, route) for level in levels for route in _routes(level) if not _is_export(route)]
    top_ms = max((route.latency.p95_ms for _, route in small if route.latency), default=0.0)
    return Exports(
        arms=tuple(arm for level in levels for arm in _arm(level)),
        small=tuple(_row(level, route, top_ms) for level, route in small),
    )


def _is_export(route: RouteMeasurement) -> bool:
    return _EXPORT.search(route.name) is not None


def _routes(level: LevelSummary) -> tuple[RouteMeasurement, ...]:
    return level.measurement.routes if level.measurement else ()


def _arm(level: LevelSummary) -> Iterator[ExportArm]:
    rows = tuple(_row(level, route) for route in _routes(level) if _is_export(route))
    if not rows:
        return
    generator, database = (_uses(level, part) for part in ("locust", "mariadb"))
    yield ExportArm(
        rows=rows,
        app_growth=_memory(list(_app_growths(level))),
        generator_peak=_memory([use.peak_rss_bytes for use in generator]),
        database_cpu=_mean_s([use.cpu_s for use in database]),
    )


def _app_growths(level: LevelSummary) -> Iterator[int]:
    """Yield the growth of each valid trial's server, with what runs beside it and makes files."""
    for trial in level.valid_trials:
        growths = [use.rss_growth_bytes for use in trial.uses if use.part in _APPLICATION]
        if growths:
            yield sum(growths)


def _uses(level: LevelSummary, part: str) -> list[ProcessUse]:
    return [use for trial in level.valid_trials for use in trial.uses if use.part == part]


def _memory(values: list[int]) -> Shown:
    return Shown(text=numbers.memory(max(values))) if values else Shown(text=numbers.NO_DATA, why="no samples")


def _mean_s(values: list[float]) -> Shown:
    if not values:
        return Shown(text=numbers.NO_DATA, why="no samples")
    return Shown(text=numbers.seconds(sum(values) / len(values)))


def _row(level: LevelSummary, route: RouteMeasurement, top_ms: float = 0.0) -> RouteRow:
    named = [route.count(outcome) for outcome in _NAMED]
    first_p50, first_p95, _ = _quantiles(route.first_byte)
    p50, p95, longest = _quantiles(route.latency)
    return RouteRow(
        configuration=level.configuration,
        users=LoadLevel.of(level).in_column,
        route=route.name,
        requests=numbers.count(route.requests),
        failed=Shown(text=numbers.percent(route.failures.share), quiet=not route.failures.count),
        named=tuple(map(_count, named)),
        others=_count(route.failures.count - sum(named)),
        first_p50=first_p50,
        first_p95=first_p95,
        p50=p50,
        p95=p95,
        longest=longest,
        bar=f"{100 * route.latency.p95_ms / top_ms:.1f}%" if route.latency and top_ms else "",
    )


def _count(number: int) -> Shown:
    return Shown(text=numbers.count(number), quiet=number == 0)


def _quantiles(found: Quantiles | None) -> tuple[Shown, Shown, Shown]:
    if found is None:
        nothing = Shown(text=numbers.NO_DATA, why="no request was OK")
        return nothing, nothing, nothing
    p50, p95, longest = (
        Shown(text=numbers.milliseconds(value)) for value in (found.p50_ms, found.p95_ms, found.max_ms)
    )
    return p50, p95, longest
