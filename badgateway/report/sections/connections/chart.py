"""A small chart of one trial's connections to the database over its window."""

from collections.abc import Iterator
from itertools import groupby

from markupsafe import Markup

from badgateway.model.samples import DatabaseConnections
from badgateway.report.chart_drawing import svg
from badgateway.report.chart_layout import FONT, FRAME, Spec

_WIDTH_PX = 420
_HEIGHT_PX = 34


def draw_connections(name: str, found: DatabaseConnections, top: int) -> Markup:
    """Draw the connections from the window's start to its end; what nobody saw is a dashed box.

    Args:
        name: Of the configuration, for who cannot see the chart.
        found: The samples.
        top: End of the scale, the same for all charts that stand together.
    """
    spec: Spec = {
        **FRAME,
        "padding": 1,
        "width": _WIDTH_PX,
        "height": _HEIGHT_PX,
        "layer": [_gaps(found, top), *_lines(found), *_limit(found)],
        "config": {"aria": False, "font": FONT, "view": {"stroke": None}},
        "encoding": {
            "x": {"type": "quantitative", "scale": {"domain": [0, len(found.held)]}, "axis": None},
            "y": {"type": "quantitative", "scale": {"domain": [0, top]}, "axis": None},
        },
    }
    limit = f" of {found.limit:,}" if found.limit is not None else ""
    return svg(spec, f"Database connections of {name}: at most {found.peak:,}{limit}.")


def _runs(found: DatabaseConnections) -> Iterator[list[tuple[int, int | None]]]:
    """Return the parts of the window with their numbers, in runs of seen and of unseen ones."""
    for _, run in groupby(enumerate(found.held), key=lambda part: part[1] is None):
        yield list(run)


def _lines(found: DatabaseConnections) -> Iterator[Spec]:
    for run in _runs(found):
        if run[0][1] is None:
            continue
        # A step needs its end, too, or the last part would be a point.
        ended = [*run, (run[-1][0] + 1, run[-1][1])]
        yield {
            "data": {"values": [{"x": place, "y": held} for place, held in ended]},
            "mark": {"type": "area", "interpolate": "step-after", "color": "var(--ok)", "opacity": 0.35, "line": _LINE},
            "encoding": {"x": {"field": "x"}, "y": {"field": "y"}},
        }


_LINE: Spec = {"color": "var(--ok)", "strokeWidth": 1.5}


def _gaps(found: DatabaseConnections, top: int) -> Spec:
    unseen = [run for run in _runs(found) if run[0][1] is None]
    return {
        "data": {"values": [{"x": run[0][0], "end": run[-1][0] + 1, "y": 0, "top": top} for run in unseen]},
        "mark": {"type": "rect", "fill": "none", "stroke": "var(--muted)", "strokeDash": [3, 3], "strokeWidth": 1},
        "encoding": {"x": {"field": "x"}, "x2": {"field": "end"}, "y": {"field": "y"}, "y2": {"field": "top"}},
    }


def _limit(found: DatabaseConnections) -> Iterator[Spec]:
    if found.limit is not None:
        yield {
            "data": {"values": [{"y": found.limit}]},
            "mark": {"type": "rule", "stroke": "var(--objective)", "strokeDash": [5, 4], "strokeWidth": 1.5},
            "encoding": {"x": None, "y": {"field": "y"}},
        }
