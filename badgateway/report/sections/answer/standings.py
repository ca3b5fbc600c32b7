"""The one table of the first screen: every configuration at the highest load, and what it changes of the baseline."""

from dataclasses import dataclass

from badgateway import numbers
from badgateway.model.capacity import CapacityStatus
from badgateway.model.configuration import Configuration
from badgateway.model.differences import changed
from badgateway.model.load_level import LoadLevel
from badgateway.model.run_summary import RunSummary
from badgateway.report import cells, grid, rows
from badgateway.report.cells import TableCell
from badgateway.report.grid import LevelResult
from badgateway.words import phrases
from badgateway.words.effects import in_own_words

_MOST_ROWS = 12
"""Of the table; the levels have all."""
_ROOM = 1.3
"""Of the p95 scale, beyond the limit: what is above it is drawn at its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One configuration at the load at which all are compared."""

    name: str
    is_picked: bool
    is_tied: bool
    """Whether it is as good as the picked one, as far as this run can tell."""
    verdict: str
    failed: TableCell
    failed_bar: str
    """Width of CSS."""
    p95: TableCell
    p95_at: str
    """Place of the dot, as CSS; empty where there is none."""
    is_grey: bool
    """Whether so much failed that its latency says nothing."""
    served: TableCell
    carries: TableCell
    cpu: TableCell
    changes: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standings:
    """The table."""

    rows: tuple[Row, ...]
    left_out: int
    """Configurations that the table has no room for."""
    load: str
    limit: str
    limit_at: str
    """Where the p95's limit is drawn, as CSS."""
    has_ties: bool
    has_grey: bool
    """Whether of some so much failed that its latency says nothing."""
    carries: str
    """Heading of the capacities, with what they are counted in; empty where none was searched."""


def build(run: RunSummary, *, most_rows: int = _MOST_ROWS) -> Standings:
    """Return the table of a run, with at most so many rows, and more where more are as good as the picked one."""
    load = level_compared(run)
    at_load = results_at(run, load)
    order = [summary.configuration.name for summary in grid.ranked(run)]
    names = _shown(run, order, most_rows)
    scale_ms = run.experiment.objective.p95_ms * _ROOM
    rows = tuple(_row(at_load[name], run, scale_ms) for name in names)
    return Standings(
        rows=rows,
        left_out=len(order) - len(names),
        load=phrases.load(load),
        limit=numbers.declared_milliseconds(run.experiment.objective.p95_ms),
        limit_at=f"{100 / _ROOM:.1f}%",
        has_ties=any(row.is_tied for row in rows),
        has_grey=any(row.is_grey for row in rows),
        carries=_heading(run),
    )


def level_compared(run: RunSummary) -> LoadLevel:
    """Return the load at which all are compared: the highest."""
    return max(grid.levels(run), key=lambda level: level.order)


def results_at(run: RunSummary, load: LoadLevel) -> dict[str, LevelResult]:
    """Return what was measured at a load, by configuration."""
    return {summary.configuration.name: grid.row(summary, (load,))[0] for summary in run.configurations}


def _shown(run: RunSummary, order: list[str], most_rows: int) -> list[str]:
    """Return the names of the rows, in their order: always what is to run, what is as good, and the baseline."""
    tied = run.choice.equivalent if run.choice else ()
    needed = {run.experiment.baseline.name, run.recommendation.configuration, *tied}
    room = max(most_rows - len(needed), 0)
    others = [name for name in order if name not in needed][:room]
    return [name for name in order if name in needed or name in others]


def _row(result: LevelResult, run: RunSummary, scale_ms: float) -> Row:
    name, found = result.configuration, result.measurement
    configuration = run.experiment.configuration(name)
    verdict = result.level.verdict.value if result.level else "NOT RUN"
    gap = cells.missing(result.gap)
    p95_ms = found.latency.p95_ms if found and found.latency else None
    choice = run.choice
    return Row(
        name=name,
        is_picked=name == run.recommendation.configuration,
        is_tied=bool(choice and len(choice.equivalent) > 1 and name in choice.equivalent),
        verdict=verdict,
        failed=cells.share(found.failures) if found else gap,
        failed_bar=f"{100 * found.failures.share:.1f}%" if found else "0%",
        p95=cells.milliseconds(p95_ms, result.gap or "no request was OK"),
        p95_at=f"{100 * min(p95_ms / scale_ms, 1):.1f}%" if p95_ms is not None else "",
        is_grey=bool(found and not grid.is_telling(found, run)),
        served=TableCell(text=f"{numbers.rate(found.throughput_rps)}\N{NO-BREAK SPACE}/s") if found else gap,
        carries=_carries(name, run),
        cpu=rows.server_cpu(result.level),
        changes=_changes(configuration, run),
    )


def _heading(run: RunSummary) -> str:
    asked = run.choice.asked if run.choice and run.choice.capacities else None
    return f"carries, {phrases.unit(asked.capacity.unit if asked.capacity else asked.unit)}" if asked else ""


def _carries(name: str, run: RunSummary) -> TableCell:
    found = dict(run.choice.capacities).get(name) if run.choice else None
    if found is None or found.estimate is None:
        return cells.missing("not searched, or not told")
    if found.status is CapacityStatus.AT_LEAST and found.low is not None:
        return TableCell(text=f"\N{GREATER-THAN OR EQUAL TO}\N{NO-BREAK SPACE}{numbers.load(found.low)}")
    return TableCell(text=numbers.load(found.estimate))


def _changes(configuration: Configuration, run: RunSummary) -> str:
    baseline = run.experiment.baseline
    if configuration.name == baseline.name:
        return "what runs today" if not configuration.is_attached else "as it was first"
    if configuration.is_attached:
        return "what its user switched"
    found = in_own_words(configuration, changed(baseline, configuration, run.experiment.timeouts))
    changes = [f"{setting} {new}".lstrip() for setting, _, new in found]
    return f"{_apart(configuration, run)}{', '.join(changes) or 'nothing'}"


def _apart(configuration: Configuration, run: RunSummary) -> str:
    """Say of what is behind all others although it may be better that it cannot be picked."""
    is_apart = not configuration.candidate and any(one.candidate for one in run.experiment.configurations)
    return "not to be picked: " if is_apart else ""
