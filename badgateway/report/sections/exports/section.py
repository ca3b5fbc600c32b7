"""The requests of each route: what became of exports, and what small requests felt meanwhile."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from badgateway import numbers
from badgateway.databases.database_system import PART
from badgateway.model.run_summary import RunSummary
from badgateway.model.summary import LevelSummary, ProcessUse, RouteMeasurement
from badgateway.report import cells, grid, rows, wording
from badgateway.report.cells import TableCell
from badgateway.report.html import render
from badgateway.report.markdown import blocks, escaped, table
from badgateway.report.rows import RouteRow
from badgateway.report.section import Section

_SHARES = tuple(map(wording.share_heading, rows.GATEWAY_OUTCOMES))
_HEAD = (
    "configuration",
    "request",
    "requests",
    "failed",
    *_SHARES,
    "first byte p50",
    "last byte p50",
    "p95",
    "app growth",
)
_SMALL = ("configuration", "request", "requests", "failed", *_SHARES, "p50", "p95", "max")
_EXPORT = re.compile(r"/exports?\b")
"""In a route's name: '/members/export.xlsx', '/exports/<id>/'."""
_APPLICATION = ("server", "background")
"""Parts of a trial that run the application's code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportConfiguration:
    """The exports of one configuration at one load level, and what making them took."""

    rows: tuple[RouteRow, ...]
    app_growth: TableCell
    generator_peak: TableCell
    database_cpu: TableCell
    """Of the whole trial: which request it was spent for, nobody wrote down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exports:
    """The section about exports."""

    load_heading: str
    """Of a column of load levels."""
    configurations: tuple[ExportConfiguration, ...]
    """In the order of the experiment file."""
    small: tuple[RouteRow, ...]
    """Routes that are no exports; empty when there is none."""
    share_headings: tuple[str, ...] = _SHARES


class ExportsSection(Section):
    """The exports of a run, and the small requests beside them."""

    def html(self, run: RunSummary, /) -> str:
        """Return the two tables."""
        view = build(run)
        return render("exports/exports.html.j2", view=view) if view else ""

    def markdown(self, run: RunSummary, /) -> str:
        """Return the two tables, with fewer columns."""
        view = build(run)
        if view is None:
            return ""
        small = _table(_SMALL, map(_felt, view.small))
        return blocks(
            "The exports:",
            _table(_HEAD, (cells for configuration in view.configurations for cells in _exports(configuration))),
            *(("What the small requests felt while the exports ran:", small) if view.small else ()),
        )


def build(run: RunSummary) -> Exports | None:
    """Put the exports of a run side by side; None when it has none."""
    levels = [level for summary in run.configurations for level in summary.levels]
    if not any(_is_export(route) for level in levels for route in _routes(level)):
        return None
    small = [(level, route) for level in levels for route in _routes(level) if not _is_export(route)]
    top_ms = max((route.latency.p95_ms for _, route in small if route.latency), default=0.0)
    return Exports(
        load_heading=grid.heading(run),
        configurations=tuple(one for level in levels for one in _of_level(level)),
        small=tuple(rows.route_row(level, route, top_ms) for level, route in small),
    )


def _is_export(route: RouteMeasurement) -> bool:
    return _EXPORT.search(route.name) is not None


def _routes(level: LevelSummary) -> tuple[RouteMeasurement, ...]:
    return level.measurement.routes if level.measurement else ()


def _of_level(level: LevelSummary) -> Iterator[ExportConfiguration]:
    found = tuple(rows.route_row(level, route) for route in _routes(level) if _is_export(route))
    if not found:
        return
    generator, database = (_uses(level, part) for part in ("locust", PART))
    yield ExportConfiguration(
        rows=found,
        app_growth=_growth(list(_app_growths(level))),
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


def _memory(values: list[int]) -> TableCell:
    return TableCell(text=numbers.memory(max(values))) if values else cells.missing("no samples")


def _growth(values: list[int]) -> TableCell:
    """Return between what single trials grew by; of one trial that alone."""
    if len(values) < 2:
        return _memory(values)
    return TableCell(text=numbers.ends(numbers.memory(min(values)), numbers.memory(max(values))))


def _mean_s(values: list[float]) -> TableCell:
    if not values:
        return cells.missing("no samples")
    return TableCell(text=numbers.seconds(sum(values) / len(values)))


def _exports(configuration: ExportConfiguration) -> Iterator[tuple[str, ...]]:
    for row in configuration.rows:
        shown = (row.failed, *row.gateway_shares, row.first_p50, row.p50, row.p95, configuration.app_growth)
        yield (row.configuration, escaped(row.route), row.requests, *(cell.whole for cell in shown))


def _felt(row: RouteRow) -> tuple[str, ...]:
    shown = (row.failed, *row.gateway_shares, row.p50, row.p95, row.longest)
    return (row.configuration, escaped(row.route), row.requests, *(cell.whole for cell in shown))


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    return table(head, (":--", ":--", *("--:" for _ in head[2:])), rows)
