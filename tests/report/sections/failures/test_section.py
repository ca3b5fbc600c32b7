import re
from itertools import pairwise

import pytest

from badgateway.report.sections.failures.section import draw_failures
from tests.report import samples

BAR = re.compile(r'd="M([\d.]+),[\d.]+h([\d.]+)v[^"]*" fill="var\(--o-([a-z-]+)\)"')


def bars(drawing):
    return [(float(start), float(length), slug) for start, length, slug in BAR.findall(drawing)]


def test_the_lengths_of_the_bars_are_the_shares():
    lengths = {slug: length for _, length, slug in bars(draw_failures(samples.tiny()).wide)}
    assert lengths["bad-gateway"] / lengths["gateway-timeout"] == pytest.approx(17 / 11, rel=0.01)


def test_the_segments_of_a_bar_follow_each_other():
    found = bars(draw_failures(samples.tiny()).wide)
    assert [slug for _, _, slug in found] == ["bad-gateway", "gateway-timeout", "truncated"]
    for (start, length, _), (following, _, _) in pairwise(found):
        assert following == pytest.approx(start + length, abs=0.01)


def test_a_single_failure_among_thousands_is_still_to_be_seen():
    slim = [length for _, length, slug in bars(draw_failures(samples.picked()).wide) if slug == "truncated"]
    assert slim
    assert min(slim) >= 3


def test_no_failures_and_no_measurement_look_different():
    drawn = draw_failures(samples.inconclusive()).wide
    assert drawn.count("stroke-dasharray") == 1
    assert drawn.count(">not measured<") == 1
    assert ">none<" in drawn
    assert draw_failures(samples.picked()).wide.count("stroke-dasharray") == 0
