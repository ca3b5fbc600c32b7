"""The shape behind the marks of a configuration: how many of its OK requests took how long."""

from collections.abc import Iterator, Mapping

from badgateway.model.summary import Measurement
from badgateway.report.chart_layout import Layout, Spec

_HIGHEST_PX = 20
_LOWEST_PX = 1.5
_FASTEST = 0.01
"""Of the OK requests. Faster ones are left out, as those slower than the p99 are, or one would set the scale."""


def shape_marks(measured: Mapping[str, Measurement], layout: Layout, *, is_logarithmic: bool) -> Spec:
    """Return the mark that draws the shapes of some configurations, each as high as its own row."""
    rows = [row for name, found in measured.items() for row in _rows(name, found, is_logarithmic=is_logarithmic)]
    return {
        "data": {"values": rows},
        "mark": {
            "type": "rect",
            "fill": "var(--shape)",
            "height": {"expr": "datum.height"},
            "yOffset": layout.shift_px,
        },
        "encoding": {"x": {"field": "low", "type": "quantitative"}, "x2": {"field": "high"}},
    }


def fastest_ms(measured: Measurement) -> float:
    """Return where the shape of a measurement begins; it has latencies."""
    room = _FASTEST * sum(one.count for one in measured.latency_bins)
    for one in measured.latency_bins:
        room -= one.count
        if room < 0:
            break
    return one.low_ms


def _rows(name: str, measured: Measurement, *, is_logarithmic: bool) -> Iterator[Spec]:
    if measured.latency is None or not measured.latency_bins:
        return
    first_ms, last_ms = fastest_ms(measured), measured.latency.p99_ms
    shown = [one for one in measured.latency_bins if first_ms <= one.low_ms < last_ms]
    # Of equal area for equal counts: bins are equally wide on a logarithmic scale alone.
    densities = [one.count if is_logarithmic else one.count / (one.high_ms - one.low_ms) for one in shown]
    for one, density in zip(shown, densities, strict=True):
        height = max(_HIGHEST_PX * density / max(densities), _LOWEST_PX)
        yield {"configuration": name, "low": one.low_ms, "high": min(one.high_ms, last_ms), "height": round(height, 1)}
