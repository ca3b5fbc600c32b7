"""Latency and throughput of the OK requests."""

from dataclasses import dataclass

from badgateway import numbers
from badgateway.model.run_summary import RunSummary
from badgateway.model.summary import Measurement
from badgateway.report import grid
from badgateway.report.chart_drawing import Chart, Plot, bars, draw, linear, measured_text, segment
from badgateway.report.chart_layout import Layout, Spec, ticks_1_2_5
from badgateway.report.grid import LevelResult
from badgateway.report.html import render
from badgateway.report.section import Section
from badgateway.report.sections.latency.shape import fastest_ms, shape_marks

_LOG_SPAN = 20
"""From this ratio of the slowest to the fastest, the fast ones would be invisible on a linear scale."""
_FROM_P50_TO_P99: Spec = {"x": {"field": "p50", "type": "quantitative"}, "x2": {"field": "p99"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """What stands beside the charts."""

    has_users: bool
    """Whether some load level is a closed loop."""
    has_rates: bool
    """Whether some load level is an open loop."""
    is_logarithmic: bool
    """Whether the latency chart has a log scale."""
    has_shapes: bool
    """Whether it is known how many took how long."""
    has_failing: bool
    """Whether of some so much failed that the latency of the rest says nothing."""


class LatencySection(Section):
    """The two charts; as numbers they stand with the levels."""

    def html(self, run: RunSummary, /) -> str:
        """Return the charts."""
        return render(
            "latency/latency.html.j2",
            view=build(run),
            latency=draw_latency(run),
            throughput=draw_throughput(run),
        )


def build(run: RunSummary) -> Speed:
    """Return what is to be said beside the charts of a run."""
    return Speed(
        has_users=any(not load.is_open for load in grid.levels(run)),
        has_rates=any(load.is_open for load in grid.levels(run)),
        is_logarithmic=_spans_much(_latencies_ms(run)),
        has_shapes=any(found.latency_bins and grid.is_telling(found, run) for found in grid.measurements(run)),
        has_failing=any(found.latency and not grid.is_telling(found, run) for found in grid.measurements(run)),
    )


def draw_throughput(run: RunSummary) -> Chart:
    """Draw the OK requests per second."""
    top = max([1, *(measured.throughput_rps for measured in grid.measurements(run))])

    def marks(results: list[LevelResult], layout: Layout) -> list[Spec]:
        rates = [(result.configuration, result.measurement.throughput_rps) for result in results if result.measurement]
        return [bars([segment(name, 0, rate, "var(--ok)") for name, rate in rates], layout)]

    axis = linear(top, "format(datum.value, ',~g')")
    return draw(run, Plot(title="OK requests per second", x_axis=axis, marks=marks, text=measured_text(_rate_text)))


def draw_latency(run: RunSummary) -> Chart:
    """Draw how many OK requests took how long, with p50, p95, p99 and the objective; log, where they span much.

    Where so much failed that the rest says nothing, there is a dashed line and the share that failed.
    """
    objective_ms = run.experiment.objective.p95_ms
    values_ms = _latencies_ms(run)
    axis, is_logarithmic = _latency_axis(values_ms), _spans_much(values_ms)

    def marks(results: list[LevelResult], layout: Layout) -> list[Spec]:
        measured = [(one, one.measurement) for one in results if one.measurement and one.measurement.latency]
        telling = [_latency_row(one, objective_ms) for one, found in measured if grid.is_telling(found, run)]
        failing = [_latency_row(one, objective_ms) for one, found in measured if not grid.is_telling(found, run)]
        shapes = {one.configuration: found for one, found in measured if grid.is_telling(found, run)}
        return [
            shape_marks(shapes, layout, is_logarithmic=is_logarithmic),
            _objective_line(objective_ms),
            _failing_marks(failing, layout),
            *_latency_marks(telling, layout),
        ]

    def text(found: Measurement) -> str:
        is_telling = grid.is_telling(found, run) or not found.latency
        return _latency_text(found) if is_telling else f"{numbers.percent(found.failures.share)} failed"

    return draw(run, Plot(title="Latency of OK requests", x_axis=axis, marks=marks, text=measured_text(text)))


def _latencies_ms(run: RunSummary) -> list[float]:
    """Return everything the latency chart has to show, the objective included."""
    found = [(measured, measured.latency) for measured in grid.measurements(run) if measured.latency]
    known = [value for _, one in found for value in (one.p50_ms, one.p95_ms, one.p99_ms)]
    fastest = [fastest_ms(measured) for measured, _ in found if measured.latency_bins]
    return [*known, *fastest, run.experiment.objective.p95_ms]


def _rate_text(measured: Measurement) -> str:
    return f"{numbers.rate(measured.throughput_rps)} /s"


def _latency_text(measured: Measurement) -> str:
    return numbers.milliseconds(measured.latency.p95_ms) if measured.latency else "no OK request"


def _spans_much(values_ms: list[float]) -> bool:
    return min(values_ms) > 0 and max(values_ms) / min(values_ms) > _LOG_SPAN


def _latency_axis(values_ms: list[float]) -> Spec:
    label = "datum.value >= 1000 ? format(datum.value / 1000, ',~g') + ' s' : format(datum.value, '~g') + ' ms'"
    if not _spans_much(values_ms):
        return linear(max(values_ms) * 1.05, label)
    ticks = ticks_1_2_5(min(values_ms), max(values_ms))
    return {
        "scale": {"type": "log", "domain": [ticks[0], ticks[-1]], "nice": False},
        "axis": {"title": None, "values": ticks, "labelExpr": label},
    }


def _latency_row(result: LevelResult, objective_ms: float) -> Spec:
    found = result.measurement.latency if result.measurement else None
    assert found is not None
    return {
        "configuration": result.configuration,
        "p50": found.p50_ms,
        "p95": found.p95_ms,
        "p99": found.p99_ms,
        "fill": "var(--ink)" if found.p95_ms <= objective_ms else "var(--panel)",
    }


def _objective_line(objective_ms: float) -> Spec:
    return {
        "data": {"values": [{"objective": objective_ms}]},
        "mark": {"type": "rule", "stroke": "var(--objective)", "strokeDash": [5, 4], "strokeWidth": 1.5},
        "encoding": {"x": {"field": "objective", "type": "quantitative"}, "y": None},
    }


def _failing_marks(rows: list[Spec], layout: Layout) -> Spec:
    line: Spec = {"type": "rule", "stroke": "var(--muted)", "strokeWidth": 2, "strokeDash": [4, 3]}
    return _mark(rows, line, _FROM_P50_TO_P99, layout)


def _latency_marks(rows: list[Spec], layout: Layout) -> list[Spec]:
    line: Spec = {"type": "rule", "stroke": "var(--ink)", "strokeWidth": 1.2}
    shapes: tuple[tuple[str, Spec], ...] = (
        ("p50", {"type": "point", "shape": "circle", "filled": True, "size": 46, "color": "var(--ink)", "opacity": 1}),
        ("p99", {"type": "tick", "thickness": 2.5, "size": 13, "color": "var(--ink)"}),
    )
    p95: Spec = {
        "type": "point",
        "shape": "diamond",
        "size": 100,
        "stroke": "var(--ink)",
        "strokeWidth": 2,
        "opacity": 1,
    }
    fill: Spec = {"fill": {"field": "fill", "type": "nominal", "scale": None}}
    return [
        _mark(rows, line, _FROM_P50_TO_P99, layout),
        *(_mark(rows, mark, {"x": {"field": name, "type": "quantitative"}}, layout) for name, mark in shapes),
        _mark(rows, p95, {"x": {"field": "p95", "type": "quantitative"}, **fill}, layout),
    ]


def _mark(rows: list[Spec], mark: Spec, encoding: Spec, layout: Layout) -> Spec:
    return {"data": {"values": rows}, "mark": {**mark, "yOffset": layout.shift_px}, "encoding": encoding}
