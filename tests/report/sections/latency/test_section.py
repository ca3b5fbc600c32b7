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
