"""The first screen of a report: what is wrong, what to run, the seconds that show why, and one table."""

from collections.abc import Iterator
from dataclasses import dataclass

from markupsafe import Markup

from badgateway import numbers
from badgateway.model.configuration import Configuration, WorkerModel
from badgateway.model.diagnosis import RETRIED
from badgateway.model.differences import changed
from badgateway.model.load_level import LoadLevel
from badgateway.model.outcome import Outcome
from badgateway.model.study_summary import StudySummary
from badgateway.model.summary import ConfigurationSummary, LevelSummary, TrialSummary, Verdict
from badgateway.report import cells, grid, wording
from badgateway.report.cells import TableCell
from badgateway.report.grid import Cell
from badgateway.report.sections.answer.strip import draw_strip
from badgateway.servers.registry import server_of
from badgateway.words import phrases

_MOST_ROWS = 12
"""Of the table; the levels have all."""
_ALWAYS = ("workers", "threads", "greenlets", "listen", "keepalive_s")
"""What another server file has to be told, be it what the baseline has or not."""
_MANY_AT_ONCE = (WorkerModel.GREENLETS, WorkerModel.EVENT_LOOP)
_ROOM = 1.3
"""Of the p95 scale, beyond the limit: what is above it is drawn at its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One configuration at the load at which all are compared."""

    name: str
    is_picked: bool
    is_baseline: bool
    is_tied: bool
    """Whether it is as good as the picked one, as far as this study can tell."""
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
class FirstScreen:
    """Everything in it but the answer itself."""

    problem: str
    """What is wrong with what runs today; empty where nothing is, or nothing was measured."""
    strip: Markup | None
    strip_title: str
    strip_caption: str
    rows: tuple[Row, ...]
    left_out: int
    """Configurations that the table has no room for."""
    load: str
    limit: str
    limit_at: str
    """Where the p95's limit is drawn, as CSS."""
    has_ties: bool
    has_capacities: bool
    paste: tuple[str, ...]
    """Lines for the server's own file; empty when there is nothing to run, or nothing to change."""
    paste_where: str
    besides: str
    """What else the one to run changes; empty without."""


def build(study: StudySummary) -> FirstScreen:
    """Return the first screen of a study."""
    load = max(grid.levels(study), key=lambda level: level.order)
    at_load = {summary.configuration.name: _at(summary, load) for summary in study.configurations}
    order = [summary.configuration.name for summary in grid.ranked(study)]
    shown = _shown(study, order)
    scale_ms = study.experiment.objective.p95_ms * _ROOM
    rows = tuple(_row(at_load[name], study, scale_ms) for name in shown)
    trial = _telling_trial(study, at_load)
    paste, besides = _change(study)
    return FirstScreen(
        problem=_problem(at_load[study.experiment.baseline.name]),
        strip=draw_strip(trial.trial.configuration, trial.pressure) if trial and trial.pressure else None,
        strip_title=_strip_title(trial, study),
        strip_caption=_strip_caption(trial, load),
        rows=rows,
        left_out=len(order) - len(shown),
        load=phrases.load(load),
        limit=numbers.declared_milliseconds(study.experiment.objective.p95_ms),
        limit_at=f"{100 / _ROOM:.1f}%",
        has_ties=any(row.is_tied for row in rows),
        has_capacities=bool(study.choice and study.choice.capacities),
        paste=paste,
        paste_where=str(_picked(study).server) if paste else "",
        besides=besides,
    )


def _picked(study: StudySummary) -> Configuration:
    return study.experiment.configuration(study.recommendation.configuration or study.experiment.baseline.name)


def _shown(study: StudySummary, order: list[str]) -> list[str]:
    """Return the names of the rows, in their order; what is to run and the baseline are always among them."""
    needed = {study.experiment.baseline.name, study.recommendation.configuration}
    room = _MOST_ROWS - len(needed)
    others = [name for name in order if name not in needed][:room]
    return [name for name in order if name in needed or name in others]


def _at(summary: ConfigurationSummary, load: LoadLevel) -> Cell:
    (cell,) = grid.row(summary, (load,))
    return cell


def _row(cell: Cell, study: StudySummary, scale_ms: float) -> Row:
    name, found = cell.configuration, cell.measurement
    configuration = study.experiment.configuration(name)
    verdict = cell.level.verdict.value if cell.level else "NOT RUN"
    gap = cells.missing(cell.gap)
    p95_ms = found.latency.p95_ms if found and found.latency else None
    choice = study.choice
    return Row(
        name=name,
        is_picked=name == study.recommendation.configuration,
        is_baseline=name == study.experiment.baseline.name,
        is_tied=bool(choice and len(choice.equivalent) > 1 and name in choice.equivalent),
        verdict=verdict,
        failed=cells.share(found.failures) if found else gap,
        failed_bar=f"{100 * found.failures.share:.1f}%" if found else "0%",
        p95=cells.milliseconds(p95_ms, cell.gap or "no request was OK"),
        p95_at=f"{100 * min(p95_ms / scale_ms, 1):.1f}%" if p95_ms is not None else "",
        is_grey=bool(found and found.failures.low > study.experiment.objective.max_failure_share),
        served=TableCell(text=f"{numbers.rate(found.throughput_rps)}\N{NO-BREAK SPACE}/s") if found else gap,
        carries=_carries(name, study),
        cpu=_cpu(cell.level),
        changes=_changes(configuration, study),
    )


