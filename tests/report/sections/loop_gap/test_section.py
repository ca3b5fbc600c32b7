from dataclasses import replace

import pytest

from badgateway.model.run_summary import Confirmation
from badgateway.report.formats import render_html
from badgateway.report.sections.levels import section as levels
from badgateway.report.sections.loop_gap import section as loop_gap
from tests.report import samples
from tests.report.choice_sample import both_loops, study_picked


def test_each_rate_stands_beside_the_users_who_sent_about_as_many_requests():
    first, second = loop_gap.build(both_loops())
    assert (first.closed, first.open) == ("50 users", "100 tasks/s")
    assert (second.closed, second.open) == ("300 users", "317 tasks/s")
    assert second.ratio == pytest.approx(640 / 3200)
    assert second.gap == "0.2"


def test_the_gap_is_told_in_a_sentence():
    told = loop_gap.build(both_loops())[1].sentence.replace("\N{NO-BREAK SPACE}", " ")
    assert told == (
        "uwsgi-2: 300 users who wait for their answers (300 requests/s) saw a p99 of 640 ms; tasks that start at 317 "
        "tasks/s, timed from when they were due, 3.20 s. The closed loop shows 0.2 times what the open loop does."
    )
    assert told in render_html(both_loops()).replace("\N{NO-BREAK SPACE}", " ")


def test_one_kind_of_loop_alone_has_no_gap():
    assert loop_gap.build(samples.picked()) == ()
    assert loop_gap.build(study_picked()) == ()


def test_a_pick_that_was_confirmed_at_a_rate_is_held_against_its_users():
    run = both_loops()
    (only,) = run.configurations
    *closed, _, at_rate = only.levels
    confirmation = Confirmation(level=at_rate, rate_per_minute=19_020, sent_per_minute=19_000, is_sent=True)
    confirmed = replace(run, configurations=(replace(only, levels=tuple(closed)),), confirmation=confirmation)
    (gap,) = loop_gap.build(confirmed)
    assert (gap.closed, gap.open) == ("300 users", "317 tasks/s")


def test_a_level_without_an_ok_request_has_no_p99_to_compare():
    run = both_loops()
    (only,) = run.configurations
    *others, last = only.levels
    measured = last.measurement
    assert measured is not None
    broken = replace(last, measurement=replace(measured, latency=None))
    found = loop_gap.build(replace(run, configurations=(replace(only, levels=(*others, broken)),)))
    assert [gap.open for gap in found] == ["100 tasks/s"]


def test_users_and_rates_share_a_column_and_only_rates_have_a_unit_in_it():
    page = levels.build(both_loops())
    assert page.load_heading == "users, or rate"
    (view,) = page.configurations
    loads = [row.users.replace("\N{NO-BREAK SPACE}", " ") for row in view.levels]
    assert loads == ["50", "300", "100 tasks/s", "317 tasks/s"]
