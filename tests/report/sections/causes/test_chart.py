import re

import pytest

from badgateway import numbers
from badgateway.report import cause_parts, grid
from badgateway.report.sections.causes.chart import draw_causes
from badgateway.report.sections.causes.section import CausesSection
from tests.report import samples

BAR = re.compile(r'd="M([\d.]+),[\d.]+h([\d.]+)v[^"]*" fill="var\(--([a-z-]+)')


def bars(sample):
    drawn = draw_causes(samples.SAMPLES[sample]()).wide
    return [(float(start), float(length), colour) for start, length, colour in BAR.findall(drawn)]


def test_the_lengths_of_the_parts_are_the_shares_and_each_begins_where_the_one_before_ends():
    found = bars("tiny")
    assert [colour for _, _, colour in found] == [
        "f-accept-queue",
        "f-proxy-timeouts",
        "f-not-told-by-these-logs",
        "line",
    ]
    (first, second, third, last) = ((start, length) for start, length, _ in found)
    assert first[1] / second[1] == pytest.approx(17 / 9, rel=0.01)
    for (start, length), (following, _) in ((first, second), (second, third), (third, last)):
        assert following == pytest.approx(start + length, abs=0.01)


def test_a_family_that_only_fits_is_pale_and_outlined_and_what_has_no_cause_is_dashed():
    drawn = draw_causes(samples.tiny()).wide
    (pale,) = re.findall(r'<path [^>]*fill-opacity="0.3"[^>]*>', drawn)
    assert 'stroke="var(--f-not-told-by-these-logs' in pale
    (dashed,) = re.findall(r"<path [^>]*stroke-dasharray[^>]*>", drawn)
    assert 'fill="var(--line)"' in dashed


def test_no_failure_and_failures_that_nobody_looked_into_look_different():
    drawn = draw_causes(samples.inconclusive())
    for svg in (drawn.wide, drawn.narrow):
        assert svg.count(">not looked into<") == 1
        assert svg.count(">not measured<") == 1
        assert len(re.findall(r'stroke-dasharray="3,3"', svg)) == 2
        assert ">none<" in svg


def test_where_all_failures_have_been_looked_into_the_numbers_are_those_of_the_table():
    run = samples.picked()
    label = draw_causes(run).wide.split('"')[3]
    shares = [found.failures for found in grid.measurements(run) if found.failures.count]
    assert shares
    assert [numbers.percent(one.share) for one in shares if f" {numbers.percent(one.share)}" not in label] == []


def test_a_family_that_the_style_sheet_does_not_know_is_grey():
    assert cause_parts.colour("of tomorrow") == "var(--f-of-tomorrow, var(--muted))"


def test_a_single_failure_among_thousands_is_still_to_be_seen():
    slim = [length for _, length, _ in bars("picked")]
    assert slim
    assert min(slim) >= 3


def test_a_ladder_has_the_bars_step_by_step_and_not_twice():
    assert "<svg" not in CausesSection().html(samples.SAMPLES["long-ladder"]())
    assert "<svg" in CausesSection().html(samples.picked())


def test_where_nothing_failed_or_nothing_was_measured_the_chapter_says_which():
    assert "No request failed" in CausesSection().html(samples.SAMPLES["many-levels"]())
    assert "Nothing was measured" in CausesSection().html(samples.SAMPLES["nothing-measured"]())
