from badgateway import numbers
from badgateway.report import grid
from badgateway.report.sections.latency import section as latency
from badgateway.report.sections.latency.section import draw_latency
from tests.report import samples


def test_the_text_alternative_tells_the_numbers():
    label = draw_latency(samples.inconclusive()).wide.split('"')[3].replace("\N{NO-BREAK SPACE}", " ")
    assert "At 300 users: gunicorn-gthread not measured, uwsgi-16 871 ms" in label
    assert "uwsgi-2 no OK request" in label


def test_latency_has_a_log_scale_only_when_it_spans_much():
    assert latency.build(samples.picked()).is_logarithmic
    assert not latency.build(samples.tiny()).is_logarithmic


def test_the_log_scale_ends_on_round_values_around_all_of_them():
    assert latency._ticks_1_2_5(71, 4995) == [50, 100, 200, 500, 1000, 2000, 5000]
    assert latency._ticks_1_2_5(1, 100) == [1, 2, 5, 10, 20, 50, 100]


def test_one_that_mostly_fails_is_never_drawn_as_within_the_objective():
    study = samples.picked()
    measured = [(one.configuration, one.measurement) for one in grid.results(study) if one.measurement]
    failing = [(name, found) for name, found in measured if found.latency and not grid.is_telling(found, study)]
    chart = draw_latency(study).wide

    assert failing
    assert latency.build(study).has_failing
    for name, found in failing:
        assert f"{name} {numbers.percent(found.failures.share)} failed" in chart
    assert chart.count("stroke-dasharray") >= len(failing)
