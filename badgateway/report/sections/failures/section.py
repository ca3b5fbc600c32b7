"""The requests that failed, by what happened to them."""

from dataclasses import dataclass

from badgateway import numbers
from badgateway.model.outcome import FAILURES
from badgateway.model.study_summary import StudySummary
from badgateway.model.summary import Measurement
from badgateway.report import grid, rows, wording
from badgateway.report.chart_drawing import Chart, Plot, bars, draw, measured_text, share_axis, stacked
from badgateway.report.chart_layout import Layout, Spec
from badgateway.report.grid import LevelResult
from badgateway.report.html import render
from badgateway.report.rows import OutcomeLabel
from badgateway.report.section import Section


@dataclass(frozen=True, slots=True, kw_only=True)
class Failures:
    """What stands beside the chart."""

    outcomes: tuple[OutcomeLabel, ...]
    """The kinds of failure that occurred, for the legend."""
    has_gaps: bool
    """Whether some configuration has a level without a measurement."""


class FailuresSection(Section):
    """The chart of the failures; as numbers they stand with the levels."""

    def html(self, study: StudySummary, /) -> str:
        """Return the chart and its legend."""
        return render("failures/failures.html.j2", view=build(study), chart=draw_failures(study))


def build(study: StudySummary) -> Failures:
    """Return the legend of a study's failures."""
    return Failures(outcomes=rows.kinds(study), has_gaps=any(result.gap for result in grid.results(study)))


def draw_failures(study: StudySummary) -> Chart:
    """Draw the share of requests that failed, stacked by outcome."""
    shares = [measured.failures.share for measured in grid.measurements(study)]
    top, axis = share_axis(shares, at_least=study.experiment.objective.max_failure_share * 1.25)

    def marks(results: list[LevelResult], layout: Layout) -> list[Spec]:
        return [bars([part for result in results for part in _segments(result, top)], layout)]

    text = measured_text(_failure_text)
    return draw(study, Plot(title="Share of requests that failed", x_axis=axis, marks=marks, text=text))


def _failure_text(measured: Measurement) -> str:
    return numbers.percent(measured.failures.share) if measured.failures.count else "none"


def _segments(result: LevelResult, top: float) -> list[Spec]:
    measured = result.measurement
    if measured is None:
        return []
    kinds = [(outcome, measured.count(outcome)) for outcome in FAILURES if measured.count(outcome)]
    parts = [(count / measured.requests, f"var(--o-{wording.slug(outcome)})") for outcome, count in kinds]
    return stacked(result.configuration, parts, top)
