"""The chart of why requests failed: the share of all requests, stacked by the family of the cause."""

from collections.abc import Iterator

from badgateway import numbers
from badgateway.model.diagnosis import Certainty
from badgateway.model.run_summary import RunSummary
from badgateway.report import cause_parts, grid
from badgateway.report.chart_drawing import Chart, Plot, bars, draw, share_axis, stacked
from badgateway.report.chart_layout import Layout, Spec
from badgateway.report.grid import LevelResult


def draw_causes(run: RunSummary) -> Chart:
    """Draw the share of requests that failed or were tried again, stacked by the cause."""
    results = grid.results(run)
    top, axis = share_axis(
        (sum(part.share for part in cause_parts.parts(result)) for result in results),
        at_least=run.experiment.objective.max_failure_share * 1.25,
    )

    def marks(results: list[LevelResult], layout: Layout) -> list[Spec]:
        return _marks(results, layout, top)

    plot = Plot(
        title="Share of requests that failed, by cause",
        x_axis=axis,
        marks=marks,
        text=_text,
        is_empty=lambda result: bool(result.gap) or result.is_undiagnosed,
    )
    return draw(run, plot)


def _marks(results: list[LevelResult], layout: Layout, top: float) -> list[Spec]:
    placed = [entry for result in results for entry in _placed(result, top)]
    styles: tuple[tuple[Certainty | None, Spec], ...] = (
        (Certainty.PROVEN, {}),
        (Certainty.FAMILY, {"fillOpacity": 0.3, "stroke": {"expr": "datum.colour"}, "strokeWidth": 1.5}),
        (None, {"stroke": "var(--muted)", "strokeWidth": 1, "strokeDash": [2, 2]}),
    )
    return [
        bars([drawn for certainty, drawn in placed if certainty is kind], layout, **style) for kind, style in styles
    ]


def _placed(result: LevelResult, top: float) -> Iterator[tuple[Certainty | None, Spec]]:
    every = list(cause_parts.parts(result))
    drawn = stacked(result.configuration, ((part.share, part.colour) for part in every), top)
    return zip((part.certainty for part in every), drawn, strict=True)


def _text(result: LevelResult) -> str:
    if result.gap:
        return result.gap
    if result.is_undiagnosed:
        return "not looked into"
    found = result.diagnosis
    return numbers.percent(found.failures / found.requests) if found and found.failures else "none"
