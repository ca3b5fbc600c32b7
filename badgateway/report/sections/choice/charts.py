"""Two charts of a choice: the rivals' ratios with their intervals, and the capacities with theirs."""

from badgateway import numbers
from badgateway.model.capacity import Capacity, CapacityStatus
from badgateway.model.comparison import Choice, Criterion, PairedRatio, Relation, Rivalry
from badgateway.model.run_summary import RunSummary
from badgateway.report import chart_layout
from badgateway.report.chart_drawing import Chart, linear, svg
from badgateway.report.chart_layout import Layout, Rows, Spec
from badgateway.report.sections.choice.capacities import text, unit_of
from badgateway.words import phrases

_TICKS = (0.1, 0.2, 0.33, 0.5, 0.67, 0.8, 0.9, 0.95, 1, 1.05, 1.1, 1.2, 1.35, 1.5, 2, 3, 5, 10, 20, 50)
_TITLES = {
    Criterion.LATENCY: "p95",
    Criterion.THROUGHPUT: "throughput",
    Criterion.COST: "CPU time a request",
}


def rivals(choice: Choice) -> Chart | None:
    """Draw each rival's ratio to the leader, one panel a criterion; None when nobody was compared."""
    panels = [
        held
        for criterion in _TITLES
        if (held := [one for one in choice.rivalries if one.criterion is criterion and one.paired])
    ]
    if not panels:
        return None
    label = f"Ratios to the leader. {' '.join(_in_words(held) for held in panels)}"
    wide, narrow = (
        svg(chart_layout.chart([_rivals_panel(held, layout) for held in panels], layout), label)
        for layout in (chart_layout.wide(1), chart_layout.narrow())
    )
    return Chart(wide=wide, narrow=narrow)


def capacities(run: RunSummary) -> Chart | None:
    """Draw the capacities with their intervals; None when none was searched."""
    found = run.choice.capacities if run.choice else ()
    if not found:
        return None
    texts = {name: text(one, unit_of(run)) for name, one in found}
    label = f"Capacity at the objective: {', '.join(f'{name} {text}' for name, text in texts.items())}."
    wide, narrow = (
        svg(chart_layout.chart([_capacity_panel(run, dict(found), texts, layout)], layout), label)
        for layout in (chart_layout.wide(1), chart_layout.narrow())
    )
    return Chart(wide=wide, narrow=narrow)


def _paired(one: Rivalry) -> PairedRatio:
    assert one.paired is not None
    return one.paired


def _in_words(held: list[Rivalry]) -> str:
    said = (f"{one.rival} {numbers.ratio(_paired(one).ratio)} of {one.leader}" for one in held)
    return f"{_TITLES[held[0].criterion]}: {', '.join(said)}."


def _rivals_panel(held: list[Rivalry], layout: Layout) -> Spec:
    names = [one.rival for one in held]
    margin = held[0].margin or 0.0
    rows = [_ratio_row(one) for one in held]
    ends = [deciding(one) for one in held]
    return chart_layout.panel(
        title=_title(held[0], layout),
        rows=Rows(names=names, picked=None, labelled=True),
        marks=[
            _margin_band(margin),
            _line_at_one(),
            *_interval_marks(rows, layout),
            chart_layout.value_texts([_value(one.rival, numbers.ratio(_paired(one).ratio)) for one in held], layout),
        ],
        x_axis=_ratio_axis(
            min([1 / (1 + margin), *(low for low, _ in ends)]),
            max([1 + margin, *(high for _, high in ends)]),
            layout,
        ),
        layout=layout,
    )


def _title(one: Rivalry, layout: Layout) -> str | list[str]:
    first, second = f"{_TITLES[one.criterion]},", f"times that of {one.leader}"
    return [first, second] if layout.stacked else f"{first} {second}"


def _value(name: str, text: str) -> Spec:
    return {"configuration": name, "text": text, "ink": "var(--ink)"}


def deciding(one: Rivalry) -> tuple[float, float]:
    """Return the interval that the relation follows from: of what is equivalent, the one that is within the band."""
    found = _paired(one)
    return one.proven_within or (found.low, found.high)


def _ratio_row(one: Rivalry) -> Spec:
    low, high = deciding(one)
    decided = one.relation is not Relation.OPEN
    return {
        "configuration": one.rival,
        "low": low,
        "at": _paired(one).ratio,
        "high": high,
        "fill": "var(--ok)" if decided else "var(--panel)",
    }


