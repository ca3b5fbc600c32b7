import re

from badgateway.report import cause_parts
from badgateway.report.explanation import chart, document, series
from tests.report.explanation import samples
from tests.report.explanation.samples import cause, explanation, found


def page(sample):
    return document.build(sample)


def marks(svg):
    return re.findall(r'<path aria-label|<path d="[^"]+" fill="var\(--f-([a-z-]+)', svg)


def test_both_drawings_have_a_part_for_each_cause_in_each_bucket():
    drawn = chart.draw(page(samples.one_cause()))

    assert drawn is not None
    for svg in (drawn.wide, drawn.narrow):
        assert marks(svg) == ["accept-queue"] * 3
        assert "NaN" not in svg


def test_the_drawing_is_told_in_words():
    drawn = chart.draw(page(samples.unexplained()))

    assert drawn is not None
    assert 'aria-label="Failures over time, by the family of the cause: no cause found 25."' in drawn.wide


def test_causes_of_one_family_are_one_part_in_its_colour_and_no_failure_is_left_out():
    sample = samples.incident()
    view = page(sample)
    parts = series.stacked(view)

    assert parts[-1].label == "no cause found"
    assert len({part.colour for part in parts}) == len(parts)
    assert {part.colour for part in parts[:-1]} == {cause_parts.colour(cause.family) for cause in view.causes}
    assert sum(sum(part.counts) for part in parts) == sample.diagnosis.failures


def test_a_cause_without_times_is_no_part_of_the_chart():
    parts = series.stacked(page(explanation(found(cause("a"), {0: 1}), found(cause("b"), {}, untimed=1))))

    assert [part.label for part in parts] == ["The a happened"]


def test_without_times_there_is_no_chart():
    assert chart.draw(page(samples.clean())) is None


def test_times_on_the_axis_are_round_and_in_the_zone_asked_for():
    sample = explanation(found(cause(), {7: 1, 240: 1}), utc_offset_s=7200.0)
    drawn = chart.draw(page(sample))

    assert drawn is not None
    assert re.findall(r">(\d\d:\d\d)<", drawn.wide)[:3] == ["11:30", "12:00", "12:30"]
    assert re.findall(r">(\d\d:\d\d)<", drawn.narrow) == ["12:00", "14:00"]


def test_times_of_several_days_name_the_day():
    drawn = chart.draw(page(explanation(found(cause(), {0: 1, 60 * 50: 1}))))

    assert drawn is not None
    assert "22 Nov 00:00" in drawn.wide
