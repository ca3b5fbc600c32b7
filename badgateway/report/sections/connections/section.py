"""The connections to the database over time, in a row for each configuration."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from badgateway import numbers
from badgateway.databases.database_kind import DatabaseKind
from badgateway.databases.registry import database_of
from badgateway.model.configuration import Configuration
from badgateway.model.load_level import LoadLevel
from badgateway.model.run_summary import RunSummary
from badgateway.model.samples import DatabaseConnections
from badgateway.model.worker_checks import ConnectCost
from badgateway.report import cells, grid, markdown
from badgateway.report.cells import TableCell
from badgateway.report.html import render
from badgateway.report.section import Section
from badgateway.report.sections.connections.chart import draw_connections
from badgateway.words import phrases

_HEAD = ("configuration", "most held", "opened a second")
_ALIGN = (":--", "--:", "--:")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionRow:
    """One configuration."""

    name: str
    drawing: Markup | None
    """Of the trial with the most connections; None when nobody sampled them."""
    why: str
    """Why there is no drawing; empty when there is one."""
    peak: TableCell
    opened: TableCell
    cost: TableCell
    spent: TableCell
    """Connecting time in each second, all workers together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connections:
    """The whole section, at the highest load level."""

    users: str
    window: str
    limit: str
    """Empty when no sample tells it."""
    has_costs: bool
    rows: tuple[ConnectionRow, ...]
    """In the order of the experiment file."""


class ConnectionsSection(Section):
    """The connections of each configuration, at the highest load level."""

    def html(self, run: RunSummary, /) -> str:
        """Return the table, with a small chart in each row."""
        view = build(run)
        return render("connections/connections.html.j2", view=view) if view else ""

    def markdown(self, run: RunSummary, /) -> str:
        """Return a table of what was held at most, and what was opened."""
        view = build(run)
        if view is None:
            return ""
        limit = f", which may hold {view.limit}" if view.limit else ""
        about = f"Connections to the database with {view.users} (the most that the application held{limit}):"
        shown = ((row.name, row.peak.text, row.opened.text) for row in view.rows)
        return markdown.blocks(about, markdown.table(_HEAD, _ALIGN, shown))


def build(run: RunSummary, costs: Sequence[ConnectCost] = ()) -> Connections | None:
    """Put the connections of a run's configurations side by side; None when nobody sampled any."""
    load = max(grid.levels(run), key=lambda level: level.size)
    sampled = {one.configuration.name: _sampled(run, one.configuration.name, load) for one in run.configurations}
    every = [found for trials in sampled.values() for found in trials]
    if not every:
        return None
    limits = [found.limit for found in every if found.limit is not None]
    system = database_of(run.experiment)
    top = max([1, *limits, *(found.peak for found in every)])
    return Connections(
        users=phrases.load(load),
        window=numbers.declared_seconds(run.experiment.load.window_s),
        limit=numbers.count(max(limits)) if limits else "",
        has_costs=bool(costs),
        rows=tuple(
            _row(one.configuration, sampled[one.configuration.name], top, _cost_ms(one.configuration, system, costs))
            for one in run.configurations
        ),
    )


def _sampled(run: RunSummary, name: str, load: LoadLevel) -> list[DatabaseConnections]:
    return [
        trial.connections
        for summary in run.configurations
        if summary.configuration.name == name
        for level in summary.levels
        if level.load == load
        for trial in level.valid_trials
        if trial.connections is not None
    ]


def _row(
    configuration: Configuration, trials: Sequence[DatabaseConnections], top: int, cost_ms: float | None
) -> ConnectionRow:
    most = max(trials, key=lambda found: found.peak, default=None)
    opened = [found.opened_per_s for found in trials if found.opened_per_s is not None]
    mean = sum(opened) / len(opened) if opened else None
    why = "" if most else "no samples"
    return ConnectionRow(
        name=configuration.name,
        drawing=draw_connections(configuration.name, most, top) if most else None,
        why=why,
        peak=TableCell(text=numbers.count(most.peak)) if most else cells.missing(why),
        opened=TableCell(text=numbers.rate(mean)) if mean is not None else cells.missing(why or "not counted"),
        cost=cells.milliseconds(cost_ms, "not measured"),
        spent=cells.milliseconds(None if cost_ms is None or mean is None else cost_ms * mean, "not measured"),
    )


def _cost_ms(configuration: Configuration, system: DatabaseKind, costs: Sequence[ConnectCost]) -> float | None:
    driver = system.driver(configuration.driver)
    client = driver.client(tls=configuration.database_tls) if driver else None
    return next((cost.median_ms for cost in costs if cost.client == client), None)
