"""The capacities of a study's configurations: how much load each carries at the objective, as text."""

from dataclasses import dataclass

from badgateway import numbers
from badgateway.model.capacity import Capacity, CapacityStatus
from badgateway.model.contest import Purpose
from badgateway.model.experiment import Experiment
from badgateway.model.summary import StudySummary
from badgateway.report import cells
from badgateway.report.cells import TableCell

_CAPACITY_WORDS = {
    CapacityStatus.FOUND: "found",
    CapacityStatus.AT_LEAST: "no higher load was tried",
    CapacityStatus.NONE: "the lowest load failed",
    CapacityStatus.UNCONFIRMED: "no long window passed",
    CapacityStatus.NOT_TOLD: "not told",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityRow:
    """The capacity of one arm."""

    name: str
    estimate: TableCell
    interval: TableCell
    confirmed: TableCell
    trials: str
    remark: str


def is_open(study: StudySummary) -> bool:
    """Tell whether capacities are rates: the trials of the searches say it, or else the levels."""
    searched = [one.trial for one in study.other_trials if one.trial.purpose is not Purpose.COMPARE]
    return searched[0].rate_per_s is not None if searched else not study.experiment.load.users


def text(found: Capacity, *, is_open: bool) -> str:
    """Return a capacity as it is said beside its name."""
    if found.status is CapacityStatus.NOT_TOLD:
        return "not told"
    if found.estimate is None:
        return "none"
    if found.status is CapacityStatus.AT_LEAST and found.low is not None:
        return f"at least {numbers.load_with_unit(found.low, is_open=is_open)}"
    return numbers.load_with_unit(found.estimate, is_open=is_open)


def caption(experiment: Experiment) -> str:
    """Return what a load has to keep to count as carried."""
    search = experiment.study.capacity if experiment.study else None
    share = search.max_failure_share if search else experiment.objective.max_failure_share
    return (
        f"The highest load at which at most {numbers.declared_percent(share)} of the requests fail and 95 % are "
        f"answered well within {numbers.declared_milliseconds(experiment.objective.p95_ms)}, with its 95 % interval."
    )


def row(name: str, found: Capacity, *, is_open: bool) -> CapacityRow:
    """Return the row of a configuration."""
    return CapacityRow(
        name=name,
        estimate=TableCell(text=text(found, is_open=is_open)),
        interval=_interval(found),
        confirmed=TableCell(text=numbers.load_with_unit(found.confirmed, is_open=is_open))
        if found.confirmed is not None
        else cells.missing("no window three times as long passed"),
        trials=str(found.trials),
        remark=_CAPACITY_WORDS[found.status],
    )


def _interval(found: Capacity) -> TableCell:
    if found.status is CapacityStatus.NOT_TOLD and found.low is None:
        return cells.missing("a load fails below one that passes")
    if found.low is None or found.high is None:
        return cells.missing("there is no capacity: the lowest load failed")
    if found.status is CapacityStatus.AT_LEAST:
        return cells.missing("nothing higher was tried")
    return TableCell(text=f"{numbers.load(found.low)}{numbers.NO_DATA}{numbers.load(found.high)}")
