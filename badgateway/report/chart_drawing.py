"""Draws a chart: the same plot once for wide and once for narrow screens, as SVG to put into a page."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import accumulate, pairwise

import vl_convert
from markupsafe import Markup

from badgateway.model.load_level import LoadLevel
from badgateway.model.run_summary import RunSummary
from badgateway.model.summary import Measurement
from badgateway.report import chart_layout, grid
from badgateway.report.chart_layout import Layout, Rows, Spec
from badgateway.report.grid import LevelResult
from badgateway.words import phrases

_VEGA_LITE = "5.20"
_INNER_ROLES = re.compile(r' (?:role|aria-[a-z]+)="[^"]*"')
_PLACES = re.compile(r' (?:d|transform)="[^"]*"')
_LONG_PLACE = re.compile(r"\d+\.\d{3,}")
_BAR_PX = 14
_FAINTEST = 1 / 100
"""Of the scale: shorter parts are drawn this long, or few failures would look like none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plot:
    """What differs between the charts."""

    title: str
    x_axis: Spec
    """Scale and axis of every panel."""
    marks: Callable[[list[LevelResult], Layout], list[Spec]]
    """From the results of one load level to the marks that show them."""
    text: Callable[[LevelResult], str]
    """The number printed beside the marks, or why there is none."""
    is_empty: Callable[[LevelResult], bool] = lambda result: bool(result.gap)
    """Whether there is nothing to draw, which looks different from the number 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One chart as inline SVG; the page shows the one that fits."""

    wide: Markup
    narrow: Markup


def draw(run: RunSummary, plot: Plot) -> Chart:
    """Draw a plot in both layouts."""
    label = _in_words(run, plot)
    return Chart(
        wide=svg(_chart(run, plot, chart_layout.wide(len(grid.levels(run)))), label),
        narrow=svg(_chart(run, plot, chart_layout.narrow()), label),
    )


def _chart(run: RunSummary, plot: Plot, layout: Layout) -> Spec:
    panels = [_panel(run, plot, place, layout) for place in range(len(grid.levels(run)))]
    return chart_layout.chart(panels, layout)


def _panel(run: RunSummary, plot: Plot, place: int, layout: Layout) -> Spec:
    load = grid.levels(run)[place]
    results = _results_at(run, load)
    scale = plot.x_axis["scale"]
    assert isinstance(scale, dict)
    return chart_layout.panel(
        title=phrases.load(load),
        rows=Rows(
            names=[result.configuration for result in results],
            picked=run.recommendation.configuration,
            labelled=place % layout.columns == 0,
        ),
        marks=[
            *plot.marks(results, layout),
            chart_layout.gap_boxes([result.configuration for result in results if plot.is_empty(result)], layout),
            chart_layout.value_texts([_value(result, plot) for result in results], layout),
        ],
        x_axis={**plot.x_axis, "scale": {**scale, "range": [0, layout.plot_px]}},
        layout=layout,
    )


def _results_at(run: RunSummary, load: LoadLevel) -> list[LevelResult]:
    return [result for result in grid.results(run) if result.load == load]


def _value(result: LevelResult, plot: Plot) -> Spec:
    text = plot.text(result)
    ink = "var(--ink)" if any(letter.isdigit() for letter in text) else "var(--muted)"
    return {"configuration": result.configuration, "text": text, "ink": ink}


def _in_words(run: RunSummary, plot: Plot) -> str:
    levels = (
        f"At {phrases.load(load)}: "
        + ", ".join(f"{result.configuration} {plot.text(result)}" for result in _results_at(run, load))
        for load in grid.levels(run)
    )
    return f"{plot.title}. {'. '.join(levels)}."


def measured_text(text: Callable[[Measurement], str]) -> Callable[[LevelResult], str]:
    """Return what a plot prints beside a result's marks: the text of its measurement, or why it has none."""
    return lambda result: text(result.measurement) if result.measurement else result.gap


def svg(spec: Spec, label: str) -> Markup:
    """Draw a specification; the label is what a screen reader says."""
    drawn = vl_convert.vegalite_to_svg(spec, vl_version=_VEGA_LITE)
    opening = Markup('<svg role="img" aria-label="{}" ').format(label)
    # The label says all of it: what has a role inside would be asked for a name of its own.
    plain = _PLACES.sub(_rounded, _INNER_ROLES.sub("", drawn.removeprefix("<svg ")))
    return opening + Markup(plain)  # noqa: S704 # made by the library from numbers and checked names


def _rounded(places: re.Match[str]) -> str:
    """Return places in hundredths of a pixel: a page has thousands of them."""
    return _LONG_PLACE.sub(lambda place: f"{round(float(place[0]), 2):g}", places[0])


def linear(top: float, label: str) -> Spec:
    """Return scale and axis from 0 to `top`; the label is a Vega expression."""
    return {
        "scale": {"domain": [0, top], "nice": 5},
        "axis": {"title": None, "tickCount": 5, "labelExpr": label},
    }


def share_axis(shares: Iterable[float], *, at_least: float) -> tuple[float, Spec]:
    """Return the end of a scale that holds the shares, and the scale with its axis."""
    top = min(1, max([0.01, at_least, *shares]))
    return top, linear(top, "format(datum.value * 100, '.3~g') + ' %'")


def bars(segments: list[Spec], layout: Layout, **style: object) -> Spec:
    """Return the marks of segments, in their own colours; `style` is that of Vega-Lite's bars."""
    return {
        "data": {"values": segments},
        "mark": {
            "type": "bar",
            "height": _BAR_PX,
            "yOffset": layout.shift_px,
            "stroke": "var(--panel)",
            "strokeWidth": 0.5,
            **style,
        },
        "encoding": {
            "x": {"field": "start", "type": "quantitative"},
            "x2": {"field": "end"},
            "color": {"field": "colour", "type": "nominal", "scale": None},
        },
    }


def segment(configuration: str, start: float, end: float, colour: str) -> Spec:
    """Return one part of a configuration's bar; the colour is one of CSS."""
    return {"configuration": configuration, "start": start, "end": end, "colour": colour}


def stacked(configuration: str, parts: Iterable[tuple[float, str]], top: float) -> list[Spec]:
    """Return the parts of one bar of shares behind each other, none too short to be seen; a part is (share, colour)."""
    known = list(parts)
    edges = pairwise(accumulate((max(share, top * _FAINTEST) for share, _ in known), initial=0.0))
    return [
        segment(configuration, start, min(end, 1), colour)
        for (_, colour), (start, end) in zip(known, edges, strict=True)
    ]
