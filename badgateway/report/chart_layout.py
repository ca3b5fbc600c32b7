"""Where things stand in a chart: one panel per load level, wide for a desk and narrow for a phone."""

import math
from dataclasses import dataclass

Spec = dict[str, object]
"""A Vega-Lite specification, or a part of one."""

FRAME: Spec = {"$schema": "https://vega.github.io/schema/vega-lite/v5.json", "background": None}
"""How each specification begins."""
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_WIDE_PX = 1136
_LABELS_PX = 208
_VALUES_PX = 100
_GAP_PX = 24
_NARROW_PX = 340


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The measures of a chart, in pixels."""

    name: str
    columns: int
    plot_px: int
    """Length of the horizontal scale."""
    panel_px: int
    row_px: int
    shift_px: int
    """How far the marks are below the middle of their row."""
    labels_px: int
    """Room for the configurations' names at the left; 0 when they stand above their marks."""

    @property
    def stacked(self) -> bool:
        """Whether names and values stand above the marks, because there is no room beside them."""
        return self.labels_px == 0


def wide(level_count: int) -> Layout:
    """Return the layout for screens of 900 px and more; up to three panels stand side by side."""
    columns = 2 if level_count == 4 else min(level_count, 3)
    panel_px = (_WIDE_PX - _LABELS_PX - (columns - 1) * _GAP_PX) // columns
    return Layout(
        name="wide",
        columns=columns,
        plot_px=panel_px - _VALUES_PX,
        panel_px=panel_px,
        row_px=26,
        shift_px=0,
        labels_px=_LABELS_PX,
    )


def narrow() -> Layout:
    """Return the layout for small screens: panels below each other, names above their marks."""
    return Layout(
        name="narrow",
        columns=1,
        plot_px=_NARROW_PX - 20,
        panel_px=_NARROW_PX,
        row_px=42,
        shift_px=8,
        labels_px=0,
    )


def chart(panels: list[Spec], layout: Layout) -> Spec:
    """Put the panels of one chart together."""
    return {
        **FRAME,
        "padding": 2,
        "concat": panels,
        "columns": layout.columns,
        "spacing": {"row": 28, "column": _GAP_PX},
        "config": _config(),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """The rows of a panel."""

    names: list[str]
    picked: str | None
    """The name that stands out."""
    labelled: bool
    """Whether the names stand at the left; a panel beside another one does without."""


def panel(*, title: str | list[str], rows: Rows, marks: list[Spec], x_axis: Spec, layout: Layout) -> Spec:
    """Return one panel: a row for each name, and marks that share the x axis; a title may have lines."""
    labels = [_name_labels(rows, layout)] if layout.stacked else []
    return {
        "title": {"text": title, "anchor": "start", "offset": 10, "frame": "group"},
        "width": layout.panel_px,
        "height": {"step": layout.row_px},
        "encoding": {"y": _y(rows, layout)},
        "layer": [{**mark, "encoding": {**_of(mark), **_axis_once(x_axis, mark)}} for mark in marks] + labels,
    }


def _of(mark: Spec) -> Spec:
    encoding = mark["encoding"]
    assert isinstance(encoding, dict)
    return encoding


def _axis_once(x_axis: Spec, mark: Spec) -> Spec:
    x = _of(mark).get("x")
    return {"x": {**x, **x_axis}} if isinstance(x, dict) and "field" in x else {}


def _y(rows: Rows, layout: Layout) -> Spec:
    axis: Spec = {
        "title": None,
        "ticks": False,
        "domain": False,
        "labelPadding": 12,
        "labelLimit": layout.labels_px - 12,
        "minExtent": layout.labels_px,
        "maxExtent": layout.labels_px,
        "labelFontWeight": {
            "condition": {"test": f"datum.value === '{rows.picked}'", "value": "bold"},
            "value": "normal",
        },
    }
    return {
        "field": "configuration",
        "type": "nominal",
        "scale": {"type": "band", "domain": rows.names, "padding": 0},
        "axis": axis if rows.labelled and not layout.stacked else None,
    }


def _name_labels(rows: Rows, layout: Layout) -> Spec:
    texts = [{"configuration": name, "weight": "bold" if name == rows.picked else "normal"} for name in rows.names]
    return {
        "data": {"values": texts},
        "mark": {
            "type": "text",
            "align": "left",
            "fontSize": 12,
            "yOffset": -layout.shift_px,
            "fontWeight": {"expr": "datum.weight"},
        },
        "encoding": {"text": {"field": "configuration"}, "x": {"value": 0}},
    }


def ticks_1_2_5(low: float, high: float) -> list[float]:
    """Return the round values of a logarithmic scale that holds both: the ends lie just outside, or on them."""
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    rounds = [digit * 10.0**decade for decade in decades for digit in (1, 2, 5)]
    first = max(value for value in rounds if value <= low)
    last = min(value for value in rounds if value >= high)
    return [value for value in rounds if first <= value <= last]


def value_texts(rows: list[Spec], layout: Layout) -> Spec:
    """Return the marks that print each row's `text` at its right end; `ink` is its colour."""
    return {
        "data": {"values": rows},
        "mark": {
            "type": "text",
            "align": "right" if layout.stacked else "left",
            "fontSize": 12,
            "yOffset": -layout.shift_px,
        },
        "encoding": {
            "text": {"field": "text"},
            "x": {"value": layout.panel_px if layout.stacked else layout.plot_px + 10},
            "color": {"field": "ink", "type": "nominal", "scale": None},
        },
    }


def gap_boxes(names: list[str], layout: Layout) -> Spec:
    """Return the dashed boxes that say: here is no number, as opposed to the number 0."""
    return {
        "data": {"values": [{"configuration": name} for name in names]},
        "mark": {
            "type": "rect",
            "height": 12,
            "yOffset": layout.shift_px,
            "fill": "none",
            "stroke": "var(--muted)",
            "strokeDash": [3, 3],
            "strokeWidth": 1,
        },
        "encoding": {"x": {"value": 0}, "x2": {"value": layout.plot_px}},
    }


def _config() -> Spec:
    return {
        "aria": False,
        "font": FONT,
        "view": {"stroke": None},
        "axis": {
            "gridColor": "var(--grid)",
            "domainColor": "var(--line)",
            "tickColor": "var(--line)",
            "labelColor": "var(--muted)",
            "labelFontSize": 11,
            "labelOverlap": "greedy",
            "labelSeparation": 10,
        },
        "axisY": {"labelColor": "var(--ink)", "labelFontSize": 12, "grid": False},
        "title": {"color": "var(--ink)", "fontSize": 13, "fontWeight": 600},
        "text": {"color": "var(--ink)"},
    }
