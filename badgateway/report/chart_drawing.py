"""Draws a chart: the same plot once for wide and once for narrow screens, as SVG to put into a page."""

from collections.abc import Callable
from dataclasses import dataclass

import vl_convert
from markupsafe import Markup

from badgateway.model.summary import StudySummary
from badgateway.report import chart_layout, grid
from badgateway.report.chart_layout import Layout, Rows, Spec
from badgateway.report.grid import Cell
from badgateway.report.loads import LoadLevel

_VEGA_LITE = "5.20"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """What differs between the charts."""

    title: str
    x_axis: Spec
    """Scale and axis of every panel."""
    marks: Callable[[list[Cell], Layout], list[Spec]]
    """From the cells of one load level to the marks that show them."""
    text: Callable[[Cell], str]
    """The number printed beside the marks, or why there is none."""
    is_empty: Callable[[Cell], bool] = lambda cell: bool(cell.gap)
    """Whether there is nothing to draw, which looks different from the number 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One chart as inline SVG; the page shows the one that fits."""

    wide: Markup
    narrow: Markup


def draw(study: StudySummary, plot: Plot) -> Chart:
    """Draw a plot in both layouts."""
    label = _in_words(study, plot)
    return Chart(
        wide=svg(_chart(study, plot, chart_layout.wide(len(grid.levels(study)))), label),
        narrow=svg(_chart(study, plot, chart_layout.narrow()), label),
    )


def _chart(study: StudySummary, plot: Plot, layout: Layout) -> Spec:
    panels = [_panel(study, plot, place, layout) for place in range(len(grid.levels(study)))]
    return chart_layout.chart(panels, layout)


def _panel(study: StudySummary, plot: Plot, place: int, layout: Layout) -> Spec:
    load = grid.levels(study)[place]
    cells = _cells_at(study, load)
    scale = plot.x_axis["scale"]
    assert isinstance(scale, dict)
    return chart_layout.panel(
        title=load.words,
        rows=Rows(
            names=[cell.configuration for cell in cells],
            picked=study.recommendation.configuration,
            labelled=place % layout.columns == 0,
        ),
        marks=[
            *plot.marks(cells, layout),
            chart_layout.gap_boxes([cell.configuration for cell in cells if plot.is_empty(cell)], layout),
            chart_layout.value_texts([_value(cell, plot) for cell in cells], layout),
        ],
        x_axis={**plot.x_axis, "scale": {**scale, "range": [0, layout.plot_px]}},
        layout=layout,
    )


def _cells_at(study: StudySummary, load: LoadLevel) -> list[Cell]:
    return [cell for cell in grid.cells(study) if cell.load == load]


def _value(cell: Cell, plot: Plot) -> Spec:
    text = plot.text(cell)
    ink = "var(--ink)" if any(letter.isdigit() for letter in text) else "var(--muted)"
    return {"configuration": cell.configuration, "text": text, "ink": ink}


def _in_words(study: StudySummary, plot: Plot) -> str:
    levels = (
        f"At {load.words}: " + ", ".join(f"{cell.configuration} {plot.text(cell)}" for cell in _cells_at(study, load))
        for load in grid.levels(study)
    )
    return f"{plot.title}. {'. '.join(levels)}."


def svg(spec: Spec, label: str) -> Markup:
    """Draw a specification; the label is what a screen reader says."""
    drawn = vl_convert.vegalite_to_svg(spec, vl_version=_VEGA_LITE)
    opening = Markup('<svg role="img" aria-label="{}" ').format(label)
    return opening + Markup(drawn.removeprefix("<svg "))  # noqa: S704 # made by the library from numbers and checked names