def _ratio_axis(low: float, high: float, layout: Layout) -> Spec:
    domain = [low * 0.985, high * 1.015]
    inside = [tick for tick in _TICKS if domain[0] <= tick <= domain[1]]
    return {
        "scale": {"type": "log", "domain": domain, "nice": False, "range": [0, layout.plot_px]},
        "axis": {
            "title": None,
            "values": inside,
            "labelExpr": "format(datum.value, '~g') + ' \N{MULTIPLICATION SIGN}'",
        },
    }


def _margin_band(margin: float) -> Spec:
    return {
        "data": {"values": [{"from": 1 / (1 + margin), "to": 1 + margin}]},
        "mark": {"type": "rect", "fill": "var(--mark)", "opacity": 1},
        "encoding": {
            "x": {"field": "from", "type": "quantitative"},
            "x2": {"field": "to"},
            "y": {"value": 0},
            "y2": {"value": "height"},
        },
    }


def _line_at_one() -> Spec:
    return {
        "data": {"values": [{"one": 1}]},
        "mark": {"type": "rule", "stroke": "var(--objective)", "strokeDash": [5, 4], "strokeWidth": 1.5},
        "encoding": {"x": {"field": "one", "type": "quantitative"}, "y": None},
    }


def _interval_marks(rows: list[Spec], layout: Layout) -> list[Spec]:
    shift = {"yOffset": layout.shift_px}
    line: Spec = {"type": "rule", "stroke": "var(--ok)", "strokeWidth": 2, **shift}
    dot: Spec = {"type": "point", "shape": "diamond", "size": 100, "stroke": "var(--ok)", "strokeWidth": 2, **shift}
    return [
        {
            "data": {"values": rows},
            "mark": line,
            "encoding": {"x": {"field": "low", "type": "quantitative"}, "x2": {"field": "high"}},
        },
        {
            "data": {"values": rows},
            "mark": {**dot, "opacity": 1},
            "encoding": {
                "x": {"field": "at", "type": "quantitative"},
                "fill": {"field": "fill", "type": "nominal", "scale": None},
            },
        },
    ]


def _capacity_panel(run: RunSummary, found: dict[str, Capacity], texts: dict[str, str], layout: Layout) -> Spec:
    unit = phrases.unit(unit_of(run))
    rows = [_capacity_row(name, one) for name, one in found.items() if one.low is not None and one.high is not None]
    top = max([1.0, *(value for one in found.values() for value in (one.high, one.confirmed, one.estimate) if value)])
    axis = linear(top, "format(datum.value, ',~g')")
    scale = axis["scale"]
    assert isinstance(scale, dict)
    return chart_layout.panel(
        title=f"{unit} at the objective",
        rows=Rows(names=list(found), picked=run.recommendation.configuration, labelled=True),
        marks=[
            *_interval_marks(rows, layout),
            _confirmed_ticks(found, layout),
            chart_layout.gap_boxes([name for name, one in found.items() if one.low is None], layout),
            chart_layout.value_texts([_value(name, text) for name, text in _numbers_only(texts).items()], layout),
        ],
        x_axis={**axis, "scale": {**scale, "range": [0, layout.plot_px]}},
        layout=layout,
    )


def _numbers_only(texts: dict[str, str]) -> dict[str, str]:
    """Leave the unit out: it stands in the title, and there is little room beside the marks."""
    return {
        name: text.removesuffix(f" {phrases.TASKS_UNIT}")
        .removesuffix(" users")
        .replace("at least ", "\N{GREATER-THAN OR EQUAL TO} ")
        for name, text in texts.items()
    }


def _capacity_row(name: str, one: Capacity) -> Spec:
    return {
        "configuration": name,
        "low": one.low,
        "at": one.estimate,
        "high": one.high,
        "fill": "var(--panel)" if one.status is CapacityStatus.UNCONFIRMED else "var(--ok)",
    }


def _confirmed_ticks(found: dict[str, Capacity], layout: Layout) -> Spec:
    confirmed = [{"configuration": name, "at": one.confirmed} for name, one in found.items() if one.confirmed]
    return {
        "data": {"values": confirmed},
        "mark": {"type": "tick", "thickness": 2.5, "size": 15, "color": "var(--accent)", "yOffset": layout.shift_px},
        "encoding": {"x": {"field": "at", "type": "quantitative"}},
    }
