import re
from itertools import combinations

import pytest

from badgateway.causes import CAUSES
from badgateway.report import cause_parts, wording
from badgateway.report.sections.causes.chart import draw_causes
from badgateway.report.sections.failures.section import draw_failures
from tests.report import samples
from tests.report.test_wording import STYLES

FAMILIES = tuple(dict.fromkeys(cause.family for cause in CAUSES))
NOT_IN_A_TRIAL = {"load balancer", "other proxies", "the proxy itself", "not told by these logs"}
"""Of the first two no trial has one, and of the third none that counts: where the front door's own disk, names or
certificates fail, the machine does. The last are never proven, so they look different anyway."""
BAR = re.compile(r'd="M([\d.]+),[\d.]+h([\d.]+)v[^"]*" fill="var\(--([a-z-]+)')


def bars(sample):
    drawn = draw_causes(samples.SAMPLES[sample]()).wide
    return [(float(start), float(length), colour) for start, length, colour in BAR.findall(drawn)]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_of_causes_has_a_colour(family):
    assert STYLES.read_text(encoding="utf-8").count(f"--f-{wording.family_slug(family)}:") == 1


def test_families_that_a_trial_can_have_borrow_different_colours_of_those_that_all_eyes_tell_apart():
    styles = STYLES.read_text(encoding="utf-8")
    borrowed = {
        family: re.search(rf"--f-{wording.family_slug(family)}: var\(--(.+?)\);", styles)[1]  # type: ignore[index]
        for family in FAMILIES
        if family not in NOT_IN_A_TRIAL
    }
    assert all(name.startswith("o-") for name in borrowed.values())
    assert all(borrowed[one] != borrowed[other] for one, other in combinations(borrowed, 2))


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


def test_where_all_failures_have_been_looked_into_the_numbers_are_those_of_the_failures_chart():
    study = samples.picked()
    label, other = (drawn.wide.split('"')[3] for drawn in (draw_causes(study), draw_failures(study)))
    assert label.split(". ", 1)[1] == other.split(". ", 1)[1]


def test_a_family_that_the_style_sheet_does_not_know_is_grey():
    assert cause_parts.colour("of tomorrow") == "var(--f-of-tomorrow, var(--muted))"
