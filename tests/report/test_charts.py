import re
from itertools import pairwise

import pytest

from badgateway.report import charts, grid
from tests.report import samples

DRAWN = {"failures": charts.failures, "latency": charts.latency, "throughput": charts.throughput}
BAR = re.compile(r'd="M([\d.]+),[\d.]+h([\d.]+)v[^"]*" fill="var\(--o-([a-z-]+)\)"')


def bars(drawing):
    return [(float(start), float(length), slug) for start, length, slug in BAR.findall(drawing)]


@pytest.mark.parametrize("sample", samples.SAMPLES)
@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_every_chart_draws_every_sample_with_each_configuration_and_level(sample, draw):
    study = samples.SAMPLES[sample]()
    drawn = draw(study)
    for svg in (drawn.wide, drawn.narrow):
        assert svg.startswith('<svg role="img" aria-label="')
        assert "NaN" not in svg
        assert "id=" not in svg
        for cell in grid.cells(study):
            assert f">{cell.configuration}<" in svg
            assert f">{cell.load.words}<" in svg


def test_the_colours_are_left_to_the_style_sheet():
    drawn = charts.failures(samples.picked())
    assert set(re.findall(r'(?:fill|stroke)="(#[^"]*)"', drawn.wide)) <= {"#000"}
    assert "var(--o-bad-gateway)" in drawn.wide


def test_the_lengths_of_the_bars_are_the_shares():
    lengths = {slug: length for _, length, slug in bars(charts.failures(samples.tiny()).wide)}
    assert lengths["bad-gateway"] / lengths["gateway-timeout"] == pytest.approx(17 / 11, rel=0.01)


def test_the_segments_of_a_bar_follow_each_other():
    found = bars(charts.failures(samples.tiny()).wide)
    assert [slug for _, _, slug in found] == ["bad-gateway", "gateway-timeout", "truncated"]
    for (start, length, _), (following, _, _) in pairwise(found):
        assert following == pytest.approx(start + length, abs=0.01)


def test_a_single_failure_among_thousands_is_still_to_be_seen():
    slim = [length for _, length, slug in bars(charts.failures(samples.picked()).wide) if slug == "truncated"]
    assert slim
    assert min(slim) >= 3


def test_no_failures_and_no_measurement_look_different():
    drawn = charts.failures(samples.inconclusive()).wide
    assert drawn.count("stroke-dasharray") == 1
    assert drawn.count(">not measured<") == 1
    assert ">none<" in drawn
    assert charts.failures(samples.picked()).wide.count("stroke-dasharray") == 0


def test_the_text_alternative_tells_the_numbers():
    label = charts.latency(samples.inconclusive()).wide.split('"')[3].replace("\N{NO-BREAK SPACE}", " ")
    assert "At 300 users: gunicorn-gthread not measured, uwsgi-16 871 ms" in label
    assert "uwsgi-2 no OK request" in label


def test_latency_has_a_log_scale_only_when_it_spans_much():
    assert charts.latency_is_logarithmic(samples.picked())
    assert not charts.latency_is_logarithmic(samples.tiny())


def test_the_log_scale_ends_on_round_values_around_all_of_them():
    assert charts._ticks_1_2_5(71, 4995) == [50, 100, 200, 500, 1000, 2000, 5000]
    assert charts._ticks_1_2_5(1, 100) == [1, 2, 5, 10, 20, 50, 100]


@pytest.mark.parametrize("sample", ["tiny", "picked", "many-levels"])
def test_a_wide_chart_is_as_wide_as_the_page_and_a_narrow_one_as_a_phone(sample):
    drawn = charts.failures(samples.SAMPLES[sample]())
    wide, narrow = (int(re.search(r' width="(\d+)"', svg)[1]) for svg in (drawn.wide, drawn.narrow))  # type: ignore[index]
    assert 1100 <= wide <= 1150
    assert narrow <= 360
