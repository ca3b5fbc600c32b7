"""The capacities of a study's configurations: how much load each carries at the objective, as text."""

from dataclasses import dataclass

from badgateway import numbers
from badgateway.model.capacity import Capacity, CapacityStatus
from badgateway.model.design import Purpose
from badgateway.model.experiment import Experiment, Objective
from badgateway.model.load_level import LoadLevel, LoadUnit
from badgateway.model.run_summary import RunSummary
from badgateway.report import cells
from badgateway.report.cells import TableCell
from badgateway.words import phrases

_CAPACITY_WORDS = {
    CapacityStatus.FOUND: "found",
    CapacityStatus.AT_LEAST: "no higher load was tried",
    CapacityStatus.NONE: "the lowest load failed",
    CapacityStatus.UNCONFIRMED: "no long window passed",
    CapacityStatus.NOT_TOLD: "the interval is too wide",
}
_REVERSED = "a load fails below one that passes"


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityRow:
    """The capacity of one configuration."""

    name: str
    estimate: TableCell
    interval: TableCell
    confirmed: TableCell
    trials: str
    remark: str


def unit_of(run: RunSummary) -> LoadUnit:
    """Return in what capacities are counted: the trials of the searches say it, or else the levels."""
    searched = [one.trial for one in run.other_trials if one.trial.purpose is not Purpose.COMPARE]
    return searched[0].load.unit if searched else run.experiment.load.levels[0].unit


def text(found: Capacity, unit: LoadUnit) -> str:
    """Return a capacity as it is said beside its name."""
    if found.status is CapacityStatus.NOT_TOLD:
        return "not told"
    if found.estimate is None:
        return "none"
    if found.status is CapacityStatus.AT_LEAST and found.low is not None:
        return f"at least {phrases.load(LoadLevel(found.low, unit))}"
    return phrases.load(LoadLevel(found.estimate, unit))


def caption(experiment: Experiment) -> str:
    """Return what a load has to keep to count as carried."""
    search = experiment.study.capacity if experiment.study else None
    share = search.max_failure_share if search else experiment.objective.max_failure_share
    wanted = phrases.keeps(Objective(max_failure_share=share, p95_ms=experiment.objective.p95_ms))
    return f"The highest load at which {wanted}, with its 95 % interval."


def row(name: str, found: Capacity, unit: LoadUnit) -> CapacityRow:
    """Return the row of a configuration."""
    return CapacityRow(
        name=name,
        estimate=TableCell(text=text(found, unit)),
        interval=_interval(found),
        confirmed=TableCell(text=phrases.load(LoadLevel(found.confirmed, unit)))
        if found.confirmed is not None
        else cells.missing("no window three times as long passed"),
        trials=str(found.trials),
        remark=_REVERSED if _is_reversed(found) else _CAPACITY_WORDS[found.status],
    )


def _is_reversed(found: Capacity) -> bool:
    return found.status is CapacityStatus.NOT_TOLD and found.low is None


def _interval(found: Capacity) -> TableCell:
    if _is_reversed(found):
        return cells.missing(_REVERSED)
    if found.low is None or found.high is None:
        return cells.missing("there is no capacity: the lowest load failed")
    if found.status is CapacityStatus.AT_LEAST:
        return cells.missing("nothing higher was tried")
    return TableCell(text=f"{numbers.load(found.low)}{numbers.NO_DATA}{numbers.load(found.high)}")
