import re
from dataclasses import replace

import pytest

from badgateway.model.samples import DatabaseConnections
from badgateway.model.worker_checks import ConnectCost
from badgateway.numbers import NO_DATA
from badgateway.report.sections.connections import section as connections
from badgateway.report.sections.connections.chart import draw_connections
from tests.report import samples
from tests.report.ladder_sample import long_ladder

COSTS = (
    ConnectCost(client="PyMySQL, ssl_disabled", connects=20, median_ms=2.0, cpu_ms=1.5, problem=""),
    ConnectCost(client="PyMySQL, as it is", connects=20, median_ms=None, cpu_ms=None, problem="refused"),
    ConnectCost(client="mysqlclient, as it is", connects=20, median_ms=0.5, cpu_ms=0.2, problem=""),
)


def rows(costs=()):
    found = connections.build(long_ladder(), costs)
    assert found is not None
    return {row.name: row for row in found.rows}


def sampled(*held, limit: int | None = 150):
    known = [value for value in held if value is not None]
    return DatabaseConnections(window_s=8, held=held, peak=max(known), limit=limit, opened_per_s=None)


def test_a_run_without_samples_has_no_section():
    assert connections.build(samples.picked()) is None


def test_every_configuration_has_a_row_in_the_order_of_the_experiment():
    assert list(rows()) == [one.name for one in long_ladder().experiment.configurations]


def test_a_configuration_that_nobody_sampled_has_no_drawing_and_no_zero():
    row = rows()["uwsgi-gevent-late"]
    assert (row.drawing, row.why, row.peak.text, row.opened.text) == (None, "no samples", NO_DATA, NO_DATA)


def test_connections_that_nobody_counted_are_no_zero_either():
    run = long_ladder()
    row = next(row for row in rows().values() if row.drawing and row.opened.why)
    trial = next(one for one in run.configurations if one.configuration.name == row.name).levels[0].trials[0]
    assert trial.connections is not None
    assert trial.connections.opened_per_s is None
    assert (row.opened.text, row.opened.why) == (NO_DATA, "not counted")


def test_the_cost_of_a_connect_is_that_of_the_driver_as_it_is_configured():
    found = rows(COSTS)
    assert found["uwsgi-gevent"].cost.text == "2.0\N{NO-BREAK SPACE}ms"
    assert found["uwsgi-2"].cost.text == "0.5\N{NO-BREAK SPACE}ms"
    assert found["uwsgi-2"].spent.text == "159\N{NO-BREAK SPACE}ms"


def test_a_comment_has_what_was_held_and_opened_of_each_configuration():
    run = long_ladder()
    lines = connections.ConnectionsSection().markdown(run).replace("\N{NO-BREAK SPACE}", " ").splitlines()

    assert lines[0].startswith("Connections to the database with 150 users (the most that the application held")
    assert lines[2] == "| configuration | most held | opened a second |"
    assert len(lines) == 4 + len(run.experiment.configurations)
    assert f"| uwsgi-gevent-late | {NO_DATA} | {NO_DATA} |" in lines
    assert connections.ConnectionsSection().markdown(samples.picked()) == ""


def test_the_trial_with_the_most_connections_is_drawn():
    run = long_ladder()
    first, *others = run.configurations
    (trial,) = first.levels[0].trials
    more = replace(trial, connections=sampled(*[120] * 60))
    both = replace(first, levels=(replace(first.levels[0], trials=(trial, more)),))
    found = connections.build(replace(run, configurations=(both, *others)))
    assert found is not None
    assert found.rows[0].peak.text == "120"


@pytest.mark.parametrize(
    ("held", "areas", "gaps"), [((1, 2, 3), 1, 0), ((1, None, 3), 2, 1), ((None, None, 3, None), 1, 2)]
)
def test_what_nobody_saw_is_a_box_of_its_own_between_the_lines(held, areas, gaps):
    drawn = draw_connections("one", sampled(*held), 150)
    assert len(re.findall(r'fill="var\(--ok\)"', drawn)) == areas
    assert len(re.findall(r'stroke="var\(--muted\)"', drawn)) == gaps


def test_the_limit_is_drawn_where_it_is_known():
    assert 'stroke="var(--objective)"' in draw_connections("one", sampled(1, 2), 150)
    assert "var(--objective)" not in draw_connections("one", sampled(1, 2, limit=None), 150)


def test_who_cannot_see_the_drawing_is_told_the_peak():
    assert 'aria-label="Database connections of one: at most 7 of 150."' in draw_connections("one", sampled(7), 150)
