from dataclasses import replace
from typing import Any

from badgateway import numbers
from badgateway.model.outcome import Outcome
from badgateway.model.summary import LatencyBin
from badgateway.report import chart_layout, grid
from badgateway.report.chart_layout import ticks_1_2_5
from badgateway.report.sections.latency import section as latency
from badgateway.report.sections.latency.section import draw_latency
from badgateway.report.sections.latency.shape import shape_marks
from tests.report import samples
from tests.report.builders import measurement


def test_the_text_alternative_tells_the_numbers():
    label = draw_latency(samples.inconclusive()).wide.split('"')[3].replace("\N{NO-BREAK SPACE}", " ")
    assert "At 300 users: gunicorn-gthread not measured, uwsgi-16 871 ms" in label
    assert "uwsgi-2 no OK request" in label


def test_latency_has_a_log_scale_only_when_it_spans_much():
    assert latency.build(samples.picked()).is_logarithmic
    assert not latency.build(samples.tiny()).is_logarithmic


def test_the_log_scale_ends_on_round_values_around_all_of_them():
    assert ticks_1_2_5(71, 4995) == [50, 100, 200, 500, 1000, 2000, 5000]
    assert ticks_1_2_5(1, 100) == [1, 2, 5, 10, 20, 50, 100]


def drawn(*bins, p99_ms=80.0, is_logarithmic=True):
    latency_bins = tuple(LatencyBin(low_ms=low, high_ms=high, count=count) for low, high, count in bins)
    found = replace(measurement({Outcome.OK: 1000}, (20, 60, p99_ms, 900)), latency_bins=latency_bins)
    spec: Any = shape_marks({"uwsgi-2": found}, chart_layout.narrow(), is_logarithmic=is_logarithmic)
    return [(row["low"], row["high"], row["height"]) for row in spec["data"]["values"]]


def test_a_shape_is_as_high_as_many_took_so_long_and_the_slowest_and_the_fastest_set_no_scale():
    assert drawn((1, 2, 5), (10, 20, 500), (20, 40, 250), (40, 80, 240), (400, 800, 5)) == [
        (10, 20, 20),
        (20, 40, 10),
        (40, 80, 9.6),
    ]


def test_on_a_linear_scale_equal_counts_have_equal_areas():
    (_, _, first), (_, _, second) = drawn((10, 20, 500), (20, 40, 500), is_logarithmic=False)
    assert first == 2 * second


def test_few_are_to_be_seen_and_the_shape_ends_at_the_p99():
    assert drawn((10, 20, 988), (20, 100, 12), p99_ms=60.0)[-1] == (20, 60, 1.5)


def test_one_that_mostly_fails_is_never_drawn_as_within_the_objective():
    run = samples.picked()
    measured = [(one.configuration, one.measurement) for one in grid.results(run) if one.measurement]
    failing = [(name, found) for name, found in measured if found.latency and not grid.is_telling(found, run)]
    chart = draw_latency(run).wide

    assert failing
    assert latency.build(run).has_failing
    for name, found in failing:
        assert f"{name} {numbers.percent(found.failures.share)} failed" in chart
    assert chart.count("stroke-dasharray") >= len(failing)
    telling = [name for name, found in measured if found.latency and grid.is_telling(found, run)]
    bins = 4
    assert chart.count('fill="var(--shape)"') <= bins * len(telling)
