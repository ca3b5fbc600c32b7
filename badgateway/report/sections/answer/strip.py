"""Draws some seconds of one trial: queue and memory up to their limits, busy workers, and when requests failed."""

from collections.abc import Iterator, Sequence
from itertools import groupby

from markupsafe import Markup

from badgateway import numbers
from badgateway.model.samples import Pressure
from badgateway.report.chart_drawing import svg
from badgateway.report.chart_layout import FONT, FRAME, Spec

_WIDTH_PX = 520
_TALL_PX, _LOW_PX, _FAILED_PX = 120, 44, 26
_Y_EXTENT_PX = 34
_MOST_TICKS = 6
_STEPS_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600)
_LINE: Spec = {"strokeWidth": 1.5}
_MIB = 1024 * 1024


def draw_strip(configuration: str, found: Pressure) -> Markup:
    """Draw the window of a trial from its first second to its last; what nobody saw is left out."""
    panels = [*_panels(found), _failures(found)]
    spec: Spec = {
        **FRAME,
        "padding": 2,
        "vconcat": panels,
        "spacing": 14,
        "config": {
            "aria": False,
            "font": FONT,
            "view": {"stroke": None},
            "axis": {
                "gridColor": "var(--grid)",
                "domainColor": "var(--line)",
                "tickColor": "var(--line)",
                "labelColor": "var(--muted)",
                "labelFontSize": 11,
            },
            "title": {"color": "var(--muted)", "fontSize": 12, "fontWeight": 500, "anchor": "start", "offset": 4},
        },
    }
    return svg(spec, in_words(configuration, found))


def in_words(configuration: str, found: Pressure) -> str:
    """Return what the strip shows, in a sentence or two."""
    told = []
    if found.most_queued is not None:
        limit = f" of {numbers.count(found.queue_limit)}" if found.queue_limit is not None else ""
        told.append(f"its accept queue held at most {numbers.count(found.most_queued)}{limit}")
    busy = max((one for one in found.busy if one is not None), default=None)
    if busy is not None:
        told.append(f"at most {numbers.count(busy)} of {numbers.plural(found.workers or busy, 'worker')} were busy")
    if found.most_memory_bytes is not None:
        limit = f" of {numbers.memory(found.memory_limit_bytes)}" if found.memory_limit_bytes is not None else ""
        told.append(f"its container held at most {numbers.memory(found.most_memory_bytes)}{limit}")
    return f"{configuration}: {', '.join(told)}, and {numbers.plural(sum(found.failed), 'request')} failed."


def _panels(found: Pressure) -> Iterator[Spec]:
    """Yield what was seen, tall what failures come from: where that is memory, a queue nobody waited in is left out."""
    is_memory = found.is_short_of_memory
    if is_memory:
        yield _memory(found, _TALL_PX)
    if found.most_queued or (found.most_queued is not None and not is_memory):
        waiting = f"waiting in the accept queue: at most {numbers.count(found.most_queued)}"
        yield _panel(waiting, found.queue, found.queue_limit, _LOW_PX if is_memory else _TALL_PX, found)
    if any(busy is not None for busy in found.busy):
        yield _panel("busy workers", found.busy, found.workers, _LOW_PX, found)
    if found.most_memory_bytes is not None and not is_memory:
        yield _memory(found, _LOW_PX)


def _memory(found: Pressure, height_px: int) -> Spec:
    title = f"memory of the container: at most {numbers.memory(found.most_memory_bytes or 0)}"
    values_mib = [None if value is None else round(value / _MIB) for value in found.memory_bytes]
    limit_mib = None if found.memory_limit_bytes is None else round(found.memory_limit_bytes / _MIB)
    return _panel(title, values_mib, limit_mib, height_px, found)


def _panel(title: str, values: Sequence[int | None], limit: int | None, height_px: int, found: Pressure) -> Spec:
    top = max([1, *(value for value in values if value is not None), *([limit] if limit is not None else [])])
    ticks = [0, limit] if limit is not None else [0, top]
    return {
        "title": title,
        "width": _WIDTH_PX,
        "height": height_px,
        "layer": [*_areas(values), *_limit(limit)],
        "encoding": {"x": _time(found, len(values)), "y": _value(top, ticks)},
    }


def _areas(values: Sequence[int | None]) -> Iterator[Spec]:
    for is_missing, run in groupby(enumerate(values), key=lambda part: part[1] is None):
        if is_missing:
            continue
        seen = list(run)
        # A step needs its end, too, or the last part would be a point.
        ended = [*seen, (seen[-1][0] + 1, seen[-1][1])]
        yield {
            "data": {"values": [{"part": part, "value": value} for part, value in ended]},
            "mark": {
                "type": "area",
                "interpolate": "step-after",
                "color": "var(--ok)",
                "opacity": 0.35,
                "line": {"color": "var(--ok)", **_LINE},
            },
            "encoding": {"x": {"field": "part"}, "y": {"field": "value"}},
        }


def _limit(limit: int | None) -> Iterator[Spec]:
    if limit is not None:
        yield {
            "data": {"values": [{"value": limit}]},
            "mark": {"type": "rule", "stroke": "var(--objective)", "strokeDash": [5, 4], **_LINE},
            "encoding": {"x": None, "y": {"field": "value"}},
        }


def _failures(found: Pressure) -> Spec:
    failed = [{"part": part + 0.5, "count": count} for part, count in enumerate(found.failed) if count]
    return {
        "title": f"failed: {numbers.count(sum(found.failed))}" if failed else "no request failed",
        "width": _WIDTH_PX,
        "height": _FAILED_PX,
        "data": {"values": failed or [{"part": 0, "count": 0}]},
        "mark": {"type": "tick", "orient": "vertical", "thickness": 2.5, "size": _FAILED_PX, "color": "var(--fail)"},
        "encoding": {
            "x": {**_time(found, len(found.failed), is_labelled=True), "field": "part"},
            "y": {"value": _FAILED_PX / 2},
            "opacity": {"condition": {"test": "datum.count > 0", "value": 1}, "value": 0},
        },
    }


def _time(found: Pressure, parts: int, *, is_labelled: bool = False) -> Spec:
    seconds = f"format(datum.value / {parts} * {found.window_s!r}, '.3~g') + ' s'"
    values = [at_s / found.window_s * parts for at_s in _ticks_s(found.window_s)]
    axis: Spec = {"title": None, "grid": False, "values": values, "labelExpr": seconds, "labelOverlap": "greedy"}
    scale = {"domain": [0, parts], "nice": False}
    return {"type": "quantitative", "scale": scale, "axis": axis if is_labelled else None}


def _ticks_s(window_s: float) -> list[float]:
    """Return round seconds from the start of a window on, seven at most."""
    step_s = next((step for step in _STEPS_S if window_s / step <= _MOST_TICKS), window_s)
    return [number * step_s for number in range(int(window_s / step_s) + 1)]


def _value(top: int, ticks: Sequence[int]) -> Spec:
    axis: Spec = {"title": None, "values": list(ticks), "minExtent": _Y_EXTENT_PX, "maxExtent": _Y_EXTENT_PX}
    return {"type": "quantitative", "scale": {"domain": [0, top], "nice": False}, "axis": axis}
