"""The chart of an explanation: failures over time, stacked by cause."""

from collections.abc import Iterator
from itertools import accumulate, pairwise

from badgateway import numbers
from badgateway.report import chart_layout
from badgateway.report.chart_drawing import Chart, svg
from badgateway.report.chart_layout import Layout, Spec
from badgateway.report.explanation import moments, series
from badgateway.report.explanation.document import Document
from badgateway.report.explanation.moments import DAY_S, round_length_s
from badgateway.report.explanation.series import Series
from badgateway.report.explanation.timeline import Timeline

_FAINTEST = 1 / 100
"""Of the highest bar: lower parts are drawn this high, or few failures would look like none."""
_Y_AXIS_PX = 52
_TICKS = {"wide": 8, "narrow": 3}
_HEIGHT_PX = {"wide": 240, "narrow": 200}


def draw(page: Document) -> Chart | None:
    """Draw the chart in both layouts; None when no failure has a time."""
    if page.timeline is None:
        return None
    parts = series.stacked(page)
    label = _in_words(parts)
    wide, narrow = (
        svg(chart_layout.chart([_panel(page.timeline, parts, page.utc_offset_s, layout)], layout), label)
        for layout in (chart_layout.wide(1), chart_layout.narrow())
    )
    return Chart(wide=wide, narrow=narrow)


def _in_words(parts: tuple[Series, ...]) -> str:
    counts = ", ".join(f"{part.label} {numbers.count(sum(part.counts))}" for part in parts)
    return f"Failures over time, by the family of the cause: {counts}."


def _panel(timeline: Timeline, parts: tuple[Series, ...], utc_offset_s: float, layout: Layout) -> Spec:
    top = max(map(sum, zip(*(part.counts for part in parts), strict=True)))
    return {
        "width": layout.panel_px + layout.labels_px - _Y_AXIS_PX - 8,
        "height": _HEIGHT_PX[layout.name],
        "data": {"values": [part for bucket in range(timeline.buckets) for part in _bar(parts, bucket, top)]},
        "mark": {"type": "rect", "stroke": "var(--panel)", "strokeWidth": 0.5},
        "encoding": {
            "x": {"field": "start", "type": "quantitative", **_time_axis(timeline, utc_offset_s, _TICKS[layout.name])},
            "x2": {"field": "end"},
            "y": {"field": "low", "type": "quantitative", **_count_axis(top)},
            "y2": {"field": "high"},
            "color": {"field": "colour", "type": "nominal", "scale": None},
        },
    }


def _bar(parts: tuple[Series, ...], bucket: int, top: int) -> list[Spec]:
    present = [(part.colour, part.counts[bucket]) for part in parts if part.counts[bucket]]
    edges = pairwise(accumulate((max(count, top * _FAINTEST) for _, count in present), initial=0.0))
    return [
        {"start": bucket, "end": bucket + 1, "low": low, "high": high, "colour": colour}
        for (colour, _), (low, high) in zip(present, edges, strict=True)
    ]


def _count_axis(top: int) -> Spec:
    return {
        # The faintest parts may stand above the highest count.
        "scale": {"domain": [0, max(top, 1) * (1 + 3 * _FAINTEST)], "nice": 4},
        "axis": {
            "title": None,
            "grid": True,
            "tickCount": 4,
            "tickMinStep": 1,
            "format": ",~f",
            "ticks": False,
            "domain": False,
            "labelColor": "var(--muted)",
            "minExtent": _Y_AXIS_PX,
            "maxExtent": _Y_AXIS_PX,
        },
    }


def _time_axis(timeline: Timeline, utc_offset_s: float, most_ticks: int) -> Spec:
    names = dict(_ticks(timeline, utc_offset_s, most_ticks))
    cases = "".join(f"datum.value === {place!r} ? '{name}' : " for place, name in names.items())
    return {
        "scale": {"domain": [0, timeline.buckets], "nice": False},
        "axis": {
            "title": None,
            "grid": False,
            "values": list(names),
            "labelExpr": f"{cases}''",
            "labelFlush": True,
            "labelOverlap": False,
        },
    }


def _ticks(timeline: Timeline, utc_offset_s: float, most_ticks: int) -> Iterator[tuple[float, str]]:
    """Yield places on the axis, in buckets, at which the reader's clock is round, and what it shows then."""
    offset_s = round(utc_offset_s)
    tick_s = round_length_s((timeline.end_s - timeline.start_s) / most_ticks)
    start_s, end_s = timeline.start_s + offset_s, timeline.end_s + offset_s
    for second in range(-(-start_s // tick_s) * tick_s, end_s + 1, tick_s):
        yield (second - start_s) / timeline.step_s, _name(second, tick_s, end_s - start_s)


def _name(local_s: int, tick_s: int, span_s: int) -> str:
    if tick_s >= DAY_S:
        return f"{moments.local(local_s, 0):%Y-%m-%d}"
    return f"{moments.local(local_s, 0):%d %b %H:%M}" if span_s > DAY_S else f"{moments.local(local_s, 0):%H:%M}"
