"""Bars from 0 to the right, of one part or of several behind each other."""

from collections.abc import Iterable
from itertools import accumulate, pairwise

from badgateway.report.chart_layout import Layout, Spec

_BAR_PX = 14
_FAINTEST = 1 / 100
"""Of the scale: shorter parts are drawn this long, or few failures would look like none."""


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
