"""Why requests failed, one line for each configuration, load level and cause, for places without room for cards."""

from collections.abc import Iterator

from badgateway.model.diagnosis import CauseCount, Certainty
from badgateway.model.summary import StudySummary
from badgateway.report import causes, grid, wording
from badgateway.report.grid import Cell
from badgateway.servers.advice import first_knob
from badgateway.servers.registry import server_of


def build(study: StudySummary) -> tuple[str, ...]:
    """Return the lines, best configuration first; empty when no request failed."""
    return tuple(line for cell in grid.cells(study) for line in _of_level(cell, study))


def _of_level(cell: Cell, study: StudySummary) -> Iterator[str]:
    if cell.is_undiagnosed:
        assert cell.measurement is not None
        failures = wording.plural(cell.measurement.failures.count, "failure")
        yield f"{causes.where(cell)}: {failures}, not looked into"
    if cell.diagnosis is None:
        return
    server = server_of(study.experiment.configuration(cell.configuration)).name
    for found in cell.diagnosis.causes:
        yield f"{causes.where(cell)}: {_cause(found, server)}"
    if cell.diagnosis.unattributed:
        yield f"{causes.where(cell)}: {wording.plural(cell.diagnosis.unattributed, 'failure')} without a cause"


def _cause(found: CauseCount, server: str) -> str:
    knob = first_knob(found.cause, {server})
    change = f"; change {knob}" if knob else ""
    doubt = "" if found.certainty is Certainty.PROVEN else ", but several causes fit"
    return f"{wording.statuses(found.statuses)} = {found.cause.title} ({found.cause.id}{doubt}){change}"