def _carries(name: str, study: StudySummary) -> TableCell:
    found = dict(study.choice.capacities).get(name) if study.choice else None
    if found is None or found.estimate is None:
        return cells.missing("not searched, or not told")
    return TableCell(text=numbers.load(found.estimate))


def _cpu(level: LevelSummary | None) -> TableCell:
    """Return the CPU time of the application server for each OK request."""
    used_ms, served = 0.0, 0
    for trial in level.valid_trials if level else ():
        server = [use.cpu_s for use in trial.uses if use.part == "server"]
        if server and trial.measurement is not None:
            used_ms += 1000 * server[0]
            served += trial.measurement.count(Outcome.OK)
    return cells.milliseconds(used_ms / served if served else None, "not measured")


def _changes(configuration: Configuration, study: StudySummary) -> str:
    baseline = study.experiment.baseline
    if configuration.name == baseline.name:
        return "what runs today"
    changes = [
        one.new.rpartition("/")[2] if one.setting == "server" else f"{one.setting} {one.new}"
        for one in changed(baseline, configuration, study.experiment.timeouts)
        if one.setting != "greenlets" or configuration.worker_model in _MANY_AT_ONCE
    ]
    return ", ".join(changes) or "nothing"


def _problem(cell: Cell) -> str:
    """Say in one sentence how what runs today fails."""
    found, name = cell.measurement, cell.configuration
    if found is None or cell.level is None or cell.level.verdict is not Verdict.FAIL:
        return ""
    at = phrases.load(cell.load)
    if not found.failures.count:
        late = numbers.milliseconds(found.latency.p95_ms) if found.latency else ""
        return f"{name}, what runs today, is too slow at {at}: 95 % of its answers took up to {late}."
    statuses = numbers.listed(text for _, text in wording.split(found))
    why = _main_cause(cell)
    return (
        f"{name}, what runs today, failed {numbers.percent(found.failures.share)} of "
        f"{numbers.plural(found.requests, 'request')} at {at}, {statuses}{f': {why}' if why else ''}."
    )


def _main_cause(cell: Cell) -> str:
    causes = [one for one in (cell.diagnosis.causes if cell.diagnosis else ()) if one.cause.id != RETRIED]
    if not causes:
        return ""
    first = max(causes, key=lambda one: one.count)
    title = first.cause.title
    return title[0].lower() + title[1:]


def _telling_trial(study: StudySummary, at_load: dict[str, Cell]) -> TrialSummary | None:
    """Return the baseline's trial with the most failures; without any, the busiest one of the configuration to run."""
    baseline = _sampled(at_load[study.experiment.baseline.name])
    worst = max(baseline, key=_failed, default=None)
    if worst is not None and _failed(worst):
        return worst
    picked = _sampled(at_load.get(study.recommendation.configuration or "", at_load[study.experiment.baseline.name]))
    return max(picked, key=_queued, default=None)


def _sampled(cell: Cell) -> list[TrialSummary]:
    return [trial for trial in (cell.level.valid_trials if cell.level else ()) if trial.pressure is not None]


def _failed(trial: TrialSummary) -> int:
    return trial.measurement.failures.count if trial.measurement else 0


def _queued(trial: TrialSummary) -> int:
    return trial.pressure.most_queued or 0 if trial.pressure else 0


def _strip_title(trial: TrialSummary | None, study: StudySummary) -> str:
    if trial is None:
        return "Why"
    if _failed(trial):
        return f"Why: {trial.trial.configuration}, second by second"
    is_picked = trial.trial.configuration == study.recommendation.configuration
    return f"{trial.trial.configuration} under load" if is_picked else f"{trial.trial.configuration}, second by second"


def _strip_caption(trial: TrialSummary | None, load: LoadLevel) -> str:
    if trial is None or trial.pressure is None:
        return "The accept queue of this server was not sampled, or cannot be seen."
    return f"Trial {trial.trial.position}, {phrases.load(load)}. Dashed: the limit."


def _change(study: StudySummary) -> tuple[tuple[str, ...], str]:
    """Return lines for the server file of the configuration to run, and what it changes besides."""
    if study.recommendation.configuration is None:
        return (), ""
    picked, baseline = _picked(study), study.experiment.baseline
    if picked.name == baseline.name:
        return (), ""
    lines = tuple(_lines(picked, baseline))
    told = {"server", *(name for name, _ in _spelled(picked))}
    others = [str(one) for one in changed(baseline, picked, study.experiment.timeouts) if one.setting not in told]
    return lines, numbers.listed(others) if others else ""


def _lines(picked: Configuration, baseline: Configuration) -> Iterator[str]:
    is_other_file = picked.server != baseline.server
    equals = "=" if picked.server.suffix == ".env" else " = "
    for name, spelled in _spelled(picked):
        is_new = is_other_file and name in _ALWAYS
        if is_new or getattr(picked, name) != getattr(baseline, name):
            yield f"{spelled}{equals}{getattr(picked, name)}"


def _spelled(configuration: Configuration) -> Iterator[tuple[str, str]]:
    """Yield the numbers that a server file has for the configuration, with the server's name for each."""
    has_greenlets = configuration.worker_model in _MANY_AT_ONCE
    for name, spelled in server_of(configuration).settings.items():
        value = getattr(configuration, name, None)
        if isinstance(value, bool) or not isinstance(value, int) or (name == "greenlets" and not has_greenlets):
            continue
        yield name, spelled
