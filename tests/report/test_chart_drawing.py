import re

import pytest

from badgateway.report import grid
from badgateway.report.sections.causes.chart import draw_causes
from badgateway.report.sections.latency.section import draw_latency, draw_throughput
from badgateway.words import phrases
from tests.report import samples

DRAWN = {"causes": draw_causes, "latency": draw_latency, "throughput": draw_throughput}


@pytest.mark.parametrize("sample", samples.SAMPLES)
@pytest.mark.parametrize("draw", DRAWN.values(), ids=DRAWN)
def test_every_chart_draws_every_sample_with_each_configuration_and_level(sample, draw):
    run = samples.SAMPLES[sample]()
    drawn = draw(run)
    for svg in (drawn.wide, drawn.narrow):
        assert svg.startswith('<svg role="img" aria-label="')
        assert "NaN" not in svg
        assert "id=" not in svg
        for result in grid.results(run):
            assert f">{result.configuration}<" in svg
            assert f">{phrases.load(result.load)}<" in svg


def test_the_colours_are_left_to_the_style_sheet():
    drawn = draw_causes(samples.picked())
    assert set(re.findall(r'(?:fill|stroke)="(#[^"]*)"', drawn.wide)) <= {"#000"}
    assert "var(--f-accept-queue" in drawn.wide


@pytest.mark.parametrize("sample", ["tiny", "picked", "many-levels"])
def test_a_wide_chart_is_as_wide_as_the_page_and_a_narrow_one_as_a_phone(sample):
    drawn = draw_causes(samples.SAMPLES[sample]())
    wide, narrow = (int(re.search(r' width="(\d+)"', svg)[1]) for svg in (drawn.wide, drawn.narrow))  # type: ignore[index]
    assert 1100 <= wide <= 1150
    assert narrow <= 360
