import re
from dataclasses import replace

import pytest

from badgateway.model.capacity import Capacity, CapacityStatus
from badgateway.model.comparison import Relation
from badgateway.report.sections.choice import charts
from tests.report.choice_sample import choice_of, study_equivalent, study_none, study_picked

BAND = re.compile(r'd="M([\d.]+),[\d.]+h([\d.]+)v[^"]*" fill="var\(--mark\)"')


def test_each_rival_has_a_row_in_the_panel_of_each_criterion():
    drawn = charts.rivals(choice_of(study_equivalent()))
    assert drawn is not None
    for svg in (drawn.wide, drawn.narrow):
        assert "NaN" not in svg
        assert svg.count("times that of gunicorn-g") >= 3
        assert svg.count(">gunicorn-gevent<") + svg.count(">gunicorn-gthread<") == 3


def test_the_margin_is_a_band_around_no_difference():
    drawn = charts.rivals(choice_of(study_picked()))
    assert drawn is not None
    start, length = map(float, BAND.findall(drawn.wide)[0])
    line, *_ = (
        float(x) for x in re.findall(r'<line transform="translate\(([\d.]+),0\)"[^>]*var\(--objective\)', drawn.wide)
    )
    assert line == pytest.approx(start + length / 2, abs=1)


def test_what_is_not_told_apart_is_hollow():
    found = choice_of(study_picked())
    opened = tuple(replace(one, relation=Relation.OPEN) for one in found.rivalries)
    undecided, decided = (charts.rivals(one) for one in (replace(found, rivalries=opened), found))
    assert undecided is not None
    assert decided is not None
    assert 'fill="var(--panel)"' in undecided.wide
    assert 'fill="var(--panel)"' not in decided.wide


@pytest.mark.parametrize("made", [study_picked, study_equivalent])
def test_a_stroke_is_the_interval_that_its_relation_follows_from(made):
    for one in (each for each in choice_of(made()).rivalries if each.paired is not None):
        assert one.paired is not None
        assert one.margin is not None
        low, high = charts.deciding(one)
        if one.proven_within:
            assert one.relation is Relation.EQUIVALENT
            assert 1 / (1 + one.margin) < low < high < 1 + one.margin
        else:
            assert (low, high) == (one.paired.low, one.paired.high)


def test_an_equivalent_rivals_stroke_never_leaves_the_band():
    first = choice_of(study_equivalent()).rivalries[0]
    assert first.paired is not None
    wide = replace(first.paired, low=0.5, high=3.0)
    one = replace(first, relation=Relation.EQUIVALENT, paired=wide, margin=0.2, proven_within=(0.9, 1.1))

    assert charts.deciding(one) == (0.9, 1.1)


def test_without_rivals_there_is_no_chart():
    assert charts.rivals(choice_of(study_none())) is None
    assert charts.capacities(study_none()) is None


def test_capacities_stand_with_interval_confirmation_and_in_words():
    drawn = charts.capacities(study_picked())
    assert drawn is not None
    assert ">tasks/s at the objective<" in drawn.wide
    assert drawn.wide.count("var(--accent)") == 2
    label = drawn.wide.split('"')[3]
    assert label == "Capacity at the objective: gunicorn-gthread 603 tasks/s, gunicorn-gevent 326 tasks/s."


def test_no_capacity_is_a_dashed_box_and_at_least_says_so():
    run = study_picked()
    none = Capacity(status=CapacityStatus.NONE, estimate=None, low=None, high=None, confirmed=None, trials=3)
    least = Capacity(status=CapacityStatus.AT_LEAST, estimate=640, low=600, high=660, confirmed=640, trials=5)
    chosen = replace(choice_of(run), capacities=(("uwsgi-2", none), ("uwsgi-16", least)))
    drawn = charts.capacities(replace(run, choice=chosen))
    assert drawn is not None
    assert drawn.wide.count("stroke-dasharray") == 1
    assert ">none<" in drawn.wide
    assert ">\N{GREATER-THAN OR EQUAL TO} 600<" in drawn.wide


def test_a_search_that_found_nothing_for_anyone_can_still_be_drawn():
    run = study_picked()
    none = Capacity(status=CapacityStatus.NONE, estimate=None, low=None, high=None, confirmed=None, trials=3)
    drawn = charts.capacities(replace(run, choice=replace(choice_of(run), capacities=(("uwsgi-2", none),))))
    assert drawn is not None
    assert "NaN" not in drawn.wide
